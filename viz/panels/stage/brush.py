"""The brush that paints on a picture what may change while points are dragged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from gui_utils.texture import Texture
from gui_utils.theme import u32
from viz.commands.dragging import free_of
from viz.protocol.strokes import painted
from viz.state.dragging import MOST_STROKES, StrokeState, go_to_slot

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.panels.stage.picture_frame import PictureFrame
    from viz.state.dragging import DraggingState

SHADE_PX = 192
"""Side of what shades the held parts of a picture."""
SHADE = 150
"""Opacity of the shade, 0…255."""
SPACING = 0.3
"""Places of a stroke are so far apart, in radii of the brush."""
MOST_PLACES = 1000
"""A longer stroke goes on as another one."""


class Brush:
    """Paints strokes by the hand, and shades what is held."""

    def __init__(self) -> None:
        self._texture: Texture | None = None
        self._shaded: object = None
        """Strokes, size and colour of what the texture shows; None: nothing yet."""
        self._stroke: StrokeState | None = None
        """The one that is being painted."""

    def free(self) -> None:
        """Free the texture."""
        if self._texture is not None:
            self._texture.free()
            self._texture, self._shaded = None, None

    def shade(
        self, frame: PictureFrame, extent: int, dragging: DraggingState, ctx: PanelContext
    ) -> bool:
        """Shade what is held in a picture; return whether anything is painted at all."""
        strokes = free_of(dragging)
        if not strokes:
            return False
        if self._texture is None:
            self._texture = Texture()
        across, down = (
            length / extent / frame.unit for length in (frame.rect.width, frame.rect.height)
        )
        unit = SHADE_PX / max(across, down)
        size, colour = (round(down * unit), round(across * unit)), ctx.host.palette.stage
        if self._shaded != (strokes, size, colour):
            self._shaded = strokes, size, colour
            paint = painted(strokes, size, unit)
            shade = np.zeros((*size, 4), np.uint8)
            shade[..., :3] = [round(255 * part) for part in colour]
            shade[..., 3] = np.where(paint, 0, SHADE)
            self._texture.update(shade)
        first = frame.on_screen(-across / 2, -down / 2)
        last = frame.on_screen(across / 2, down / 2)
        imgui.get_window_draw_list().add_image(self._texture.ref, first, last)
        return True

    def takes_gestures(
        self, frame: PictureFrame, extent: int, dragging: DraggingState, ctx: PanelContext
    ) -> None:
        """Paint by the hand on the last drawn picture; with Shift, rub out."""
        pointer = imgui.get_io().mouse_pos
        if imgui.is_item_hovered() or imgui.is_item_active():
            _draw_outline(frame, dragging, ctx)
        if ctx.model.dragging.is_busy:
            return
        if imgui.is_item_activated() and imgui.is_mouse_down(imgui.MouseButton_.left):
            go_to_slot(dragging, frame.slot)
            self._begin(dragging, ctx)
            # A quick stroke may have gone on since it was begun.
            gone = imgui.get_mouse_drag_delta(imgui.MouseButton_.left, 0.0)
            start = frame.on_picture(pointer.x - gone.x, pointer.y - gone.y, extent)
            self._go_on(start, dragging, ctx)
        if imgui.is_item_active() or imgui.is_item_deactivated():
            self._go_on(frame.on_picture(pointer.x, pointer.y, extent), dragging, ctx)
        if imgui.is_item_deactivated():
            self._stroke = None

    def _begin(self, dragging: DraggingState, ctx: PanelContext) -> None:
        if len(dragging.strokes) >= MOST_STROKES:
            self._stroke = None
            ctx.model.status.show(f"{MOST_STROKES} strokes at most; Clear takes them away.")
            return
        erases = bool(imgui.get_io().key_shift)
        self._stroke = StrokeState(radius=dragging.brush, erases=erases)
        dragging.strokes.append(self._stroke)

    def _go_on(
        self, place: tuple[float, float], dragging: DraggingState, ctx: PanelContext
    ) -> None:
        stroke = self._stroke
        if stroke is None:
            return
        if stroke.xs and math.dist(place, stroke.places[-1]) < SPACING * stroke.radius:
            return
        stroke.xs.append(place[0])
        stroke.ys.append(place[1])
        if len(stroke.xs) >= MOST_PLACES:
            self._begin(dragging, ctx)


def _draw_outline(frame: PictureFrame, dragging: DraggingState, ctx: PanelContext) -> None:
    """Show the size of the brush at the pointer."""
    pointer, radius = imgui.get_io().mouse_pos, dragging.brush * frame.unit
    draw, palette, px = imgui.get_window_draw_list(), ctx.host.palette, ctx.host.px
    draw.add_circle((pointer.x, pointer.y), radius, u32(palette.stage), 0, px(3))
    draw.add_circle((pointer.x, pointer.y), radius, u32(palette.text), 0, px(1))
