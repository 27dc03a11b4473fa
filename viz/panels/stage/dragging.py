"""The tool that drags points: handles and targets on the pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.gestures import drag_step
from gui_utils.keyboard_focus import arrow_steps, kept_keys
from gui_utils.theme import u32
from viz.panels.common.actions import Action, Chord
from viz.panels.stage.brush import Brush
from viz.state.dragging import MOST_PAIRS, DragPairState, go_to_slot

if TYPE_CHECKING:
    from gui_utils.theme import Colour
    from viz.model.comparison import Cell
    from viz.panels.common.context import PanelContext
    from viz.panels.stage.picture_frame import PictureFrame
    from viz.state.app_state import AppState

K = imgui.Key
DOT, GRIP = 5, 11
"""Radius of a handle, and how near the pointer takes hold of one, in pixels at a scale of 1."""


def is_shown(state: AppState) -> bool:
    """Return whether the tool is in the hand, and pictures are on the stage."""
    return state.dragging.on and state.view.show in ("side", "split", "difference")


def _takes(cell: Cell, state: AppState) -> bool:
    """Return whether points are set on a cell: on pictures themselves."""
    return is_shown(state) and cell.kind == "picture"


class PointDragging:
    """Handles and targets, set by the hand."""

    def __init__(self) -> None:
        self._held: tuple[DragPairState, bool] | None = None
        """The pair that is held, and whether it is its handle instead of its target."""
        self._brush = Brush()

    def free(self) -> None:
        """Free the textures."""
        self._brush.free()

    def draw(self, frame: PictureFrame, cell: Cell, state: AppState, ctx: PanelContext) -> None:
        """Draw the handles and targets on a picture, and what is held."""
        dragging = state.dragging
        if not _takes(cell, state) or frame.slot != dragging.slot:
            return
        draw, palette, px = imgui.get_window_draw_list(), ctx.host.palette, ctx.host.px
        seen = frame.visible
        draw.push_clip_rect((seen.x, seen.y), (seen.right, seen.bottom), True)
        is_painted = self._brush.shade(frame, _extent(frame, ctx), dragging, ctx)
        busy = ctx.model.dragging
        now = busy.step.handles if busy.is_busy and busy.step is not None else ()
        for index, pair in enumerate(dragging.pairs):
            place = now[index] if index < len(now) else (pair.x, pair.y)
            handle, target = frame.on_screen(*place), frame.on_screen(pair.to_x, pair.to_y)
            if dragging.reach and not is_painted:
                start, radius = frame.on_screen(pair.x, pair.y), dragging.reach * frame.unit
                _around(start, target, radius, palette.stage, px(3))
                _around(start, target, radius, palette.text, px(1))
            _line(handle, target, palette.stage, px(4))
            _line(handle, target, palette.accent, px(2))
            draw.add_circle_filled(target, px(DOT + 2), u32(palette.stage))
            draw.add_circle(target, px(DOT), u32(palette.accent), 0, px(2))
            draw.add_circle_filled(handle, px(DOT + 1.5), u32(palette.stage))
            draw.add_circle_filled(handle, px(DOT - 0.5), u32(palette.accent))
        draw.pop_clip_rect()

    def takes_gestures(
        self, frame: PictureFrame, cell: Cell, state: AppState, ctx: PanelContext
    ) -> bool:
        """Set, move and remove points, or paint, by the hand on the last drawn picture.

        Returns:
            True if the picture is not to be moved by the hand, as the tool is there.
        """
        if not _takes(cell, state):
            return False
        extent = _extent(frame, ctx)
        if state.dragging.paints:
            self._brush.takes_gestures(frame, extent, state.dragging, ctx)
            return True
        if imgui.is_item_hovered():
            grips = self._near(frame, state, ctx) is not None
            cursor = imgui.MouseCursor_.resize_all if grips else imgui.MouseCursor_.arrow
            imgui.set_mouse_cursor(cursor)
        if ctx.model.dragging.is_busy:
            return True
        if imgui.is_item_activated() and imgui.is_mouse_down(imgui.MouseButton_.left):
            self._press(frame, extent, state, ctx)
        if self._held is not None and drag_step():
            pair, is_handle = self._held
            pointer = imgui.get_io().mouse_pos
            x, y = frame.on_picture(pointer.x, pointer.y, extent)
            if is_handle:
                pair.x, pair.y = x, y
            else:
                pair.to_x, pair.to_y = x, y
        if imgui.is_item_deactivated():
            self._held = None
        _set_by_keys(frame, 1 / _width_px(ctx, frame.slot), state)
        return True

    def removes(self, frame: PictureFrame, cell: Cell, state: AppState, ctx: PanelContext) -> bool:
        """Remove the point that a right click is on; return whether there was one."""
        if not _takes(cell, state) or not imgui.is_mouse_released(imgui.MouseButton_.right):
            return False
        near = self._near(frame, state, ctx)
        if near is None or not imgui.is_item_hovered() or ctx.model.dragging.is_busy:
            return False
        state.dragging.pairs.remove(near[0])
        return True

    def _press(self, frame: PictureFrame, extent: int, state: AppState, ctx: PanelContext) -> None:
        """Take hold of what is under the pointer, or set a new handle there."""
        dragging = state.dragging
        self._held = self._near(frame, state, ctx)
        if self._held is not None:
            return
        go_to_slot(dragging, frame.slot)
        if len(dragging.pairs) >= MOST_PAIRS:
            ctx.model.status.show(f"{MOST_PAIRS} handles at most; remove one by a right click.")
            return
        # A quick drag may have gone on since it was pressed.
        pointer, gone = imgui.get_io().mouse_pos, imgui.get_mouse_drag_delta(0, 0.0)
        x, y = frame.on_picture(pointer.x - gone.x, pointer.y - gone.y, extent)
        dragging.pairs.append(DragPairState(x, y, x, y))
        self._held = dragging.pairs[-1], False

    def _near(
        self, frame: PictureFrame, state: AppState, ctx: PanelContext
    ) -> tuple[DragPairState, bool] | None:
        """Return the pair whose handle or target is under the pointer; targets come first."""
        if frame.slot != state.dragging.slot:
            return None
        pointer = imgui.get_io().mouse_pos
        points = [
            (frame.on_screen(*place), pair, is_handle)
            for is_handle in (False, True)
            for pair in state.dragging.pairs
            for place in [(pair.x, pair.y) if is_handle else (pair.to_x, pair.to_y)]
        ]
        near = [
            (distance, index)
            for index, (place, _pair, _is_handle) in enumerate(points)
            if (distance := math.dist(place, (pointer.x, pointer.y))) <= ctx.host.px(GRIP)
        ]
        return points[min(near)[1]][1:] if near else None


def _set_by_keys(frame: PictureFrame, pixel: float, state: AppState) -> None:
    """Set and move points by the keyboard on the last drawn picture.

    Insert sets a handle in the middle, Delete removes the newest; arrows move the newest target by
    a pixel, with Shift its handle.

    Args:
        frame: Where the picture is.
        pixel: Width of a pixel of the network's picture, in picture widths.
        state: The whole state.
    """
    dragging = state.dragging
    added, removed = kept_keys(K.insert, K.delete)
    if added:
        go_to_slot(dragging, frame.slot)
    if added and len(dragging.pairs) < MOST_PAIRS:
        dragging.pairs.append(DragPairState())
    right, down = arrow_steps()
    if not dragging.pairs or frame.slot != dragging.slot:
        return
    if removed:
        dragging.pairs.pop()
        return
    pair = dragging.pairs[-1]
    names = ("x", "y") if imgui.get_io().key_shift else ("to_x", "to_y")
    across, below = (length / frame.unit / 2 for length in (frame.rect.width, frame.rect.height))
    for name, step, most in zip(names, (right, down), (across, below), strict=True):
        moved = getattr(pair, name) + step * pixel
        setattr(pair, name, min(max(moved, -most), most))


def _extent(frame: PictureFrame, ctx: PanelContext) -> int:
    """Return how many picture widths a picture shows."""
    result = ctx.model.result_of(frame.slot)
    return result.extent if result is not None else 1


def _width_px(ctx: PanelContext, slot: int) -> int:
    """Return the pixels that one length of a network's transforms is; 1 while unknown."""
    summary = ctx.model.summary_of(slot)
    return summary.resolution if summary is not None else 1


def _line(start: tuple[float, float], end: tuple[float, float], colour: Colour, px: float) -> None:
    imgui.get_window_draw_list().add_line(start, end, u32(colour), px)


def _around(
    start: tuple[float, float],
    end: tuple[float, float],
    radius: float,
    colour: Colour,
    px: float,
) -> None:
    """Outline what is no farther than a radius from a line."""
    along = math.atan2(end[1] - start[1], end[0] - start[0])
    draw = imgui.get_window_draw_list()
    draw.path_arc_to(end, radius, along - math.pi / 2, along + math.pi / 2)
    draw.path_arc_to(start, radius, along + math.pi / 2, along + 3 * math.pi / 2)
    draw.path_stroke(u32(colour, 0.8), px, imgui.ImDrawFlags_.closed)


def _escape(_state: AppState, ctx: PanelContext) -> None:
    if ctx.model.dragging.is_busy:
        ctx.commands.dragging.cancel()
    else:
        ctx.commands.dragging.switch()


def _off(state: AppState, _ctx: PanelContext) -> str:
    return "" if is_shown(state) else "Points are not being dragged: press Shift+D."


def _no_network(state: AppState, _ctx: PanelContext) -> str:
    return "" if state.networks else "No network is open."


ACTIONS: tuple[Action, ...] = (
    Action(
        "Drag points",
        "Set handles and targets on a picture; what lies at a handle is dragged to its target.",
        lambda _state, ctx: ctx.commands.dragging.switch(),
        menu="Edit",
        keys=(Chord(K.d, "D", shift=True),),
        disabled_reason=_no_network,
        is_on=is_shown,
        starts_group=True,
    ),
    Action(
        "Start dragging",
        "Drag what lies at the handles to their targets.",
        lambda _state, ctx: ctx.commands.dragging.start(),
        keys=(Chord(K.enter, "Enter", ctrl=True),),
        keys_when=is_shown,
        disabled_reason=_off,
    ),
    Action(
        "Cancel dragging",
        "Go back to where the drag began; else put the tool away.",
        _escape,
        keys=(Chord(K.escape, "Esc"),),
        keys_when=is_shown,
        disabled_reason=_off,
    ),
)
