"""Moves are exact: a sinusoid stays one, of the phase and direction it must have."""

from __future__ import annotations

import math

import pytest
import torch

from viz.protocol.lab_signals import band_limited, noise
from viz.render.lab.moves import sampled, shifted, turned, weights

EXACT = 1e-10
"""Sums of at most 64² products in float64, near whose poles 1e-16 is magnified to some 1e-11."""


def wave(x: torch.Tensor, y: torch.Tensor, periods: tuple[int, int], side: int) -> torch.Tensor:
    return torch.cos(2 * math.pi * (periods[0] * x + periods[1] * y) / side + 0.4)


def grid(side: int) -> tuple[torch.Tensor, torch.Tensor]:
    place = torch.arange(side, dtype=torch.float64)
    y, x = torch.meshgrid(place, place, indexing="ij")
    return x, y


@pytest.mark.slow
@pytest.mark.parametrize("periods", [(0, 0), (3, 0), (-5, 7), (31, 1)])
def test_a_shifted_sinusoid_has_its_phase(periods: tuple[int, int]) -> None:
    x, y = grid(64)
    moves = torch.tensor([0.0, 0.3, 0.5, 17.25, -1e-9])
    found = shifted(wave(x, y, periods, 64), moves)
    for moved, right in zip(found, moves.tolist(), strict=True):
        torch.testing.assert_close(moved, wave(x - right, y, periods, 64), atol=EXACT, rtol=0)


@pytest.mark.parametrize("angle", [0.0, 0.3, math.pi / 2, 2.5])
def test_a_turned_sinusoid_has_its_direction(angle: float) -> None:
    side, periods = 64, (9, -4)
    x, y = grid(side)
    centre = (side - 1) / 2
    u, v = x - centre, y - centre
    from_x = u * math.cos(angle) - v * math.sin(angle) + centre
    from_y = u * math.sin(angle) + v * math.cos(angle) + centre
    expected = wave(from_x, from_y, periods, side)
    found = turned(wave(x, y, periods, side), angle, centre)
    torch.testing.assert_close(found, expected, atol=EXACT, rtol=0)
    some = torch.zeros(side, side, dtype=torch.bool)
    some[10:14, 5] = True
    part = turned(wave(x, y, periods, side), angle, centre, some)
    torch.testing.assert_close(part, expected[some], atol=EXACT, rtol=0)


def test_a_quarter_turn_is_anticlockwise_on_screen() -> None:
    signal = torch.zeros(8, 8, dtype=torch.float64)
    signal[3, 7] = 1.0  # right of the middle, just above it
    found = turned(signal, math.pi / 2, 3.5)
    assert found.argmax() == 0 * 8 + 3, "up, left of the middle"


def test_there_and_back() -> None:
    signal = torch.as_tensor(band_limited(noise(32, 0), 0.45))
    there = shifted(signal, torch.tensor([0.37]))[0]
    back = shifted(there, torch.tensor([-0.37]))[0]
    torch.testing.assert_close(back, signal, atol=EXACT, rtol=0)


def test_samples_are_where_they_are_and_a_constant_is_constant() -> None:
    place = torch.arange(-3, 70, dtype=torch.float64)
    found = weights(place, 16)
    expected = (torch.remainder(place[:, None] - torch.arange(16), 16) == 0).double()
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)
    between = torch.linspace(-2, 20, 101, dtype=torch.float64)
    torch.testing.assert_close(weights(between, 16).sum(-1), torch.ones(101).double())


def test_the_continuous_signal_lies_between() -> None:
    x, y = grid(32)
    places = torch.linspace(-1, 40, 57, dtype=torch.float64)
    v, u = torch.meshgrid(places[:5], places, indexing="ij")
    found = sampled(wave(x, y, (6, 11), 32), places, places[:5])
    torch.testing.assert_close(found, wave(u, v, (6, 11), 32), atol=EXACT, rtol=0)
