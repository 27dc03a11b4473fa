"""The equivariance pictures of all networks, large, on the stage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.labels import number_text, shortened
from viz.model.comparison import shown_slots
from viz.panels.equivariance.pictures import EquivariancePictures
from viz.protocol.names import LETTERS

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.panels.common.picture_geometry import Rect
    from viz.protocol.equivariance import EquivarianceView
    from viz.state.app_state import AppState

GAP, TITLE, NAMES = 20, 26, 18
"""Space between networks, height of a network's title and of its pictures' names, at a scale of
1."""


class EquivarianceOnStage:
    """Three pictures for every network."""

    def __init__(self) -> None:
        self._pictures: dict[int, EquivariancePictures] = {}

    def free(self) -> None:
        """Free the textures."""
        for pictures in self._pictures.values():
            pictures.free()
        self._pictures = {}

    def draw(self, area: Rect, state: AppState, ctx: PanelContext) -> None:
        """Draw the pictures as large as they fit; dragging one sets the transform of all."""
        slots, px = shown_slots(state), ctx.host.px
        gap, inner = px(GAP), px(EquivariancePictures.GAP)
        columns = max(
            range(1, len(slots) + 1), key=lambda count: _side(count, len(slots), area, ctx)
        )
        side = _side(columns, len(slots), area, ctx)
        if side < px(8):
            return
        width = 3 * side + 2 * inner
        height = side + px(TITLE) + px(NAMES)
        rows = math.ceil(len(slots) / columns)
        left = area.x + (area.width - columns * width - (columns - 1) * gap) / 2
        top = area.y + max(0.0, (area.height - rows * height - (rows - 1) * gap) / 2)
        for index, slot in enumerate(slots):
            row, column = divmod(index, columns)
            at = (left + column * (width + gap), top + row * (height + gap))
            imgui.push_id(slot)
            self._draw_network(slot, at, side, state, ctx)
            imgui.pop_id()

    def _draw_network(
        self, slot: int, at: tuple[float, float], side: float, state: AppState, ctx: PanelContext
    ) -> None:
        result, px = ctx.model.result_of(slot), ctx.host.px
        view = result.equivariance if result is not None else None
        figure = "no comparison" if result is not None and result.error else _figure(view)
        imgui.set_cursor_screen_pos(at)
        with ctx.host.fonts.heading():
            ctx.ui.text(LETTERS[slot], ctx.colour(slot))
        imgui.same_line(0, px(8))
        with ctx.host.fonts.mono():
            taken = imgui.calc_text_size(figure).x
        room = 3 * side - taken - px(48)
        if room > px(24):
            name = shortened(ctx.model.label(slot), room, lambda text: imgui.calc_text_size(text).x)
            imgui.text_unformatted(name)
        imgui.set_cursor_screen_pos((at[0] + 3 * side + 2 * px(EquivariancePictures.GAP) - taken,
                                     at[1]))  # fmt: skip
        with ctx.host.fonts.mono():
            ctx.ui.text(figure, ctx.host.palette.dim)
        imgui.set_cursor_screen_pos((at[0], at[1] + px(TITLE)))
        pictures = self._pictures.setdefault(slot, EquivariancePictures())
        pictures.draw(view, state.equivariance, ctx, side)


def _side(columns: int, count: int, area: Rect, ctx: PanelContext) -> float:
    """Return how large the pictures are with so many networks beside each other."""
    px, rows = ctx.host.px, math.ceil(count / columns)
    inner = 2 * px(EquivariancePictures.GAP)
    wide = ((area.width - (columns - 1) * px(GAP)) / columns - inner) / 3
    high = (area.height - (rows - 1) * px(GAP)) / rows - px(TITLE) - px(NAMES)
    return math.floor(min(wide, high))


def _figure(view: EquivarianceView | None) -> str:
    if view is None:
        return "PSNR     – dB"
    exact = math.isinf(view.psnr_db)
    level = "    ∞" if exact else number_text(view.psnr_db, 1, 5)
    return f"PSNR {level} dB"
