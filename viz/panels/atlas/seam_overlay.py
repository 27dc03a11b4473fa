"""The overlay of an atlas plane: seams between tiles as coloured lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.colormaps import TABLES
from gui_utils.theme import u32
from viz.protocol.tiles import FINE, Look, TileId, seam_db, visible

if TYPE_CHECKING:
    from viz.model.atlas_tiles import Shown
    from viz.model.tile_store import TileStore
    from viz.panels.common.context import PanelContext
    from viz.panels.common.picture_geometry import Rect

SEAM_RANGE_DB = (10.0, 70.0)
SMALLEST_SEAM_PX = 6
"""Size of a tile on the screen below which no lines are drawn around it."""


class ToScreen:
    """Conversion from the turned plane to whole screen pixels."""

    def __init__(self, look: Look, space: Rect, width: float) -> None:
        self._width = width
        # The origin lies on a whole pixel, so that panning never resamples.
        self._x = round(space.centre[0] - look.centre[0] * width)
        self._y = round(space.centre[1] - look.centre[1] * width)

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        """Return the screen position of a point of the tile, in whole pixels."""
        return round(self._x + x * self._width), round(self._y + y * self._width)


def draw_seams(
    store: TileStore, shown: Shown, space: Rect, width: float, ctx: PanelContext
) -> None:
    """Colour the borders of the visible tiles by how well they join.

    Args:
        store: Store of the measured seams.
        shown: The plane and its visible part.
        space: Rectangle in which it is drawn.
        width: Width of a picture in screen pixels.
        ctx: Model, commands and widgets.
    """
    side, draw = shown.grid.side(FINE), imgui.get_window_draw_list()
    if side * width < SMALLEST_SEAM_PX:
        return
    columns, rows = visible(shown.look, side)
    to_screen, known = ToScreen(shown.look, space, width), store.seams(shown.plane)
    for row in rows:
        for column in columns:
            tile = TileId(FINE, column, row)
            corner = ((column + 1) * side, (row + 1) * side)
            if (seam := known.get((tile, "right"))) is not None:
                colour = _seam_colour(seam_db(seam.squared_error, seam.values))
                draw.add_line(
                    to_screen(corner[0], row * side), to_screen(*corner), colour, ctx.host.px(2)
                )
            if (seam := known.get((tile, "below"))) is not None:
                colour = _seam_colour(seam_db(seam.squared_error, seam.values))
                draw.add_line(
                    to_screen(column * side, corner[1]),
                    to_screen(*corner),
                    colour,
                    ctx.host.px(2),
                )


def _seam_colour(level_db: float | None) -> int:
    low, high = SEAM_RANGE_DB
    share = 0.0 if level_db is None else min(max((level_db - low) / (high - low), 0.0), 1.0)
    red, green, blue = (int(part) / 255 for part in TABLES["viridis"][round(255 * share)])
    return u32((red, green, blue))


def draw_scale(ctx: PanelContext) -> None:
    """Draw the legend of the border colours."""
    host, (low, high) = ctx.host, SEAM_RANGE_DB
    with host.fonts.mono():
        ctx.ui.text(f"{low:.0f}", host.palette.dim)
        imgui.same_line(0, host.px(4))
        where, steps, width = imgui.get_cursor_screen_pos(), 24, host.px(72)
        middle, height = where.y + imgui.get_text_line_height() / 2, host.px(6)
        draw = imgui.get_window_draw_list()
        for step in range(steps):
            level = low + (high - low) * step / (steps - 1)
            draw.add_rect_filled(
                (where.x + width * step / steps, middle - height / 2),
                (where.x + width * (step + 1) / steps, middle + height / 2),
                _seam_colour(level),
            )
        imgui.dummy((width, 1))
        imgui.same_line(0, host.px(4))
        ctx.ui.text(f"{high:.0f} dB", host.palette.dim)
