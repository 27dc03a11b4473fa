"""Positions of pictures on the stage and the geometry of gestures; plain arithmetic.

Screen coordinates are in pixels, y down. The transform is that of the state: shift in fractions of
the picture, angles anticlockwise on the screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viz.protocol.transforms import Matrix
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


def arrange(
    count: int, area: Rect, gap: float, above: float, below: float, aspect: float = 1.0
) -> list[Rect]:
    """Arrange cells for `count` pictures in rows of equal length, as large as possible.

    Args:
        count: Number of pictures; 0 gives no cells.
        area: Available space.
        gap: Space around and between cells.
        above, below: Height reserved in each cell for a title and a caption.
        aspect: Width of a picture over its height.

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
    def picture_height(columns: int) -> float:
        width, height = cell_size(columns)
        return min(width / aspect, height)

    columns = max(range(1, count + 1), key=lambda n: (picture_height(n), -(-count % n), n))
    width, height = cell_size(columns)
    cells = []
    for index in range(count):
        row, column = divmod(index, columns)
        missing = max(0, (row + 1) * columns - count)  # centre a row that is not full
        x = area.x + gap + (column + missing / 2) * (width + gap)
        y = area.y + gap + row * (height + above + below + gap) + above
        cells.append(Rect(x, y, width, height))
    return cells


def fitted_size(size: tuple[int, int], cell: Rect, *, squares: bool = False) -> tuple[float, float]:
    """Return width and height on the screen of a picture that fills a cell.

    With `squares` they are a whole multiple of its pixels where that costs less than a tenth: the
    edges of the picture's pixels then coincide with edges of screen pixels.

    Args:
        size: Height and width of the picture in pixels.
        cell: Its space.
        squares: Whether its pixels are shown as squares.
    """
    high, wide = size
    if cell.width * high <= cell.height * wide:
        width = math.floor(cell.width)
        height = math.floor(width * high / wide)
    else:
        height = math.floor(cell.height)
        width = math.floor(height * wide / high)
    times = min(width // wide, height // high)
    if squares and times * wide >= 0.9 * width:
        width, height = times * wide, times * high
    return float(width), float(height)


def is_smooth(view: ViewState, enlargement: float, zoom: float) -> bool:
    """Return whether pixels are enlarged smoothly rather than shown as squares.

    Args:
        view: Says whether squares are wanted.
        enlargement: Screen pixels per pixel of the picture.
        zoom: Magnification by hand: whole pictures are smooth however large the window is.
    """
    return not view.squares and (enlargement < SQUARES_FROM or zoom <= 1)


def placed(fitted: tuple[float, float], cell: Rect, zoom: float, pan: tuple[float, float]) -> Rect:
    """Return the rectangle of the whole picture as drawn; it may be larger than its cell.

    Args:
        fitted: Width and height of the picture at a zoom of 1.
        cell: Cell of the picture.
        zoom: Zoom of the view.
        pan: Shift of the view, in fractions of the picture.
    """
    width, height = (length * zoom for length in fitted)
    x, y = cell.centre
    left = x + pan[0] * width - width / 2
    top = y + pan[1] * height - height / 2
    return Rect(round(left), round(top), round(width), round(height))


def moved_corners(
    rect: Rect, matrix: Matrix, extent: int
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Return where a moved picture's corners are, clockwise from the upper left.

    Args:
        rect: Rectangle of the picture before the move.
        matrix: From a place to where it is now, in picture widths from the centre.
        extent: Picture widths along each side of the rectangle.
    """
    a, b, c, d, e, f = matrix[:6]
    (left, top), reach = rect.centre, extent / 2

    def corner(x: float, y: float) -> tuple[float, float]:
        right, down = a * x + b * y + c, d * x + e * y + f
        return left + right * rect.width / extent, top + down * rect.height / extent

    return (
        corner(-reach, -reach),
        corner(reach, -reach),
        corner(reach, reach),
        corner(-reach, reach),
    )


def zoomed_at(
    pointer: tuple[float, float],
    cell: Rect,
    fitted: tuple[float, float],
    zoom: float,
    pan: tuple[float, float],
    new_zoom: float,
) -> tuple[float, float]:
    """Return the pan that keeps the point under the pointer in place at another zoom."""
    change = 1 / new_zoom - 1 / zoom
    x, y = cell.centre
    width, height = fitted
    return pan[0] + (pointer[0] - x) * change / width, pan[1] + (pointer[1] - y) * change / height


def turn_between(
    centre: tuple[float, float], before: tuple[float, float], after: tuple[float, float]
) -> float:
    """Return the angle of a pointer's move about a centre, in radians, anticlockwise on screen."""
    first = math.atan2(centre[1] - before[1], before[0] - centre[0])
    second = math.atan2(centre[1] - after[1], after[0] - centre[0])
    return math.remainder(second - first, 2 * math.pi)
