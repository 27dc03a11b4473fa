"""Where the pictures and the plots of the signal lab go, and how large they are."""

from __future__ import annotations

from dataclasses import dataclass

GAP = 6
ASIDE = 56
"""Space right of the tiles from which captions are placed there."""
CAPTION = 18
"""Height of a caption below a row of tiles."""
CUT_HEIGHT, CURVE_HEIGHT = 92, 118
"""Least heights of the plots below the tiles."""
SMALLEST_TILE = 68
PAGES = 28
"""Height of the choice of what is shown, where there is no room for everything."""
AROUND_TILES = 84
"""Height of everything below the text except tiles and plots, with captions beside the tiles."""
HEADS = 52
"""Height of the headings above the tiles."""
ONE_LINE = 300
"""Width of three tiles from which their captions are one line."""
PLOTS_WIDTH = 240
"""Least width of the plots beside the tiles."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Three columns of tiles, and the plots below them, beside them or in their place."""

    tile: int
    """Side of a tile in pixels."""
    beside: bool = False
    """True if the plots are beside the tiles."""
    pages: bool = False
    """True if there is room for one row of tiles, or the plots, at a time."""


def arranged(width: float, height: float, unit: float) -> Arrangement:
    """Choose the arrangement with the largest tiles.

    Args:
        width, height: The space in pixels.
        unit: Size of one pixel at a scale of 1.
    """
    wide = (width - 2 * GAP * unit) / 3
    high = (height - (CUT_HEIGHT + CURVE_HEIGHT + AROUND_TILES) * unit) / 3
    captions_aside = min(wide - (GAP + ASIDE) * unit / 3, high)
    below = max(captions_aside, min(wide, high - CAPTION * unit))
    beside = min(
        (width - (PLOTS_WIDTH + 4 * GAP) * unit) / 3,
        (height - HEADS * unit) / 3 - CAPTION * unit,
    )
    if 3 * beside < ONE_LINE * unit:
        beside -= CAPTION * unit
    if beside >= max(below, SMALLEST_TILE * unit):
        return Arrangement(int(beside), beside=True)
    if below < SMALLEST_TILE * unit:
        high = max(height - (PAGES + HEADS) * unit, SMALLEST_TILE * unit)
        captions_aside = min(wide - (GAP + ASIDE) * unit / 3, high)
        tile = max(captions_aside, min(wide, high - CAPTION * unit))
        return Arrangement(max(int(tile), 1), pages=True)
    return Arrangement(max(int(below), 1))
