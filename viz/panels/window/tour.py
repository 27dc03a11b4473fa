"""The tour: a card beside one control after the other, which goes on when it has been used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.keyboard_focus import dialog_has_focus, popup_is_open
from gui_utils.keys import with_ctrl
from gui_utils.theme import u32, vec4
from viz.panels.common import layout
from viz.panels.common.picture_geometry import Rect

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from viz.panels.common.actions import Action
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState

    Watched = Callable[[AppState, PanelContext], Hashable]

WIDTH = 304
"""Width of the card, at a scale of 1; so the next two."""
GAP = 12
MARGIN = 4
"""Space between a control and the frame around it."""
AFTERWARDS_S = 1.5
"""Time for a look at what the hand has done, once it rests, before the next step."""
TITLE = "Tour##card"
"""Name of its window: with ##, letters keep their meaning while it has the focus."""
FORWARD = (imgui.Key.enter, imgui.Key.keypad_enter)
PICTURES = ("side", "split", "difference")
"""What can be on the stage for the tour: pictures that can be dragged."""


@dataclass(frozen=True)
class Step:
    """One control, what to do with it and what to see."""

    title: str
    text: str
    points_at: tuple[str, ...]
    """Landmarks: the first that is in sight is framed."""
    watched: Watched | None = None
    """Returns what changes when the step is done, false while it cannot be; None: only Next."""
    front: str = ""
    """Panel brought to the front as the step begins; what is in it counts once it is there."""


def _shift(state: AppState, _ctx: PanelContext) -> Hashable:
    places = [state.transform_of(slot) for slot in range(len(state.networks))]
    return tuple((one.x, one.y, one.angle_rad) for one in places)


def _seen(panel: str, part: str) -> Watched:
    """Watch whether a panel is in sight, and what is set in it."""

    def watched(state: AppState, ctx: PanelContext) -> Hashable:
        return panel in ctx.model.windows.visible and repr(getattr(state, part))

    return watched


STEPS: tuple[Step, ...] = (
    Step(
        "Wander through the seeds",
        "Drag the grid of seeds: every place on it is a picture, and between the seeds they blend "
        "into each other. A click goes to one.",
        ("seed grid",),
        lambda state, _ctx: (state.edited_latent.x, state.edited_latent.y),
        front=layout.INPUTS,
    ),
    Step(
        "Shift the input",
        "Drag a picture: every network draws anew from a shifted input. Watch the fine texture. "
        "StyleGAN2's sticks to the screen while the land moves; StyleGAN3's moves with the land.",
        ("pictures",),
        _shift,
    ),
    Step(
        "Look into the layers",
        "Press ] and [ to step through the layers, or click one; its maps are below. Shift the "
        "picture meanwhile: StyleGAN3's maps move like pictures.",
        ("layers", layout.LAYERS),
        lambda state, _ctx: state.layers.layer,
        front=layout.LAYERS,
    ),
    Step(
        "See the frequencies",
        "Open Spectrum: how much of every frequency a picture or a layer holds. Its page Aliasing "
        "shows what folds back and then sticks.",
        (layout.SPECTRUM,),
        _seen(layout.SPECTRUM, "spectrum"),
    ),
    Step(
        "Measure it",
        "Press E: how exactly pictures follow shifts and turns. About 15 dB means hardly at all; "
        "near 60 dB no eye can tell.",
        (layout.EQUIVARIANCE,),
        _seen(layout.EQUIVARIANCE, "equivariance"),
    ),
    Step(
        "Keep what you see",
        "Open Recording. R films what moves on the stage; P saves the pictures, and a picture "
        "dropped on the window brings all of its settings back.",
        (layout.RECORDING,),
        _seen(layout.RECORDING, "recording"),
    ),
    Step(
        "Find everything else",
        f"{with_ctrl('K')} finds any command by its name and F1 lists all keys. A right click on "
        f"anything offers what can be done with it, and {with_ctrl('Z')} takes it back.",
        ("search",),
    ),
)


class Tour:
    """The card and the frame around the control that it speaks of."""

    def __init__(self) -> None:
        self.step: int | None = None
        """Number of the present step; None: nobody is on the tour."""
        self.card: Rect | None = None
        """Rectangle of the card in the last frame."""
        self._before: Hashable = None
        """What the step watches, as it was when it began."""
        self._is_done = False
        self._used_at = 0.0
        """Time at which the hand last did it."""

    def begin(self, state: AppState, ctx: PanelContext) -> None:
        """Begin at the first step, standing still, with the pictures on the stage."""
        state.playing = False
        if state.view.show not in PICTURES:
            state.view.show = "side"
        self._go_to(0, state, ctx)

    def leave(self) -> None:
        """End the tour wherever it is."""
        self.step = self.card = None

    def press_keys(self, actions: Sequence[Action], state: AppState, ctx: PanelContext) -> None:
        """Go on with Enter and leave with Escape, where these keys mean nothing else."""
        focus = ctx.host.focus
        if self.step is None or focus.popup_was_open or dialog_has_focus() or ctx.host.wants_text:
            return
        window = imgui.get_current_context().nav_window
        in_card = window is not None and window.name == TITLE
        if _is_free(FORWARD, actions, state) and not focus.walks:
            self.go(1, state, ctx)
        elif _is_free((imgui.Key.escape,), actions, state) and (in_card or not focus.walks):
            self.leave()

    def draw(self, state: AppState, ctx: PanelContext) -> None:
        """Draw the present step above the panels, and go on when it is done."""
        if self.step is None:
            return
        step = STEPS[self.step]
        self._take_note(step, state, ctx)
        landmarks = (ctx.landmarks.get(name) for name in step.points_at)
        target = next((one for one in landmarks if one is not None), None)
        if target is not None and not popup_is_open() and not dialog_has_focus():
            _frame(target, ctx)
        self._draw_card(step, target, state, ctx)

    def go(self, by: int, state: AppState, ctx: PanelContext) -> None:
        """Go a number of steps on; beyond the last one the tour ends."""
        number = (self.step or 0) + by
        if number < len(STEPS):
            self._go_to(max(number, 0), state, ctx)
        else:
            self.leave()

    def _go_to(self, number: int, state: AppState, ctx: PanelContext) -> None:
        self.step, self._is_done = number, False
        step = STEPS[number]
        if step.front:
            ctx.model.windows.to_front.append(step.front)
        self._before = step.watched(state, ctx) if step.watched else None
        ctx.host.window.request_frames()

    def _take_note(self, step: Step, state: AppState, ctx: PanelContext) -> None:
        """Notice that a step has been done, and go on once the hand has rested for a moment."""
        now = step.watched(state, ctx) if step.watched else None
        if self._is_done:
            rested_s = ctx.host.window.now_s - self._used_at
            ctx.host.window.request_frames(1)
            if ctx.host.is_held:
                self._used_at = ctx.host.window.now_s
            elif rested_s > AFTERWARDS_S:
                self.go(1, state, ctx)
        elif step.front and not self._before:
            self._before = now
        elif now and now != self._before:
            self._is_done, self._used_at = True, ctx.host.window.now_s

    def _draw_card(
        self, step: Step, target: Rect | None, state: AppState, ctx: PanelContext
    ) -> None:
        host, ui = ctx.host, ctx.ui
        viewport = imgui.get_main_viewport()
        room = Rect(*viewport.work_pos, *viewport.work_size)
        size = (self.card.width, self.card.height) if self.card else (host.px(WIDTH), 0.0)
        place = beside(target, size, room, host.px(GAP))
        imgui.set_next_window_pos(place, imgui.Cond_.always)
        width = min(host.px(WIDTH), room.width)
        imgui.set_next_window_size((width, 0))
        flags = imgui.WindowFlags_
        imgui.push_style_color(imgui.Col_.window_bg, vec4(host.palette.popup))
        imgui.push_style_color(imgui.Col_.border, vec4(host.palette.accent))
        imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
        imgui.begin(
            TITLE,
            None,
            flags.no_title_bar
            | flags.no_docking
            | flags.no_saved_settings
            | flags.no_focus_on_appearing
            | flags.no_move
            | flags.no_resize
            | flags.no_scrollbar,
        )
        number = self.step or 0
        right = imgui.get_cursor_pos_x() + imgui.get_content_region_avail().x
        imgui.align_text_to_frame_padding()
        ui.heading(step.title)
        ui.column(right - imgui.get_frame_height())
        left = ui.icon_button(icons.CLOSE, "leave tour", tip="Leave the tour (Escape).")
        imgui.push_text_wrap_pos(0.0)
        ui.text(step.text)
        imgui.pop_text_wrap_pos()
        imgui.spacing()
        imgui.align_text_to_frame_padding()
        ui.text(f"{number + 1} of {len(STEPS)}", host.palette.dim)
        if self._is_done:
            imgui.same_line(0, host.px(8))
            ui.text(icons.CHECK, host.palette.accent)
        last = number + 1 == len(STEPS)
        button = host.px(72)
        ui.column(right - 2 * button - host.px(4))
        with ui.disabled("" if number else "This is the first step."):
            back = imgui.button("Back", (button, 0))
        imgui.same_line(0, host.px(4))
        on = imgui.button("Finish" if last else "Next", (button, 0))
        ui.tip("End the tour (Enter)." if last else "Go on without doing this (Enter).")
        at, extent = imgui.get_window_pos(), imgui.get_window_size()
        self.card = Rect(at.x, at.y, extent.x, extent.y)
        imgui.end()
        imgui.pop_style_var()
        imgui.pop_style_color(2)
        if left:
            self.leave()
        elif on or back:
            self.go(1 if on else -1, state, ctx)


def beside(
    target: Rect | None, size: tuple[float, float], room: Rect, gap: float
) -> tuple[float, float]:
    """Return where a card goes: beside what it speaks of, without covering it, if it fits.

    Args:
        target: What it speaks of; None: it goes to the lower middle of the room.
        size: Width and height of the card.
        room: Where it may be.
        gap: Space between the two, and towards the edges of the room.
    """
    width, height = size
    lowest, rightmost = room.bottom - height - gap, room.right - width - gap
    if target is None:
        return room.centre[0] - width / 2, lowest
    x = min(max(target.centre[0] - width / 2, room.x + gap), rightmost)
    y = min(max(target.y, room.y + gap), lowest)
    places = (
        (target.right + gap, y),
        (target.x - gap - width, y),
        (x, target.bottom + gap),
        (x, target.y - gap - height),
    )
    for left, top in places:
        if room.x <= left <= room.right - width and room.y <= top <= room.bottom - height:
            return left, top
    return rightmost, lowest


def _is_free(keys: Sequence[imgui.Key], actions: Sequence[Action], state: AppState) -> bool:
    """Return True if one of the keys was pressed and no action takes it now."""
    pressed = [key for key in keys if imgui.is_key_pressed(key, False)]
    return bool(pressed) and not any(
        chord.key in pressed
        for action in actions
        if action.keys_when is None or action.keys_when(state)
        for chord in action.keys
    )


def _frame(target: Rect, ctx: PanelContext) -> None:
    """Draw a frame around what the step speaks of."""
    margin = ctx.host.px(MARGIN)
    imgui.get_foreground_draw_list().add_rect(
        (target.x - margin, target.y - margin),
        (target.right + margin, target.bottom + margin),
        u32(ctx.host.palette.accent),
        imgui.get_style().frame_rounding,
        thickness=ctx.host.px(2),
    )
