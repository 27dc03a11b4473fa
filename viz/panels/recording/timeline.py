"""The Timeline tab: store keyframes, drag them to other times, play the path through them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.gestures import drag_step
from gui_utils.labels import number_text
from gui_utils.theme import mix, u32
from viz.panels.common import layout
from viz.panels.common.actions import Action, Chord, go_to
from viz.panels.common.context import PanelContext, within
from viz.panels.common.controls import check
from viz.state.app_state import AppState, KeyframeState, TimelineState
from viz.state.inputs import seed_at
from viz.state.timeline import go_to as go_to_keyframe
from viz.state.timeline import in_order, keyframe, length_s

TRACK_HEIGHT = 46
STEP_S = 2.0
"""Time between the last keyframe and a new one."""
SLACK = 1.08
"""Length of the track relative to the path, so that its end can be dragged further."""
TICKS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 300.0, 600.0)
TICK_PX = 64
"""Smallest distance between labelled ticks, in pixels at a scale of 1."""


_CHECKS = (
    ("on", "Follow", "Let the networks follow the playhead (Space plays and pauses)."),
    (
        "closed",
        "Closed",
        "Return to the first keyframe, so that the path repeats without a jump.",
    ),
    (
        "moves_transform",
        "Transform",
        "Shift, turn, scale and shear follow the keyframes too; a drag takes over.",
    ),
    ("moves_truncation", "Truncation", "Truncation follows the keyframes too."),
    (
        "moves_atlas",
        "Atlas",
        "Place, magnification and turn of the atlas follow too; a drag takes over.",
    ),
)
"""Check boxes above the track: (field, name, what it does)."""


@dataclass(frozen=True)
class Track:
    """Position of the time axis in the window."""

    left: float
    top: float
    height: float
    first_s: float
    """Time at `left`."""
    per_second: float
    """Pixels per second."""

    def x(self, at_s: float) -> float:
        """Return the x position of a time."""
        return self.left + (at_s - self.first_s) * self.per_second

    @property
    def middle(self) -> float:
        """Y position of the keyframes."""
        return self.top + 0.38 * self.height


class TimelinePanel:
    """Keyframes on a time axis."""

    title = "Timeline"

    def __init__(self) -> None:
        self.track: Track | None = None
        """Track as last drawn; it stays unchanged during a drag."""

    def draw(self, timeline: TimelineState, ctx: PanelContext) -> None:
        """Draw the controls and the track, and apply the user's changes to `timeline`."""
        self._draw_controls(timeline, ctx)
        if not timeline.frames:
            ctx.ui.dim("Store places in latent space here, then play a smooth path through them.")
            return
        self._draw_track(timeline, ctx)

    def _draw_controls(self, timeline: TimelineState, ctx: PanelContext) -> None:
        ui, gap = ctx.ui, ctx.host.px(8)
        if imgui.button(f"{icons.PLUS}  Store place"):
            store(ctx.state)
        ui.tip(
            "Add seed, transform and truncation of this moment as a keyframe, two seconds after "
            "the last (I)."
        )
        for name, label, tip in _CHECKS:
            ui.flow(imgui.get_frame_height() + gap + imgui.calc_text_size(label).x)
            few = name == "on" and len(timeline.frames) < 2
            with ui.disabled("Store two places first." if few else ""):
                check(ctx, timeline, name, label, tip)
        length = length_s(timeline)
        place = f"{number_text(timeline.position_s, 2, 6)} / {number_text(length, 2, 6)} s"
        with ctx.host.fonts.mono():
            ui.flow(imgui.calc_text_size(place).x)
            ui.text(place, ctx.host.palette.dim)

    def _draw_track(self, timeline: TimelineState, ctx: PanelContext) -> None:
        palette, draw, px = ctx.host.palette, imgui.get_window_draw_list(), ctx.host.px
        origin, width = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
        frames, length = in_order(timeline.frames), length_s(timeline)
        height, margin = px(TRACK_HEIGHT), px(14)
        shown_s = SLACK * max(length, STEP_S)
        if self.track is None or not imgui.is_mouse_down(imgui.MouseButton_.left):
            per_second = (width - 2 * margin) / shown_s
            left, first = origin.x + margin, frames[0].at_s
            self.track = Track(left, origin.y, height, first, per_second)
        track = self.track
        corner = (origin.x + width, origin.y + height)
        draw.add_rect_filled(origin, corner, u32(palette.stage), px(3))
        draw.push_clip_rect(origin, corner, True)
        self._paint_ticks(track, frames[0].at_s, origin.x + width, ctx)
        imgui.set_next_item_allow_overlap()
        imgui.invisible_button("track", (width, height))
        if imgui.is_item_active() and length > 0:
            at = (imgui.get_mouse_pos().x - track.x(frames[0].at_s)) / track.per_second
            timeline.position_s = min(max(at, 0.0), length)
        ctx.ui.tip("Press or drag to move the playhead.")
        below = imgui.get_cursor_screen_pos()
        start, end = track.x(frames[0].at_s), track.x(frames[0].at_s + length)
        line = u32(mix(palette.stage, palette.text, 0.35))
        draw.add_line((start, track.middle), (end, track.middle), line, px(2))
        playhead = track.x(frames[0].at_s + timeline.position_s)
        accent = u32(palette.accent)
        draw.add_line((playhead, origin.y), (playhead, origin.y + height), accent, px(2))
        if timeline.closed and len(frames) > 1:
            self._draw_return(frames[-1], timeline, track, ctx)
        for frame in frames:
            imgui.push_id(next(n for n, one in enumerate(timeline.frames) if one is frame))
            self._draw_frame(frame, frames[0], timeline, track, ctx)
            imgui.pop_id()
        draw.pop_clip_rect()
        imgui.set_cursor_screen_pos(below)
        imgui.dummy((0, 0))

    @staticmethod
    def _paint_ticks(track: Track, first_s: float, right: float, ctx: PanelContext) -> None:
        palette, draw = ctx.host.palette, imgui.get_window_draw_list()
        wanted = ctx.host.px(TICK_PX) / track.per_second
        step = next((one for one in TICKS_S if one >= wanted), TICKS_S[-1])
        decimals = 1 if step < 1 else 0
        with ctx.host.fonts.small_mono():
            low = track.top + track.height - imgui.get_text_line_height() - ctx.host.px(2)
            index = math.ceil((track.first_s - first_s) / step - 0.5)
            while (x := track.x(first_s + index * step)) < right:
                draw.add_line((x, low - 3), (x, low + 1), u32(palette.dim))
                text = f"{index * step:.{decimals}f} s"
                at = x - imgui.calc_text_size(text).x / 2
                draw.add_text((at, low), u32(palette.dim), text)
                index += 1

    @staticmethod
    def _draw_return(
        last: KeyframeState, timeline: TimelineState, track: Track, ctx: PanelContext
    ) -> None:
        """Draw the end of a closed path, back at the first keyframe; it can be dragged."""
        size = ctx.host.px(6)
        x, y = track.x(last.at_s + timeline.closing_s), track.middle
        imgui.set_cursor_screen_pos((x - size, y - 1.5 * size))
        imgui.invisible_button("return", (2 * size, 3 * size))
        lit = imgui.is_item_hovered() or imgui.is_item_active()
        ctx.ui.tip(
            f"Back at the first keyframe, {timeline.closing_s:.2f} s after the last. Drag it to "
            "another time; double click resets."
        )
        if lit and imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
            timeline.closing_s = TimelineState().closing_s
        elif step := drag_step():
            closing = timeline.closing_s + step[0] / track.per_second
            timeline.closing_s = within(timeline, "closing_s", closing)
        if imgui.begin_popup_context_item("return menu"):
            _draw_time("after the last", timeline, "closing_s")
            imgui.end_popup()
        colour = u32(ctx.host.palette.text if lit else ctx.host.palette.dim)
        draw = imgui.get_window_draw_list()
        draw.add_quad_filled(
            (x, y - size), (x + size, y), (x, y + size), (x - size, y), u32(ctx.host.palette.stage)
        )
        draw.add_quad((x, y - size), (x + size, y), (x, y + size), (x - size, y), colour, 1.5)

    @staticmethod
    def _draw_frame(
        frame: KeyframeState,
        first: KeyframeState,
        timeline: TimelineState,
        track: Track,
        ctx: PanelContext,
    ) -> None:
        palette, draw, size = ctx.host.palette, imgui.get_window_draw_list(), ctx.host.px(7)
        x, y = track.x(frame.at_s), track.middle
        imgui.set_cursor_screen_pos((x - size, y - 1.5 * size))
        imgui.invisible_button("keyframe", (2 * size, 3 * size), imgui.ButtonFlags_.enable_nav)
        lit = imgui.is_item_hovered() or imgui.is_item_active()
        ctx.ui.tip(described(frame, first, timeline))
        if step := drag_step():
            frame.at_s = within(frame, "at_s", frame.at_s + step[0] / track.per_second)
        if lit and imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
            go_to_keyframe(ctx.state, frame)
        if imgui.begin_popup_context_item("keyframe menu"):
            _draw_time("at", frame, "at_s")
            imgui.separator()
            if imgui.menu_item_simple("Go there"):
                go_to_keyframe(ctx.state, frame)
            if imgui.menu_item_simple("Replace by this moment"):
                _set(frame, keyframe(ctx.state, frame.at_s))
            if imgui.menu_item_simple("Duplicate"):
                _duplicate(timeline, frame)
            if imgui.menu_item_simple("Remove"):
                timeline.frames = [one for one in timeline.frames if one is not frame]
            imgui.end_popup()
        colour = u32(palette.text if lit else mix(palette.stage, palette.text, 0.75))
        draw.add_quad_filled((x, y - size), (x + size, y), (x, y + size), (x - size, y), colour)


def described(frame: KeyframeState, first: KeyframeState, timeline: TimelineState) -> str:
    """Return the tooltip of a keyframe."""
    lines = [f"Seed {seed_at(frame.x, frame.y)} at {frame.at_s - first.at_s:.2f} s"]
    if timeline.moves_transform:
        lines.append(
            f"shift {100 * frame.shift_x:.1f}, {100 * frame.shift_y:.1f} %, "
            f"turn {math.degrees(frame.angle_rad):.1f}°, scale {frame.scale:.2f}, "
            f"shear {frame.shear:.2f}"
        )
    if timeline.moves_truncation:
        lines.append(f"psi {frame.psi:.2f}")
    lines.append(
        "\nDrag it to another time, past others to change their order; double click goes there; "
        "right click offers more."
    )
    return "\n".join(lines)


def store(state: AppState) -> None:
    """Add the current place as a keyframe after the last one."""
    frames = state.timeline.frames
    last = max((frame.at_s for frame in frames), default=-STEP_S)
    frames.append(keyframe(state, within(KeyframeState, "at_s", last + STEP_S)))


def _duplicate(timeline: TimelineState, frame: KeyframeState) -> None:
    """Duplicate a keyframe, half way to the next one or one step after the last."""
    copy = KeyframeState()
    _set(copy, frame)
    later = [one.at_s for one in timeline.frames if one.at_s > frame.at_s]
    copy.at_s = (frame.at_s + min(later)) / 2 if later else frame.at_s + STEP_S
    timeline.frames.append(copy)


def _set(frame: KeyframeState, like: KeyframeState) -> None:
    for field in fields(frame):
        setattr(frame, field.name, getattr(like, field.name))


def _draw_time(label: str, owner: KeyframeState | TimelineState, name: str) -> None:
    """Draw a field for the time in seconds in a menu."""
    imgui.set_next_item_width(imgui.get_font_size() * 6)
    changed, value = imgui.drag_float(label, getattr(owner, name), 0.02, 0.0, 0.0, "%.2f s")
    if changed:
        setattr(owner, name, within(owner, name, value))


ACTIONS: tuple[Action, ...] = (
    Action(
        "Store place as keyframe",
        "Add the current latent and transform to the timeline.",
        lambda state, _ctx: store(state),
        menu="Edit",
        keys=(Chord(imgui.Key.i, "I"),),
    ),
    go_to(layout.TIMELINE),
)
