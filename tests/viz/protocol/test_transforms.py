"""Matrices as tuples, against NumPy and against what their docstrings promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from viz.protocol.transforms import inverse_of, inverted, snapped


def as_array(matrix: tuple[float, ...]) -> np.ndarray:
    return np.array(matrix).reshape(3, 3)


def test_scale_then_shear_then_turn_then_shift() -> None:
    x, y, angle, shear, scale = 0.3, -0.2, 0.7, 0.4, 1.5
    c, s = math.cos(angle), math.sin(angle)
    shift = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])  # anticlockwise with y down
    sheared = np.array([[1, shear, 0], [0, 1, 0], [0, 0, 1]])
    forward = shift @ turn @ sheared @ np.diag([scale, scale, 1])
    inverse = inverse_of(shift=(x, y), angle_rad=angle, shear=shear, scale=scale)
    np.testing.assert_allclose(as_array(inverse) @ forward, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(as_array(inverted(inverse)), forward, atol=1e-12)


def test_a_flat_transform_cannot_be_undone() -> None:
    with pytest.raises(ValueError, match="flattens"):
        inverted((1.0, 1.0, 0.0, 2.0, 2.0, 0.0, 0.0, 0.0, 1.0))


def test_snapping_rounds_the_shift_and_nothing_else() -> None:
    free = inverse_of(shift=(0.101, -0.049), angle_rad=0.3, shear=0.1, scale=1.2)
    on_grid = snapped(free, 64)
    forward = inverted(on_grid)
    assert (forward[2] * 64, forward[5] * 64) == pytest.approx((6.0, -3.0))
    before = inverted(free)
    for index in (0, 1, 3, 4):
        assert forward[index] == pytest.approx(before[index])
