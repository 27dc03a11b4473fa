"""Moving sampled periodic signals exactly, by evaluating the continuous signals they stand for.

Samples of one period stand for exactly one signal without frequencies beyond half the sampling
rate: the sum of a periodic sinc at every sample. The wave of exactly half the rate, whose phase
samples do not tell, is taken as a cosine.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

ON_A_SAMPLE = 1e-7
"""Places so close to a sample, in samples, have its value: it differs by less than 1e-13."""
PAIRS_AT_ONCE = 1 << 19
"""Samples wanted times samples of a row that are dealt with in one part."""


def weights(places: Tensor, side: int) -> Tensor:
    """Return the weights of a row's samples at any places on it.

    Args:
        places: [...] float64, in samples; the row is periodic.
        side: Samples of the row; even.

    Returns:
        [..., side] float64.
    """
    # sin(π u) / (side · tan(π u / side)) of u = place − sample; what depends on both is taken apart
    # by the angle addition theorems, for there may be millions of pairs.
    sample = torch.arange(side, dtype=torch.float64)
    signs = 1 - 2 * (sample % 2)
    at, of = math.pi / side * places[..., None], math.pi / side * sample
    alike = at.cos() * of.cos() + at.sin() * of.sin()
    above = (math.pi * places).sin()[..., None] * signs * alike
    below = side * (at.sin() * of.cos() - at.cos() * of.sin())
    near = below.abs() < ON_A_SAMPLE
    return torch.where(near, 1.0, above / torch.where(near, 1.0, below))


def sampled(signal: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The continuous signal on a grid of places.

    Args:
        signal: [..., side, side] float64.
        x, y: [columns], [rows] in samples.

    Returns:
        [..., rows, columns].
    """
    side = signal.shape[-1]
    return weights(y, side) @ signal @ weights(x, side).T


def shifted(signal: Tensor, right: Tensor) -> Tensor:
    """The signal moved to the right by each of many distances.

    Args:
        signal: [side, side] float64.
        right: [k], in samples.

    Returns:
        [k, side, side].
    """
    side = signal.shape[-1]
    place = torch.arange(side, dtype=torch.float64)
    return signal @ weights(place - right.double()[:, None], side).mT


def turned(signal: Tensor, angle_rad: float, centre: float, where: Tensor | None = None) -> Tensor:
    """The signal turned anticlockwise on screen.

    Args:
        signal: [side, side] float64; should have no frequencies above half the sampling rate in
            any direction.
        angle_rad: By how much.
        centre: Place of the fixed point on both axes, in samples.
        where: [side, side] bool, the samples wanted; None: all.

    Returns:
        [side, side], or the wanted ones in order, [count].
    """
    parts = list(turning(signal, angle_rad, centre, where))
    found = torch.cat(parts) if parts else signal.new_zeros(0)
    return found.reshape(signal.shape) if where is None else found


def turning(
    signal: Tensor, angle_rad: float, centre: float, where: Tensor | None = None
) -> Iterator[Tensor]:
    """The turned signal sample after sample, in parts that take some ten milliseconds each.

    Arguments as of `turned`; together the parts are [count].
    """
    side = signal.shape[-1]
    place = torch.arange(side, dtype=torch.float64) - centre
    y, x = torch.meshgrid(place, place, indexing="ij")
    wanted = torch.ones_like(x, dtype=torch.bool) if where is None else where
    x, y = x[wanted], y[wanted]
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    from_x, from_y = x * cos - y * sin + centre, x * sin + y * cos + centre
    count = max(1, PAIRS_AT_ONCE // side)
    for first in range(0, len(from_x), count):
        some_x, some_y = from_x[first : first + count], from_y[first : first + count]
        yield ((weights(some_y, side) @ signal) * weights(some_x, side)).sum(-1)
