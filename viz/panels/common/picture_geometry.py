"""Where pictures lie on the stage, and what a gesture on one means; plain arithmetic.

Screen coordinates in pixels, y down. The transform is the state's: shift in fractions of the
picture, angles anticlockwise on screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


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
    def centre(self) -> tuple[float, float]:
        """Centre (x, y)."""
        return self.x + self.width / 2, self.y + self.height / 2


def arrange(count: int, area: Rect, gap: float, above: float, below: float) -> list[Rect]:
    """Cells for `count` square pictures in rows of equal length, as large as possible.

    Args:
        count: How many; 0 gives none.
        area: The space there is.
        gap: Space around and between cells.
        above, below: Height kept free in each cell for a title and a caption.

    Returns:
        For each picture the space it may fill, titles and captions left out, row by row.
    """
    if count == 0:
        return []

    def cell_size(columns: int) -> tuple[float, float]:
        rows = math.ceil(count / columns)
        width = (area.width - gap * (columns + 1)) / columns
        height = (area.height - gap * (rows + 1)) / rows - above - below
        return max(width, 1.0), max(height, 1.0)

    # Of equally large ones, those that leave the fewest places empty: four stand two by two.
    columns = max(range(1, count + 1), key=lambda n: (min(cell_size(n)), -(-count % n), n))
    width, height = cell_size(columns)
    cells = []
    for index in range(count):
        row, column = divmod(index, columns)
        missing = max(0, (row + 1) * columns - count)  # a row that is not full stands in the middle
        x = area.x + gap + (column + missing / 2) * (width + gap)
        y = area.y + gap + row * (height + above + below + gap) + above
        cells.append(Rect(x, y, width, height))
    return cells


def fitted_size(pixels: int, cell: Rect) -> float:
    """Side of a picture of `pixels`² that fills a cell.

    A whole multiple of its size, where that costs less than a tenth: then every pixel's edges fall
    between the screen's.
    """
    side = math.floor(min(cell.width, cell.height))
    multiple = pixels * (side // pixels)
    return float(multiple if multiple >= 0.9 * side else side)


def placed(side: float, cell: Rect, zoom: float, pan: tuple[float, float]) -> Rect:
    """The whole picture as drawn, which may be larger than its cell.

    Args:
        side: Its side at a zoom of 1.
        cell: Where it belongs.
        zoom: Magnification of the view.
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
    """The pan with which the point under the pointer stays there at another zoom."""
    change = 1 / (side * new_zoom) - 1 / (side * zoom)
    x, y = cell.centre
    return pan[0] + (pointer[0] - x) * change, pan[1] + (pointer[1] - y) * change


def turn_between(
    centre: tuple[float, float], before: tuple[float, float], after: tuple[float, float]
) -> float:
    """Angle in radians, anticlockwise on screen, by which a pointer moved about a centre."""
    first = math.atan2(centre[1] - before[1], before[0] - centre[0])
    second = math.atan2(centre[1] - after[1], after[0] - centre[0])
    return math.remainder(second - first, 2 * math.pi)
