"""Axes for curves of a training that may have begun a moment ago."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.model.trainings import Curve


def limits(
    curves: Sequence[tuple[Curve, Curve]],
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the ends of both axes: from the training's beginning, and around all values."""
    known = [(at, values) for at, values in curves if len(at)]
    if not known:
        return (0.0, 1.0), (0.0, 1.0)
    low, high = min(values.min() for _, values in known), max(values.max() for _, values in known)
    flat = 0.1 * abs(high) or 1.0
    margin = 0.06 * (high - low) if high > low else flat
    last = max(at.max() for at, _ in known)
    return (0.0, 1.04 * float(last) or 1.0), (float(low - margin), float(high + margin))


def steps(end: float, most: int) -> tuple[float, int]:
    """Return a round distance of ticks from zero, and how many fit below `end`, `most` at most."""
    step = 10.0 ** math.floor(math.log10(end / most))
    step *= next(factor for factor in (1, 2, 5, 10, 20) if end / (factor * step) <= most)
    return step, max(math.floor(end / step), 1)
