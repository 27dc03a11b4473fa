"""Energy above a band limit, against signals whose spectrum is known."""

from __future__ import annotations

import math

import pytest
import torch

from ops.bands import above_band_db, band_energy
from ops.interpolation import interpolate


def wave(size: int, across: float, along: float, phase: float = 0.3) -> torch.Tensor:
    """A cosine of that many cycles per pixel down and to the right."""
    position = torch.arange(size, dtype=torch.float64)
    turns = across * position[:, None] + along * position[None, :]
    return torch.cos(2 * math.pi * turns + phase)


def test_the_energies_of_two_waves_are_told_apart() -> None:
    # Powers 1 and 1/100: 1/101 of all is above the limit. Leakage of the window is below 1e-5.
    x = wave(96, 0.05, 0.02) + 0.1 * wave(96, 0.1, 0.4) + 7.0
    above, total = band_energy(x, 0.25)
    assert above / total == pytest.approx(1 / 101, rel=1e-3)
    # The window's squares sum to 1: the energy is the power per sample.
    assert total == pytest.approx((1 + 0.01) / 2, rel=1e-2)


def test_a_wave_in_the_corner_is_inside_the_square_and_outside_the_disc() -> None:
    x = wave(96, 0.22, 0.22)  # 0.31 cycles per pixel from the middle
    square = above_band_db(x, 0.27)
    assert square is not None
    assert square < -55
    assert above_band_db(x, 0.27, radial=True) == pytest.approx(0, abs=1e-3)


def test_white_noise_fills_both_bands_by_their_area() -> None:
    x = torch.randn(400, 32, 32, generator=torch.Generator().manual_seed(0))
    for radial, area in ((False, 0.5**2), (True, math.pi * 0.25**2)):
        above, total = band_energy(x, 0.25, radial=radial, pad=4)
        # 400 · 32² values, the outline met to a 1/128 of a cycle per pixel.
        assert above / total == pytest.approx(1 - area, abs=0.02)
        assert total / 400 == pytest.approx(1, abs=0.02)


def test_a_mean_counts_neither_inside_nor_outside() -> None:
    x = wave(64, 0.3, 0.0)
    before = band_energy(torch.stack([x, 2 * x]), 0.2)
    after = band_energy(torch.stack([x + 1000, 2 * x - 300]), 0.2)
    assert after == pytest.approx(before, rel=1e-9)


def test_what_cannot_be_above_has_no_figure() -> None:
    x = wave(32, 0.1, 0.1)
    assert above_band_db(x, 0.5) is None
    assert above_band_db(x, 0.5, radial=True) is not None
    assert above_band_db(torch.full((3, 8, 8), 4.0), 0.25) is None


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="not empty"):
        band_energy(torch.empty(0, 8, 8), 0.2)
    with pytest.raises(ValueError, match="limit must not be negative"):
        band_energy(torch.ones(8, 8), -0.1)
    with pytest.raises(ValueError, match="pad must be"):
        band_energy(torch.ones(8, 8), 0.1, pad=0)


@pytest.mark.parametrize("factor", [2, 3])
def test_interpolation_draws_the_wave_between_its_samples(factor: int) -> None:
    # Half-waves that end at the border are their own mirror image: exact.
    count = 24
    fine = (torch.arange(count * factor, dtype=torch.float64) + 0.5) / factor
    coarse = torch.arange(count, dtype=torch.float64) + 0.5

    def drawn(at: torch.Tensor) -> torch.Tensor:
        down = torch.cos(math.pi * 5 * at / count)
        return 2 + down[:, None] * torch.cos(math.pi * 23 * at / count)[None, :]

    torch.testing.assert_close(interpolate(drawn(coarse), factor), drawn(fine))


def test_interpolation_makes_nothing_above_half_the_old_rate() -> None:
    x = torch.randn(4, 48, 48, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    above = above_band_db(interpolate(x, 2), 0.25 + 3 / 96)
    assert above is not None
    assert above < -55
    with pytest.raises(ValueError, match="factor"):
        interpolate(x, 0)
