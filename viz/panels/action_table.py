"""Every action there is, in the order in which menus show them."""

from __future__ import annotations

import random
from dataclasses import fields

from imgui_bundle import imgui

from viz import bundled
from viz.motion import is_moving
from viz.panels import layout
from viz.panels.actions import Action, Chord, Run
from viz.panels.context import LETTERS, PanelContext, within
from viz.panels.latent import go_to_seed, step_seed
from viz.panels.layers import step_layer
from viz.panels.timeline import store
from viz.panels.transform import picture_width
from viz.state import (
    MAX_NETWORKS,
    AppState,
    LatentState,
    Show,
    StyleMixState,
    TransformState,
    TruncationState,
)

K = imgui.Key


def all_actions(state: AppState, ctx: PanelContext) -> list[Action]:
    """The fixed table, and what the networks at hand add to it."""
    return [*ACTIONS, *_network_actions(state, ctx)]


def play_or_pause(state: AppState, ctx: PanelContext) -> None:
    """Start what is switched on to move, or stop it where it is."""
    state.playing = not state.playing
    if not state.playing:
        ctx.commands.say("Paused. Space plays on.")
    elif is_moving(state):
        ctx.commands.say("")
    else:
        ctx.commands.say("Nothing is to move: switch on Drift, Travel, Orbit, Spin or a path.")


def _needs_two(state: AppState, _ctx: PanelContext) -> str:
    return "" if len(state.networks) > 1 else "Two networks are needed; add one first."


def _nothing_to_undo(_state: AppState, ctx: PanelContext) -> str:
    return "" if ctx.commands.can_undo else "Nothing to undo."


def _nothing_to_redo(_state: AppState, ctx: PanelContext) -> str:
    return "" if ctx.commands.can_redo else "Nothing to do again."


def _no_picture(_state: AppState, ctx: PanelContext) -> str:
    return "" if ctx.result is not None else "There is no picture yet."


def _no_room(state: AppState, _ctx: PanelContext) -> str:
    full = len(state.networks) >= MAX_NETWORKS
    return f"{MAX_NETWORKS} networks at most; close one first." if full else ""


def _step_seed(by: int) -> Run:
    return lambda state, _ctx: step_seed(state.edited_latent, by)


def _random_seed(state: AppState, _ctx: PanelContext) -> None:
    go_to_seed(state.edited_latent, random.randrange(10_000))


def _nudge(right: int, down: int) -> Run:
    def run(state: AppState, ctx: PanelContext) -> None:
        transform, width = state.edited_transform, picture_width(ctx)
        if width:
            transform.x = within(transform, "x", transform.x + right / width)
            transform.y = within(transform, "y", transform.y + down / width)

    return run


def _step_layer(by: int) -> Run:
    def run(state: AppState, ctx: PanelContext) -> None:
        summary = ctx.summary_of(ctx.layer_slot)
        if summary is not None:
            step_layer(state.layers, summary.layers, by)

    return run


def _focus(slot: int) -> Run:
    def run(state: AppState, ctx: PanelContext) -> None:
        if slot < len(state.networks):
            state.view.focus = slot

    return run


def _show(show: Show) -> Run:
    def run(state: AppState, ctx: PanelContext) -> None:
        state.view.show = "side" if state.view.show == show else show

    return run


def _toggle_untransform(state: AppState, ctx: PanelContext) -> None:
    state.view.untransform = not state.view.untransform


def _toggle_magnifier(state: AppState, ctx: PanelContext) -> None:
    state.view.magnifier = not state.view.magnifier


def _toggle_smooth(state: AppState, ctx: PanelContext) -> None:
    state.view.smooth = not state.view.smooth


def _toggle_snap(state: AppState, ctx: PanelContext) -> None:
    transform = state.edited_transform
    transform.snap = not transform.snap


def _fit(state: AppState, ctx: PanelContext) -> None:
    state.view.zoom, state.view.pan_x, state.view.pan_y = 1.0, 0.0, 0.0


def reset_transform(state: AppState, ctx: PanelContext) -> None:
    """Everything under Transform to its default, of those whose inputs are set."""
    _to_defaults(state.edited_transform)


def reset_latent(state: AppState, ctx: PanelContext) -> None:
    """Everything under Latent to its default, of those whose inputs are set."""
    _to_defaults(state.edited_latent)


def reset_truncation(state: AppState, ctx: PanelContext) -> None:
    """Everything under Truncation to its default."""
    _to_defaults(state.truncation)


def reset_style_mix(state: AppState, ctx: PanelContext) -> None:
    """Everything under Style mixing to its default."""
    _to_defaults(state.style_mix)


def _to_defaults(part: LatentState | StyleMixState | TransformState | TruncationState) -> None:
    fresh = type(part)()
    for field in fields(part):
        setattr(part, field.name, getattr(fresh, field.name))


def _set_theme(state: AppState, ctx: PanelContext) -> None:
    state.view.theme = "light" if state.view.theme == "dark" else "dark"


def _go_to(panel: str) -> Run:
    return lambda _state, _ctx: imgui.set_window_focus(panel)


def _toggle_motion(state: AppState, ctx: PanelContext) -> None:
    state.view.reduced_motion = not state.view.reduced_motion


def _freeze(state: AppState, ctx: PanelContext) -> None:
    ctx.commands.freeze_pictures()
    state.view.show, state.view.against = "difference", -1


ARROWS = ((K.left_arrow, "Left", -1, 0), (K.right_arrow, "Right", 1, 0))
ALL_ARROWS = (*ARROWS, (K.up_arrow, "Up", 0, -1), (K.down_arrow, "Down", 0, 1))
DIGITS = (K._1, K._2, K._3, K._4)

ACTIONS: tuple[Action, ...] = (
    Action(
        "Open …",
        "Open a network, a session, or a picture that carries one.",
        lambda _s, ctx: ctx.commands.choose_file(None),
        menu="File",
        keys=(Chord(K.o, "O", ctrl=True),),
    ),
    Action(
        "Save session",
        "Everything that is set, to a file under out/.",
        lambda _s, ctx: _ignore(ctx.commands.save_session()),
        menu="File",
        keys=(Chord(K.s, "S", ctrl=True),),
    ),
    Action(
        "Save pictures",
        "The pictures on the stage, pixel for pixel, to a PNG under out/ that carries the session.",
        lambda _s, ctx: _ignore(ctx.commands.save_still()),
        menu="File",
        keys=(Chord(K.p, "P"),),
        hidden_because=_no_picture,
    ),
    Action(
        "Export latents",
        "z, w and everything that is set, to a NumPy archive under out/; opening it restores them.",
        lambda _s, ctx: _ignore(ctx.commands.save_latents()),
        menu="File",
        hidden_because=_no_picture,
    ),
    Action(
        "Copy pictures",
        "The pictures on the stage, side by side, to the clipboard.",
        lambda _s, ctx: ctx.commands.copy_pictures(),
        menu="Edit",
        keys=(Chord(K.c, "C", ctrl=True),),
        hidden_because=_no_picture,
    ),
    Action(
        "Open settings folder",
        "Where preferences, layout and autosaves are kept.",
        lambda _s, ctx: ctx.commands.open_folder(),
        menu="File",
    ),
    Action(
        "Quit",
        "End the program.",
        lambda _s, ctx: ctx.commands.quit(),
        menu="File",
        keys=(Chord(K.q, "Q", ctrl=True),),
        starts_group=True,
    ),
    Action(
        "Undo",
        "Take the last change back.",
        lambda _s, ctx: ctx.commands.undo(),
        menu="Edit",
        keys=(Chord(K.z, "Z", ctrl=True, repeats=True),),
        hidden_because=_nothing_to_undo,
    ),
    Action(
        "Redo",
        "Make the change again that was taken back last.",
        lambda _s, ctx: ctx.commands.redo(),
        menu="Edit",
        keys=(
            Chord(K.y, "Y", ctrl=True, repeats=True),
            Chord(K.z, "Z", ctrl=True, shift=True, repeats=True),
        ),
        hidden_because=_nothing_to_redo,
    ),
    Action(
        "Random seed",
        "Go to a seed by chance.",
        _random_seed,
        menu="Edit",
        starts_group=True,
    ),
    Action(
        "Store place as keyframe",
        "Add the place the networks stand at to the timeline.",
        lambda state, _ctx: store(state.timeline, state.latent.x, state.latent.y),
        menu="Edit",
        keys=(Chord(K.i, "I"),),
    ),
    Action(
        "Snap to pixels",
        "Round the shift to whole pixels of each picture.",
        _toggle_snap,
        menu="Edit",
        is_on=lambda state: state.edited_transform.snap,
    ),
    Action(
        "Reset transform",
        "No shift, turn, shear or scaling, and nothing moving.",
        reset_transform,
        menu="Edit",
        starts_group=True,
    ),
    Action("Reset latent", "Back to seed 0, without drift or travel.", reset_latent, menu="Edit"),
    Action("Reset style mixing", "No layer from a second seed.", reset_style_mix, menu="Edit"),
    Action("Reset truncation", "psi 1 on all layers.", reset_truncation, menu="Edit"),
    Action(
        "Difference",
        "Show beside two pictures how much they differ, in dB.",
        _show("difference"),
        menu="View",
        keys=(Chord(K.d, "D"),),
        is_on=lambda state: state.view.show == "difference",
    ),
    Action(
        "Split slider",
        "Two pictures in one place, a slider between them.",
        _show("split"),
        menu="View",
        keys=(Chord(K.x, "X"),),
        hidden_because=_needs_two,
        is_on=lambda state: state.view.show == "split",
    ),
    Action(
        "Freeze and compare",
        "Keep the pictures as they are now, and show how much new ones differ from them.",
        _freeze,
        menu="View",
        keys=(Chord(K.h, "H"),),
        hidden_because=_no_picture,
    ),
    Action(
        "Untransform",
        "Show the pictures with their transform undone: what follows exactly stands still.",
        _toggle_untransform,
        menu="View",
        keys=(Chord(K.u, "U"),),
        is_on=lambda state: state.view.untransform,
        starts_group=True,
    ),
    Action(
        "Magnifier",
        "The pixels around the pointer, enlarged, in every picture.",
        _toggle_magnifier,
        menu="View",
        keys=(Chord(K.m, "M"),),
        is_on=lambda state: state.view.magnifier,
    ),
    Action(
        "Smooth enlargement",
        "Enlarge bicubically instead of showing pixels as squares.",
        _toggle_smooth,
        menu="View",
        is_on=lambda state: state.view.smooth,
    ),
    Action("Fit pictures", "The whole pictures, as large as there is room.", _fit, menu="View"),
    Action(
        "Full screen",
        "Fill the screen, or stop filling it.",
        lambda _s, ctx: ctx.commands.toggle_fullscreen(),
        menu="View",
        keys=(Chord(K.f, "F"),),
        starts_group=True,
    ),
    Action(
        "Light theme",
        "Light or dark.",
        _set_theme,
        menu="View",
        is_on=lambda state: state.view.theme == "light",
    ),
    Action(
        "Reduced motion",
        "No drift when the program starts.",
        _toggle_motion,
        menu="View",
        is_on=lambda state: state.view.reduced_motion,
    ),
    Action(
        "Reset layout",
        "Every panel back to its place.",
        lambda _s, ctx: ctx.commands.reset_layout(),
        menu="View",
    ),
    Action(
        "Command palette",
        "Every command by its name.",
        lambda _s, ctx: ctx.commands.show_palette(),
        menu="Help",
        keys=(Chord(K.k, "K", ctrl=True),),
    ),
    Action(
        "Keys and gestures",
        "The list of keys.",
        lambda _s, ctx: ctx.commands.show_keys(),
        menu="Help",
        keys=(Chord(K.f1, "F1"),),
    ),
    Action(
        "Play or pause", "Everything that moves.", play_or_pause, keys=(Chord(K.space, "Space"),)
    ),
    *(
        Action(
            f"{'Previous' if by < 0 else 'Next'} seed",
            f"Go to the seed {'before' if by < 0 else 'after'} this one.",
            _step_seed(by),
            keys=(Chord(key, text, repeats=True),),
        )
        for key, text, by, _down in ARROWS
    ),
    *(
        Action(
            f"Shift one pixel {text.lower()}",
            "Move the networks' input by one pixel of the first picture.",
            _nudge(right, down),
            keys=(Chord(key, text, shift=True, repeats=True),),
        )
        for key, text, right, down in ALL_ARROWS
    ),
    Action(
        "Layer up",
        "Look into the layer before.",
        _step_layer(-1),
        keys=(Chord(K.left_bracket, "[", repeats=True),),
    ),
    Action(
        "Layer down",
        "Look into the layer after.",
        _step_layer(1),
        keys=(Chord(K.right_bracket, "]", repeats=True),),
    ),
    *(
        Action(
            f"Only network {LETTERS[slot]}",
            f"Network {LETTERS[slot]} alone on the stage.",
            _focus(slot),
            keys=(Chord(key, f"{slot + 1}"),),
        )
        for slot, key in enumerate(DIGITS)
    ),
    Action(
        "All networks",
        "Every network on the stage.",
        lambda state, _ctx: setattr(state.view, "focus", -1),
        keys=(Chord(K._0, "0"),),
    ),
    *(
        Action(f"Go to {panel}", f"Bring {panel} to the front.", _go_to(panel))
        for panel in (layout.LAYERS, layout.SPECTRUM, layout.PERFORMANCE, layout.TIMELINE)
    ),
)


def _ignore(_result: object) -> None:
    """Actions return nothing."""


def _network_actions(state: AppState, ctx: PanelContext) -> list[Action]:
    """One action for every network that could be added, and for every one that could be closed."""

    def add(source: str) -> Run:
        return lambda _state, given: given.commands.open_network(source, None)

    def close(slot: int) -> Run:
        return lambda _state, given: given.commands.close_network(slot)

    adding = [
        Action(
            f"Add {bundled.label(source)}", f"Show {source}.", add(source), hidden_because=_no_room
        )
        for source in bundled.sources()
    ]
    closing = [
        Action(f"Close {LETTERS[slot]}, {ctx.label(slot)}", "Take it off the stage.", close(slot))
        for slot in range(len(state.networks))
        if len(state.networks) > 1
    ]
    return adding + closing
