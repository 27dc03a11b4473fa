"""Slit scans: the pixels along one line of every picture, side by side, time to the right.

What moves draws waves; what sticks to the pixels draws straight streaks. The share of the image's
energy that hardly changes in time, at the fine scales where aliasing lives, says how much sticks.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Line = tuple[float, float, float, float]
"""Start and end, (x0, y0, x1, y1), in fractions of the picture."""
Picture = NDArray[np.uint8]

COLUMN: Line = (0.5, 0.0, 0.5, 1.0)
ROW: Line = (0.0, 0.5, 1.0, 0.5)
SLOWEST_CYCLES = 2
"""Per recording: what changes no faster counts as standing still."""
FINEST_FROM = 1 / 8
"""Cycles per pixel from which on texture is fine."""
EMPTY = 26


def along_line(picture: Picture, line: Line) -> NDArray[np.uint8]:
    """The pixels nearest to a line, one for each pixel it is long: [length, 3] uint8.

    Args:
        picture: [height, width, 3 or 4] uint8.
        line: Its ends are in the middle of pixels; at least one pixel is taken.
    """
    height, width = picture.shape[:2]
    x0, x1 = (min(max(line[i], 0.0), 1.0) * (width - 1) for i in (0, 2))
    y0, y1 = (min(max(line[i], 0.0), 1.0) * (height - 1) for i in (1, 3))
    count = 1 + round(max(abs(x1 - x0), abs(y1 - y0)))
    x = np.floor(np.linspace(x0, x1, count) + 0.5).astype(np.intp)
    y = np.floor(np.linspace(y0, y1, count) + 0.5).astype(np.intp)
    return picture[y, x, :3]


class SlitScan:
    """The image of one network's line, column by column.

    Args:
        length: Columns that it holds; when full, `push` drops the oldest and `put` wraps around.
    """

    def __init__(self, length: int) -> None:
        self._columns: NDArray[np.uint8] | None = None
        self._length = length
        self.count = 0
        """Columns taken so far, at most its length."""

    def push(self, column: NDArray[np.uint8]) -> None:
        """Add a column, [line's length, 3] uint8, at the right; another length begins anew."""
        columns = self._columns
        if columns is None or columns.shape[0] != len(column):
            columns = np.full((len(column), self._length, 3), EMPTY, np.uint8)
            self._columns, self.count = columns, 0
        if self.count == self._length:
            columns[:, :-1] = columns[:, 1:]
            self.count -= 1
        columns[:, self.count] = column
        self.count += 1

    @property
    def image(self) -> NDArray[np.uint8] | None:
        """[line's length, columns taken, 3] uint8; None before the first."""
        return None if self._columns is None else self._columns[:, : self.count]

    @property
    def whole(self) -> NDArray[np.uint8] | None:
        """[line's length, `length`, 3] uint8, dark where no column has come yet."""
        return self._columns

    @property
    def sticking(self) -> float | None:
        """See `sticking`; None while there are too few columns."""
        return None if self.image is None else sticking(self.image)


def sticking(image: NDArray[np.uint8]) -> float | None:
    """Return the share of a slit image's energy that is fine and stands still.

    Args:
        image: [line's length, frames, 3] of any real type, the whole recording.

    Returns:
        The share, 0…1, of its AC energy (over the three colours) at no more than 2 cycles per
        recording and at least 1/8 cycle per pixel; None where there are fewer than 8 frames or
        pixels, or nothing but one colour.
    """
    if min(image.shape[:2]) < 8:
        return None
    values = image.astype(np.float64)
    power = (np.abs(np.fft.fft2(values, axes=(0, 1))) ** 2).sum(-1)
    power[0, 0] = 0.0
    total = float(power.sum())
    if total <= 1e-9 * values.size:
        return None
    along = np.abs(np.fft.fftfreq(image.shape[0]))
    cycles = np.abs(np.fft.fftfreq(image.shape[1]) * image.shape[1])
    slow = np.round(cycles) <= SLOWEST_CYCLES
    return float(power[np.ix_(along >= FINEST_FROM, slow)].sum()) / total


def percent(share: float | None) -> str:
    """A share for people, `–` while unknown."""
    return "–" if share is None or math.isnan(share) else f"{100 * share:.1f} %"
