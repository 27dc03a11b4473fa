"""Axes of a training's curves: readable from the first tick on."""

from __future__ import annotations

import numpy as np
import pytest

from viz.panels.training.axes import limits, steps


def test_the_first_tick_is_inside_its_axes() -> None:
    (left, right), (low, high) = limits([(np.array([0.5]), np.array([0.9]))])
    assert left == 0.0
    assert 0.5 < right < 1.0
    assert low < 0.9 < high
    (_, right), (low, high) = limits([(np.array([0.0]), np.array([0.0]))])
    assert right > 0.0
    assert low < 0.0 < high


def test_all_curves_share_the_axes_and_none_is_empty() -> None:
    at = np.array([1.0, 2.0])
    (_, right), (low, high) = limits([(at, at), (2 * at, -at), (at[:0], at[:0])])
    assert right > 4.0
    assert low < -2.0
    assert high > 2.0
    assert limits([]) == ((0.0, 1.0), (0.0, 1.0))


@pytest.mark.parametrize(
    ("end", "most", "expected"),
    [(15.6, 3, (10.0, 1)), (0.52, 3, (0.2, 2)), (25_000.0, 5, (5000.0, 5)), (1.0, 1, (1.0, 1))],
)
def test_ticks_are_round_and_not_too_many(
    end: float, most: int, expected: tuple[float, int]
) -> None:
    assert steps(end, most) == pytest.approx(expected)
