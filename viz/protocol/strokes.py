"""Strokes of a brush on a picture: what may change while points are dragged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stroke:
    """A stroke of a round brush, in the length that transforms count in, from the middle."""

    places: tuple[Place, ...]
    """Where the brush has been, x to the right, y down; straight on from one to the next."""
    radius: float
    erases: bool = False
    """It takes away what earlier strokes have painted."""


def painted(strokes: Sequence[Stroke], size: tuple[int, int], unit: float) -> NDArray[np.bool_]:
    """Draw strokes one after the other: [height, width], True where there is paint in the end.

    Args:
        strokes: In the order in which they were made.
        size: Height and width in samples; the middle of the strokes is the middle of these.
        unit: Samples that one length is.
    """
    paint = np.zeros(size, bool)
    for stroke in strokes:
        for start, end in zip(stroke.places, stroke.places[1:] or stroke.places, strict=False):
            _draw(paint, start, end, stroke, unit)
    return paint


def _draw(paint: NDArray[np.bool_], start: Place, end: Place, stroke: Stroke, unit: float) -> None:
    """Draw one straight part; only the samples around it are looked at."""
    height, width = paint.shape
    (x0, y0), (x1, y1) = ((x * unit + width / 2, y * unit + height / 2) for x, y in (start, end))
    radius = stroke.radius * unit
    left, right = _span(x0, x1, radius, width)
    top, bottom = _span(y0, y1, radius, height)
    columns = np.arange(left, right) + 0.5 - x0
    rows = (np.arange(top, bottom) + 0.5 - y0)[:, None]
    across, down = x1 - x0, y1 - y0
    along = (columns * across + rows * down) / max(across**2 + down**2, 1e-12)
    along = along.clip(0.0, 1.0)
    near = (columns - along * across) ** 2 + (rows - along * down) ** 2 <= radius**2
    paint[top:bottom, left:right][near] = not stroke.erases


def _span(first: float, last: float, radius: float, count: int) -> tuple[int, int]:
    """Return the samples within a radius of a part of a line."""
    low, high = min(first, last) - radius, max(first, last) + radius
    return min(max(math.floor(low), 0), count), min(max(math.ceil(high), 0), count)
