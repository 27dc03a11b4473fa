"""Strokes of the brush: what they cover."""

from __future__ import annotations

import numpy as np
import pytest

from viz.protocol.strokes import Stroke, painted


def test_a_touch_is_a_disc() -> None:
    paint = painted([Stroke(((0.25, -0.25),), 0.125)], (64, 64), 64.0)
    rows, columns = np.nonzero(paint)
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == (48.0, 16.0)
    # The area of a disc, but for samples at its rim, which count whole or not at all.
    assert paint.sum() == pytest.approx(np.pi * 8**2, rel=0.05)


def test_a_stroke_goes_straight_from_place_to_place_beyond_the_rim() -> None:
    paint = painted([Stroke(((-2.0, 0.0), (0.0, 0.0), (0.0, 2.0)), 0.05)], (40, 80), 40.0)
    expected = np.zeros((40, 80), bool)
    expected[18:22, :41] = True
    expected[20:, 38:42] = True
    # Only the rounded corner differs.
    assert (paint != expected).sum() <= 6


def test_later_strokes_rub_out_earlier_ones() -> None:
    strokes = [Stroke(((0.0, 0.0),), 0.3), Stroke(((0.0, 0.0),), 0.1, erases=True)]
    paint = painted(strokes, (32, 32), 32.0)
    assert not paint[16, 16]
    assert paint[16, 22]
    assert not painted(strokes[1:], (32, 32), 32.0).any()
