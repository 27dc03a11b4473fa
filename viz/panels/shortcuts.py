"""What the keyboard does, and the overlay that lists it."""

from __future__ import annotations

from imgui_bundle import imgui

from gui_utils.theme import vec4
from viz.motion import is_moving
from viz.panels.context import PanelContext, within
from viz.panels.latent import step_seed
from viz.panels.layers import step_layer
from viz.panels.transform import picture_width
from viz.state import AppState

KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Pictures",
        (
            ("Drag", "shift what the networks draw"),
            ("Shift+drag", "turn it"),
            ("Ctrl+wheel", "scale it"),
            ("Double click", "put it back"),
            ("Wheel", "look closer"),
            ("Middle drag", "move the view"),
        ),
    ),
    (
        "Keys",
        (
            ("Space", "play or pause"),
            ("Left, Right", "previous, next seed"),
            ("Shift+arrows", "shift by one pixel"),
            ("[  ]", "layer up, down"),
            ("1 – 4", "one network alone"),
            ("0", "all networks"),
            ("P", "save the pictures to out/"),
            ("F", "full screen"),
            ("Ctrl+Z, Ctrl+Y", "undo, redo"),
            ("Ctrl+O", "open a network or a session"),
            ("Ctrl+S", "save the session to out/"),
            ("Ctrl+Q", "quit"),
            ("F1", "this list"),
        ),
    ),
    (
        "Controls",
        (
            ("Ctrl+click", "type a number"),
            ("Double click", "reset"),
            ("Right click", "reset, copy, paste"),
        ),
    ),
)


def handle(state: AppState, ctx: PanelContext) -> None:
    """Do what the keys pressed in this frame ask for, unless they are being typed somewhere."""
    io = imgui.get_io()
    if io.want_text_input:
        return
    if io.key_ctrl:
        if _pressed(imgui.Key.o):
            ctx.commands.choose_file(None)
        if imgui.is_key_pressed(imgui.Key.z):
            if io.key_shift:
                ctx.commands.redo()
            else:
                ctx.commands.undo()
        if imgui.is_key_pressed(imgui.Key.y):
            ctx.commands.redo()
        if _pressed(imgui.Key.s):
            ctx.commands.save_session()
        if _pressed(imgui.Key.q):
            ctx.commands.quit()
        return
    if _pressed(imgui.Key.space):
        play_or_pause(state, ctx)
    if _pressed(imgui.Key.p):
        ctx.commands.save_still()
    if _pressed(imgui.Key.f):
        ctx.commands.toggle_fullscreen()
    if _pressed(imgui.Key.f1):
        ctx.commands.show_keys()
    _arrows(state, ctx, shift=io.key_shift)
    _focus(state)
    summary = ctx.summary_of(ctx.layer_slot)
    if summary is not None:
        for key, by in ((imgui.Key.left_bracket, -1), (imgui.Key.right_bracket, 1)):
            if imgui.is_key_pressed(key):
                step_layer(state.layers, summary.layers, by)


def play_or_pause(state: AppState, ctx: PanelContext) -> None:
    """Start what is switched on to move, or stop it where it is."""
    state.playing = not state.playing
    if not state.playing:
        ctx.commands.say("Paused. Space plays on.")
    elif is_moving(state):
        ctx.commands.say("")
    else:
        ctx.commands.say("Nothing is to move: switch on Drift, Travel, Orbit or Spin.")


def draw_overlay(ctx: PanelContext) -> bool:
    """Draw the list of keys over everything; returns whether it is to stay open."""
    host = ctx.host
    viewport = imgui.get_main_viewport()
    imgui.set_next_window_pos(viewport.get_center(), imgui.Cond_.always, (0.5, 0.5))
    flags = (
        imgui.WindowFlags_.no_docking
        | imgui.WindowFlags_.no_saved_settings
        | imgui.WindowFlags_.always_auto_resize
        | imgui.WindowFlags_.no_collapse
    )
    imgui.push_style_color(imgui.Col_.window_bg, vec4(host.palette.popup))
    imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
    shown, stays = imgui.begin("Keys and gestures", True, flags)
    if shown:
        for heading, lines in KEYS:
            ctx.ui.heading(heading)
            for keys, does in lines:
                ctx.ui.text(keys)
                imgui.same_line(host.px(128))
                ctx.ui.text(does, host.palette.dim)
            imgui.spacing()
    imgui.end()
    imgui.pop_style_var()
    imgui.pop_style_color()
    return bool(stays) and not imgui.is_key_pressed(imgui.Key.escape)


def _arrows(state: AppState, ctx: PanelContext, *, shift: bool) -> None:
    keys = {
        imgui.Key.left_arrow: (-1, 0),
        imgui.Key.right_arrow: (1, 0),
        imgui.Key.up_arrow: (0, -1),
        imgui.Key.down_arrow: (0, 1),
    }
    for key, (right, down) in keys.items():
        if not imgui.is_key_pressed(key):
            continue
        if shift:
            transform, width = state.transform, picture_width(ctx)
            if width:
                transform.x = within(transform, "x", transform.x + right / width)
                transform.y = within(transform, "y", transform.y + down / width)
        elif right:
            step_seed(state.latent, right)


def _focus(state: AppState) -> None:
    digits = (imgui.Key._1, imgui.Key._2, imgui.Key._3, imgui.Key._4)
    for slot, key in enumerate(digits[: len(state.networks)]):
        if _pressed(key):
            state.view.focus = slot
    if _pressed(imgui.Key._0):
        state.view.focus = -1


def _pressed(key: imgui.Key) -> bool:
    return bool(imgui.is_key_pressed(key, False))
