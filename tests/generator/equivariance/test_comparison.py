"""Pictures of a moved input against moved pictures, on waves whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from generator.equivariance.comparison import Moves, compare, psnr_db

WIDTH = 64


class Wave:
    """Draws a plane wave; the transform moves it, or leaves it where it is."""

    resolution = WIDTH

    def __init__(self, per_pixel: tuple[float, float], *, sticks: bool = False) -> None:
        self._per_pixel = per_pixel
        self._sticks = sticks

    def synthesis(self, ws: Tensor, *, transform: Tensor, edits: None = None) -> Tensor:
        matrix = torch.eye(3) if self._sticks else transform
        place = ((torch.arange(WIDTH, dtype=torch.float64) + 0.5) / WIDTH - 0.5).expand(WIDTH, -1)
        here = torch.stack([place, place.T, torch.ones_like(place)], dim=-1)
        x, y, _ = (here @ matrix.double().expand(len(ws), 3, 3)[:, None].mT).unbind(-1)
        turns = WIDTH * (self._per_pixel[0] * x + self._per_pixel[1] * y)
        return torch.cos(2 * math.pi * turns)[:, None].float()


ONE_LATENT = torch.zeros(1, 1, 1)


def psnr(net: Wave, kind: str, amounts: object) -> list[float]:
    return compare(net, ONE_LATENT, Moves.of(kind, amounts, WIDTH)).psnr_db()


def test_psnr_of_a_known_error() -> None:
    # An error of 0.02 everywhere against the range of 2 is 1/100: 40 dB.
    assert psnr_db(500 * 0.02**2, 500) == pytest.approx(40)
    assert psnr_db(0.0, 500) == math.inf
    assert math.isnan(psnr_db(0.0, 0))


def test_a_wave_that_sticks_has_the_error_of_its_phase() -> None:
    # The mean square of cos(a) - cos(a - phi) over whole periods is 1 - cos(phi). Four columns
    # lose their origin; 60 are left, four periods of 15 pixels.
    phase = 2 * math.pi * 4 / 15
    expected = 10 * math.log10(4 / (1 - math.cos(phase)))
    measured = psnr(Wave((1 / 15, 0), sticks=True), "translation", [[4 / 64, 0]])
    assert measured == pytest.approx([expected], abs=1e-3)


def test_a_wave_that_moves_is_limited_by_the_operators_alone() -> None:
    wave = Wave((0.1, 0.05))
    assert min(psnr(wave, "translation", [[3 / 64, -5 / 64], [0.06, 0.02]])) > 110
    # The ripple of Lanczos' window, and bilinear sampling of the 4x finer picture: under 1 %.
    assert min(psnr(wave, "fractional", [[2.3 / 64, -1.6 / 64]])) > 46
    assert min(psnr(wave, "rotation", [0.7, -2.0])) > 50


def test_turning_is_anticlockwise_in_picture_and_input_alike() -> None:
    assert psnr(Wave((0.1, 0.05)), "rotation", [math.pi / 2])[0] > 50
    assert psnr(Wave((0.1, 0.05), sticks=True), "rotation", [math.pi / 2])[0] < 10


def test_a_sweep_dips_between_pixels() -> None:
    shifts = np.arange(0, 3.25, 0.25)
    levels = psnr(Wave((0.3, 0.0)), "fractional", [[shift / 64, 0] for shift in shifts])
    whole = [level for level, shift in zip(levels, shifts, strict=True) if shift % 1 == 0]
    halves = [level for level, shift in zip(levels, shifts, strict=True) if shift % 1 == 0.5]
    assert min(whole) > max(halves) + 30
    assert np.ptp(halves) < 0.5  # periodic


def test_valid_area_and_error_map_agree_with_the_figure() -> None:
    comparison = compare(
        Wave((1 / 15, 0), sticks=True), ONE_LATENT, Moves.of("translation", [[0, -8 / 64]], WIDTH)
    )
    assert comparison.valid_share() == [56 / 64]
    comparison = compare(
        Wave((1 / 15, 0), sticks=True), ONE_LATENT, Moves.of("translation", [[4 / 64, 0]], WIDTH)
    )
    level = comparison.error_db()[0]
    known = ~level.isnan()
    assert torch.equal(known, comparison.mask[0, 0])
    power = (10 ** (level[known].double() / 10)).mean()
    assert -10 * math.log10(power) == pytest.approx(comparison.psnr_db()[0], abs=1e-4)


def test_bad_moves_are_named() -> None:
    for kind, amounts in (
        ("sideways", [0.0]),
        ("rotation", [[0.0, 0.0]]),
        ("fractional", [0.5]),
        ("rotation", [math.nan]),
    ):
        with pytest.raises(ValueError, match=r"a move is|takes finite amounts"):
            Moves.of(kind, amounts, WIDTH)
