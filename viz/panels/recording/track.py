"""The time axis of the timeline: keyframes as pictures, the way between them, the playhead."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.gestures import drag_step
from gui_utils.keyboard_focus import arrow_steps
from gui_utils.theme import mix, u32
from viz.panels.common.context import PanelContext, within
from viz.panels.common.picture_geometry import Rect
from viz.panels.common.places import dragged_place, dropped_place, paint_number
from viz.panels.recording.keyframe_menu import described, draw_keyframe_menu, draw_time
from viz.panels.recording.paces import draw_pace_mark
from viz.protocol.transforms import inverse_of
from viz.state.app_state import AppState, KeyframeState, TimelineState
from viz.state.inputs import seed_at
from viz.state.timeline import KEYFRAME_S, in_order, keyframe_of, length_s, snapped
from viz.state.timeline import go_to as go_to_keyframe
from viz.state.to_thumbnails import at, thumbnail_here

if TYPE_CHECKING:
    from viz.protocol.thumbnails import Thumbnail

EMPTY = (
    "Store places here (I), or drag favourites here; then play a path through them.",
    "Store places here (I), or drag favourites here.",
    "Store places here (I).",
)
"""What can be done with an empty track: the longest that fits."""
LOWEST, BARE = 46, 24
"""Heights of the track without pictures, and with neither pictures nor times, at a scale of 1."""
SMALLEST, LARGEST = 20, 120
"""Side of the keyframes' pictures; with less room there are none."""
PICTURES_ACROSS = 12
"""Of a short track so many fit side by side: more would cover each other all the time."""
MARKS, TICKS = 18, 18
"""Height of the lanes of the keyframes' marks and of the times below."""
SLACK = 1.08
"""Length of the track relative to the path, so that its end can be dragged further."""
TICKS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 300.0, 600.0)
TICK_PX = 64
"""Smallest distance between labelled ticks, in pixels at a scale of 1."""
SNAP_PX = 6
"""Distance within which a dragged keyframe goes to a whole or half second."""
ZOOM_STEP = 1.25
NEAR_S, FAR_S = 0.1, 1.0
"""Steps of the playhead by the arrows, and with Shift; a keyframe is moved by the smaller one."""


@dataclass(frozen=True)
class Track:
    """Position of the time axis in the window."""

    left: float
    top: float
    height: float
    side: float
    """Side of the keyframes' pictures; 0: there is no room for any."""
    first_s: float
    """Time at `left`."""
    per_second: float
    """Pixels per second."""
    middle: float
    """Y position of the keyframes' marks."""

    def x(self, at_s: float) -> float:
        """Return the x position of a time."""
        return self.left + (at_s - self.first_s) * self.per_second

    def time(self, x: float) -> float:
        """Return the time at an x position."""
        return self.first_s + (x - self.left) / self.per_second


class TrackView:
    """The track: press it to move the playhead, drag what is on it."""

    def __init__(self) -> None:
        self.track: Track | None = None
        """Track as last drawn; it stays unchanged during a drag."""
        self._free_s = 0.0
        """Time of the keyframe that is being dragged, before it snaps."""
        self._leaves_copy = False

    def draw(self, timeline: TimelineState, ctx: PanelContext) -> None:
        """Draw the track and apply the user's changes to the timeline."""
        palette, draw, px = ctx.host.palette, imgui.get_window_draw_list(), ctx.host.px
        origin, room = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail()
        lanes = px(4) + px(MARKS) + px(TICKS)
        side = min(room.y - px(2) - lanes, room.x / PICTURES_ACROSS, px(LARGEST))
        height = lanes + side if side >= px(SMALLEST) else min(px(LOWEST), max(room.y, px(BARE)))
        area = Rect(origin.x, origin.y, room.x, height)
        corner = (area.right, area.bottom)
        draw.add_rect_filled(origin, corner, u32(palette.stage), px(3))
        if not timeline.frames:
            self._draw_empty(replace(area, height=max(min(height, room.y), 1.0)), timeline, ctx)
            return
        frames, length = in_order(timeline.frames), length_s(timeline)
        first_s = frames[0].at_s
        if self.track is None or not imgui.is_mouse_down(imgui.MouseButton_.left):
            _follow_playhead(timeline, ctx.state)
            self.track = _track(area, timeline, ctx)
        track = self.track
        draw.push_clip_rect(origin, corner, True)
        if height >= px(LOWEST):
            _paint_ticks(track, first_s, area.right, ctx)
        imgui.set_next_item_allow_overlap()
        imgui.invisible_button("track", (area.width, height), imgui.ButtonFlags_.enable_nav)
        steps, _down = arrow_steps()
        if imgui.is_item_active() and imgui.is_mouse_down(imgui.MouseButton_.left) and length > 0:
            at_s = track.time(imgui.get_mouse_pos().x) - first_s
            timeline.position_s = min(max(at_s, 0.0), length)
        elif steps:
            step_s = FAR_S if imgui.get_io().key_shift else NEAR_S
            timeline.position_s = min(max(timeline.position_s + step_s * steps, 0.0), length)
        ctx.ui.tip(
            "Press or drag to move the playhead; the wheel zooms, Shift+wheel scrolls. With the "
            "focus, Left and Right move it by 0.1 s, with Shift by 1 s."
        )
        self._take_drop(first_s, timeline, ctx)
        _zoom(area, track, first_s, timeline)
        below = imgui.get_cursor_screen_pos()
        line = u32(mix(palette.stage, palette.text, 0.35))
        ends = track.x(first_s), track.x(first_s + length)
        draw.add_line((ends[0], track.middle), (ends[1], track.middle), line, px(2))
        self._draw_paces(frames, timeline, track, ctx)
        if timeline.closed and len(frames) > 1:
            _draw_return(frames[-1], timeline, track, ctx)
        self._draw_frames(frames, timeline, track, ctx)
        playhead = round(track.x(first_s + timeline.position_s))
        accent = u32(palette.accent)
        with ctx.host.fonts.small_mono():  # it crosses out no label
            end = area.bottom - imgui.get_text_line_height() - px(6)
        draw.add_line((playhead, area.y), (playhead, end), accent, px(2))
        draw.pop_clip_rect()
        imgui.set_cursor_screen_pos(below)
        imgui.dummy((0, 0))

    def _draw_empty(self, area: Rect, timeline: TimelineState, ctx: PanelContext) -> None:
        """Draw a track without keyframes: what can be put there."""
        imgui.invisible_button("track", (area.width, area.height))
        place = dropped_place(ctx.state)
        if place is not None:
            timeline.frames.append(keyframe_of(ctx.state, place, 0.0))
        inner = ctx.host.px(12)
        room = max(area.width - 2 * inner, 1.0)

        def height_of(text: str) -> float:
            return imgui.calc_text_size(text, False, room).y

        if dragged_place(ctx.state) is not None:
            texts: tuple[str, ...] = ("Let it go here: it becomes the first keyframe.",)
        else:
            texts = EMPTY
        text = next((one for one in texts if height_of(one) <= area.height), texts[-1])
        height = height_of(text)
        top = area.y + max(0.0, (area.height - height) / 2)
        draw, font, size = imgui.get_window_draw_list(), imgui.get_font(), imgui.get_font_size()
        draw.push_clip_rect((area.x, area.y), (area.right, area.bottom), True)
        colour = u32(ctx.host.palette.dim)
        draw.add_text(font, size, (area.x + inner, top), colour, text, wrap_width=room)
        draw.pop_clip_rect()

    def _take_drop(self, first_s: float, timeline: TimelineState, ctx: PanelContext) -> None:
        """Let a favourite, or a seed of the gallery, be dropped as a keyframe."""
        place, track = dragged_place(ctx.state), self.track
        if place is None or track is None:
            return
        free = track.time(imgui.get_mouse_pos().x)
        at_s = snapped(free, first_s, _reach_s(track, ctx))
        if imgui.is_item_hovered(imgui.HoveredFlags_.allow_when_blocked_by_active_item):
            x, draw = track.x(at_s), imgui.get_window_draw_list()
            colour = u32(ctx.host.palette.text)
            draw.add_line((x, track.top), (x, track.top + track.height), colour)
        if dropped_place(ctx.state) is not None:
            timeline.frames.append(keyframe_of(ctx.state, place, at_s))

    def _draw_frames(
        self,
        frames: list[KeyframeState],
        timeline: TimelineState,
        track: Track,
        ctx: PanelContext,
    ) -> None:
        """Draw the keyframes in the order of time, those that are covered without a number."""
        here = thumbnail_here(ctx.state)
        for place, frame in enumerate(frames):
            following = frames[place + 1].at_s if place + 1 < len(frames) else math.inf
            with ctx.host.fonts.small():
                number = imgui.calc_text_size(str(seed_at(frame.x, frame.y))).x + ctx.host.px(6)
            covered = track.x(following) - track.x(frame.at_s) < number
            imgui.push_id(next(n for n, one in enumerate(timeline.frames) if one is frame))
            shown = _thumbnail(here, frame, timeline) if here is not None else None
            self._draw_frame(frame, frames, shown, covered, timeline, track, ctx)
            imgui.pop_id()

    def _draw_frame(
        self,
        frame: KeyframeState,
        frames: list[KeyframeState],
        shown: Thumbnail | None,
        covered: bool,
        timeline: TimelineState,
        track: Track,
        ctx: PanelContext,
    ) -> None:
        palette, draw, size = ctx.host.palette, imgui.get_window_draw_list(), ctx.host.px(6)
        x, y = track.x(frame.at_s), track.middle
        reach = max(size, track.side / 2)
        rect = Rect(x - track.side / 2, track.top + ctx.host.px(4), track.side, track.side)
        rect = rect.on_pixels
        imgui.set_cursor_screen_pos((x - reach, rect.y if track.side else y - 1.5 * size))
        imgui.set_next_item_allow_overlap()
        walked = imgui.ButtonFlags_.enable_nav
        imgui.invisible_button("keyframe", (2 * reach, track.side + 3 * size), walked)
        lit = imgui.is_item_hovered() or imgui.is_item_active()
        ctx.ui.tip(described(frame, frames[0], timeline))
        moves = self._drag(frame, frames, timeline, track, ctx)
        if lit and imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
            go_to_keyframe(ctx.state, frame)
        if imgui.begin_popup_context_item("keyframe menu"):
            draw_keyframe_menu(frame, timeline, ctx)
            imgui.end_popup()
        if track.side and shown is not None:
            ctx.draw_thumbnail(shown, rect)
            edge = palette.text if lit else palette.stage
            corners = (rect.x, rect.y), (rect.right, rect.bottom)
            draw.add_rect(*corners, u32(edge), thickness=ctx.host.px(1))
            if moves:
                paint_number(ctx, rect, f"{frame.at_s - frames[0].at_s:.2f} s")
            elif not covered or lit:
                paint_number(ctx, rect, str(seed_at(frame.x, frame.y)))
        colour = u32(palette.text if lit else mix(palette.stage, palette.text, 0.75))
        draw.add_quad_filled((x, y - size), (x + size, y), (x, y + size), (x - size, y), colour)

    def _drag(
        self,
        frame: KeyframeState,
        frames: list[KeyframeState],
        timeline: TimelineState,
        track: Track,
        ctx: PanelContext,
    ) -> bool:
        """Drag the keyframe drawn last to another time; with Ctrl a copy stays. Is it dragged?"""
        io = imgui.get_io()
        if imgui.is_item_activated():
            self._free_s = frame.at_s
            self._leaves_copy = bool(io.key_ctrl)
        # Plain arrows go from keyframe to keyframe.
        steps = arrow_steps()[0] if io.key_shift else 0
        if steps:
            frame.at_s = within(frame, "at_s", frame.at_s + steps * NEAR_S)
        elif step := drag_step():
            if self._leaves_copy:
                timeline.frames.append(replace(frame))
                self._leaves_copy = False
            zero = next((one.at_s for one in frames if one is not frame), 0.0)
            self._free_s += step[0] / track.per_second
            wanted = snapped(self._free_s, zero, _reach_s(track, ctx))
            frame.at_s = within(frame, "at_s", wanted)
        dragged = io.mouse_drag_max_distance_sqr[imgui.MouseButton_.left] > 0
        return bool(imgui.is_item_active() and dragged)

    @staticmethod
    def _draw_paces(
        frames: list[KeyframeState], timeline: TimelineState, track: Track, ctx: PanelContext
    ) -> None:
        """Draw a mark between keyframes that shows, and chooses, how the way is travelled."""
        ends = [frame.at_s for frame in frames[1:]]
        if timeline.closed and len(frames) > 1:
            ends.append(frames[-1].at_s + timeline.closing_s)
        for frame, end_s in zip(frames, ends, strict=False):
            imgui.push_id(next(n for n, one in enumerate(timeline.frames) if one is frame))
            draw_pace_mark(frame, (track.x(frame.at_s), track.x(end_s)), track.middle, ctx)
            imgui.pop_id()


def _reach_s(track: Track, ctx: PanelContext) -> float:
    """Return from how far a time goes to a whole or half second; with Alt it never does."""
    return 0.0 if imgui.get_io().key_alt else ctx.host.px(SNAP_PX) / track.per_second


def _track(area: Rect, timeline: TimelineState, ctx: PanelContext) -> Track:
    """Lay the track out in an area: pictures where there is room, marks, times."""
    px = ctx.host.px
    side = area.height - px(4) - px(MARKS) - px(TICKS)
    side = side if side >= px(SMALLEST) else 0.0
    margin = max(px(14), side / 2 + px(4))
    whole_s = SLACK * max(length_s(timeline), KEYFRAME_S)
    alone = 0.38 if area.height >= px(LOWEST) else 0.5
    middle = area.y + (px(4) + side + px(MARKS) / 2 if side else alone * area.height)
    return Track(
        left=area.x + margin,
        top=area.y,
        height=area.height,
        side=side,
        first_s=in_order(timeline.frames)[0].at_s + timeline.from_s,
        per_second=(area.width - 2 * margin) / whole_s * timeline.zoom,
        middle=middle,
    )


def _show_from(timeline: TimelineState, from_s: float) -> None:
    """Scroll so that a time, after the first keyframe, is at the left, as far as there is any."""
    whole_s = SLACK * max(length_s(timeline), KEYFRAME_S)
    most = whole_s - whole_s / timeline.zoom
    timeline.from_s = min(max(from_s, 0.0), most)


def _zoom(area: Rect, track: Track, first_s: float, timeline: TimelineState) -> None:
    """Zoom about the pointer with the wheel; scroll with Shift or a sideways wheel."""
    io = imgui.get_io()
    inside = imgui.is_mouse_hovering_rect((area.x, area.y), (area.right, area.bottom))
    if not (inside and imgui.is_window_hovered()):
        return
    imgui.set_item_key_owner(imgui.Key.mouse_wheel_y)  # else the panel scrolls as well
    pointed_s = track.time(io.mouse_pos.x) - first_s
    if io.mouse_wheel_h or (io.mouse_wheel and io.key_shift):
        notches = io.mouse_wheel_h or io.mouse_wheel
        shown_s = area.width / track.per_second
        _show_from(timeline, timeline.from_s - notches * shown_s / 8)
    elif io.mouse_wheel:
        before = timeline.zoom
        timeline.zoom = within(timeline, "zoom", before * ZOOM_STEP**io.mouse_wheel)
        away_s = (pointed_s - timeline.from_s) * before / timeline.zoom
        _show_from(timeline, pointed_s - away_s)


def _follow_playhead(timeline: TimelineState, state: AppState) -> None:
    """Turn the page when the playhead runs out of sight, and keep within a path made shorter."""
    whole_s = SLACK * max(length_s(timeline), KEYFRAME_S)
    shown_s = whole_s / timeline.zoom
    runs = state.playing and timeline.on
    if runs and not timeline.from_s <= timeline.position_s <= timeline.from_s + shown_s:
        _show_from(timeline, timeline.position_s)
    else:
        _show_from(timeline, timeline.from_s)


def _thumbnail(here: Thumbnail, frame: KeyframeState, timeline: TimelineState) -> Thumbnail:
    """Make the thumbnail of a keyframe, with what the path sets besides the place."""
    shown = at(here, frame.x, frame.y)
    if timeline.moves_truncation:
        shown = replace(shown, psi=frame.psi)
    if timeline.moves_transform:
        inverse = inverse_of(
            shift=(frame.shift_x, frame.shift_y),
            angle_rad=frame.angle_rad,
            shear=frame.shear,
            scale=frame.scale,
        )
        shown = replace(shown, transform=inverse)
    return shown


def tick_step_s(least_s: float) -> float:
    """Return a round time between labelled ticks that is no shorter than `least_s`."""
    step = next((one for one in TICKS_S if one >= least_s), TICKS_S[-1])
    return step * max(1, math.ceil(least_s / step))


def _paint_ticks(track: Track, first_s: float, right: float, ctx: PanelContext) -> None:
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    step = tick_step_s(ctx.host.px(TICK_PX) / track.per_second)
    decimals = 1 if step < 1 else 0
    with ctx.host.fonts.small_mono():
        low = track.top + track.height - imgui.get_text_line_height() - ctx.host.px(2)
        index = max(0, math.ceil((track.first_s - first_s) / step - 0.5))
        while (x := track.x(first_s + index * step)) < right:
            draw.add_line((x, low - 3), (x, low + 1), u32(palette.dim))
            text = f"{index * step:.{decimals}f} s"
            width = imgui.calc_text_size(text).x
            if x + width / 2 < right:
                draw.add_text((x - width / 2, low), u32(palette.dim), text)
            index += 1


def _draw_return(
    last: KeyframeState, timeline: TimelineState, track: Track, ctx: PanelContext
) -> None:
    """Draw the end of a closed path, back at the first keyframe; it can be dragged."""
    size = ctx.host.px(6)
    x, y = track.x(last.at_s + timeline.closing_s), track.middle
    imgui.set_cursor_screen_pos((x - size, y - 1.5 * size))
    imgui.invisible_button("return", (2 * size, 3 * size), imgui.ButtonFlags_.enable_nav)
    steps, _down = arrow_steps()
    lit = imgui.is_item_hovered() or imgui.is_item_active()
    ctx.ui.tip(
        f"Back at the first keyframe, {timeline.closing_s:.2f} s after the last. Drag it to "
        "another time, or press Left and Right; double click resets."
    )
    if lit and imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
        timeline.closing_s = TimelineState().closing_s
    elif steps:
        timeline.closing_s = within(timeline, "closing_s", timeline.closing_s + NEAR_S * steps)
    elif drag_step():
        free = track.time(imgui.get_mouse_pos().x)
        first = in_order(timeline.frames)[0].at_s
        reach = _reach_s(track, ctx)
        closing = snapped(free, first, reach) - last.at_s
        timeline.closing_s = within(timeline, "closing_s", closing)
    if imgui.begin_popup_context_item("return menu"):
        draw_time("after the last", timeline, "closing_s")
        imgui.end_popup()
    colour = u32(ctx.host.palette.text if lit else ctx.host.palette.dim)
    draw = imgui.get_window_draw_list()
    draw.add_quad_filled(
        (x, y - size), (x + size, y), (x, y + size), (x - size, y), u32(ctx.host.palette.stage)
    )
    draw.add_quad((x, y - size), (x + size, y), (x, y + size), (x - size, y), colour, 1.5)
