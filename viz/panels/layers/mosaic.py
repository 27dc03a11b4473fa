"""A mosaic of many feature maps in one picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gui_utils.colormaps import colourise

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Mosaic:
    """Positions of the maps in the mosaic, in its pixels."""

    count: int
    columns: int
    height: int
    width: int
    gap: int

    @classmethod
    def of(cls, count: int, height: int, width: int, aspect: float) -> Mosaic:
        """Choose the number of columns with which the maps are largest at this aspect ratio."""
        gap = max(1, round(max(height, width) / 32))

        def zoom(columns: int) -> float:
            rows = math.ceil(count / columns)
            return min(aspect / (columns * (width + gap)), 1.0 / (rows * (height + gap)))

        columns = max(range(1, max(count, 1) + 1), key=zoom)
        return cls(count, columns, height, width, gap)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return math.ceil(self.count / self.columns)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the mosaic in pixels."""
        return (
            self.rows * (self.height + self.gap) - self.gap,
            self.columns * (self.width + self.gap) - self.gap,
        )

    def compose(
        self, maps: NDArray[np.float32], low: float, high: float, background: tuple[int, int, int]
    ) -> NDArray[np.uint8]:
        """Draw the mosaic, [height, width, 4] uint8, with a diverging colour map over low…high.

        Args:
            maps: [count, height, width].
            low, high: Ends of the colour map.
            background: Colour between maps.
        """
        canvas = np.empty((*self.size, 4), np.uint8)
        canvas[:] = (*background, 255)
        colours = colourise(maps, low, high, "diverging")
        for index in range(self.count):
            top, left = self.corner(index)
            canvas[top : top + self.height, left : left + self.width, :3] = colours[index]
        return canvas

    def corner(self, index: int) -> tuple[int, int]:
        """Return (top, left) of a map."""
        row, column = divmod(index, self.columns)
        return row * (self.height + self.gap), column * (self.width + self.gap)

    def at(self, x: float, y: float) -> tuple[int, int, int] | None:
        """Return (map, row, column) under a point in pixels of the mosaic; None between maps."""
        column, left = divmod(int(x), self.width + self.gap)
        row, top = divmod(int(y), self.height + self.gap)
        index = row * self.columns + column
        inside = x >= 0 and y >= 0 and left < self.width and top < self.height
        if not inside or column >= self.columns or index >= self.count:
            return None
        return index, top, left
