"""Positions of pictures on the stage and the geometry of gestures; plain arithmetic.

Screen coordinates are in pixels, y down. The transform is that of the state: shift in fractions of
the picture, angles anticlockwise on the screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viz.state.app_state import ViewState

SQUARES_FROM = 12.0
"""Enlargement, in screen pixels per pixel, from which pixels are looked at one by one."""


@dataclass(frozen=True)
class Rect:
    """An axis-aligned rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.y + self.height

    @property
    def on_pixels(self) -> Rect:
        """The same with a whole number of pixels at whole places, as thin lines around it are."""
        return Rect(round(self.x), round(self.y), round(self.width), round(self.height))

    @property
    def centre(self) -> tuple[float, float]:
        """Centre (x, y)."""
        return self.x + self.width / 2, self.y + self.height / 2

    def joined(self, other: Rect) -> Rect:
        """Return the smallest rectangle around both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)


def arrange(count: int, area: Rect, gap: float, above: float, below: float) -> list[Rect]:
    """Arrange cells for `count` square pictures in rows of equal length, as large as possible.

    Args:
        count: Number of pictures; 0 gives no cells.
        area: Available space.
        gap: Space around and between cells.
        above, below: Height reserved in each cell for a title and a caption.

    Returns:
        The space for each picture, without title and caption, row by row.
    """
    if count == 0:
        return []

    def cell_size(columns: int) -> tuple[float, float]:
        rows = math.ceil(count / columns)
        width = (area.width - gap * (columns + 1)) / columns
        height = (area.height - gap * (rows + 1)) / rows - above - below
        return max(width, 1.0), max(height, 1.0)

    # Of equally large arrangements, the one with the fewest empty places: four are two by two.
    columns = max(range(1, count + 1), key=lambda n: (min(cell_size(n)), -(-count % n), n))
    width, height = cell_size(columns)
    cells = []
    for index in range(count):
        row, column = divmod(index, columns)
        missing = max(0, (row + 1) * columns - count)  # centre a row that is not full
        x = area.x + gap + (column + missing / 2) * (width + gap)
        y = area.y + gap + row * (height + above + below + gap) + above
        cells.append(Rect(x, y, width, height))
    return cells


def fitted_size(pixels: int, cell: Rect, *, squares: bool = False) -> float:
    """Return the side of a picture of `pixels`² that fills a cell.

    With `squares` it is a whole multiple of `pixels` where that costs less than a tenth: the edges
    of the picture's pixels then coincide with edges of screen pixels.
    """
    side = math.floor(min(cell.width, cell.height))
    multiple = pixels * (side // pixels)
    return float(multiple if squares and multiple >= 0.9 * side else side)


def is_smooth(view: ViewState, enlargement: float, zoom: float) -> bool:
    """Return whether pixels are enlarged smoothly rather than shown as squares.

    Args:
        view: Says whether squares are wanted.
        enlargement: Screen pixels per pixel of the picture.
        zoom: Magnification by hand: whole pictures are smooth however large the window is.
    """
    return not view.squares and (enlargement < SQUARES_FROM or zoom <= 1)


def placed(side: float, cell: Rect, zoom: float, pan: tuple[float, float]) -> Rect:
    """Return the rectangle of the whole picture as drawn; it may be larger than its cell.

    Args:
        side: Side of the picture at a zoom of 1.
        cell: Cell of the picture.
        zoom: Zoom of the view.
        pan: Shift of the view, in fractions of the picture.
    """
    size = side * zoom
    x, y = cell.centre
    left = x + pan[0] * size - size / 2
    top = y + pan[1] * size - size / 2
    return Rect(round(left), round(top), round(size), round(size))


def zoomed_at(
    pointer: tuple[float, float],
    cell: Rect,
    side: float,
    zoom: float,
    pan: tuple[float, float],
    new_zoom: float,
) -> tuple[float, float]:
    """Return the pan that keeps the point under the pointer in place at another zoom."""
    change = 1 / (side * new_zoom) - 1 / (side * zoom)
    x, y = cell.centre
    return pan[0] + (pointer[0] - x) * change, pan[1] + (pointer[1] - y) * change


def turn_between(
    centre: tuple[float, float], before: tuple[float, float], after: tuple[float, float]
) -> float:
    """Return the angle of a pointer's move about a centre, in radians, anticlockwise on screen."""
    first = math.atan2(centre[1] - before[1], before[0] - centre[0])
    second = math.atan2(centre[1] - after[1], after[0] - centre[0])
    return math.remainder(second - first, 2 * math.pi)
