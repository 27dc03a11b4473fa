"""Power spectra: the golden array, what is known of simple signals, and bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ops.spectra import (
    SpectrumAverage,
    kaiser_window,
    power_spectrum,
    radial_profile,
    slices,
    to_db,
)

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "spectrum.npz")


def golden_images() -> torch.Tensor:
    return torch.from_numpy(GOLDEN["images"])


def whitening() -> dict[str, float]:
    return {"mean": float(GOLDEN["mean"]), "std": float(GOLDEN["std"])}


def test_matches_the_golden_spectrum() -> None:
    power = power_spectrum(golden_images().double(), **whitening())
    expected = torch.from_numpy(GOLDEN["spectrum"])
    # 1e-6: the golden array was made with a window rounded to float32.
    torch.testing.assert_close(torch.fft.ifftshift(power), expected, rtol=1e-6, atol=0)


def test_single_precision_is_good_to_a_thousandth_of_a_decibel() -> None:
    single = power_spectrum(golden_images(), **whitening())
    assert single.dtype == torch.float32
    expected = torch.fft.fftshift(torch.from_numpy(GOLDEN["spectrum"]))
    assert (to_db(single) - to_db(expected)).abs().max() < 1e-3


@pytest.mark.parametrize(("height", "width", "pad"), [(8, 8, 1), (7, 9, 1), (5, 6, 3), (1, 4, 2)])
def test_equals_the_plain_definition_at_any_size(height: int, width: int, pad: int) -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, 3, height, width, generator=generator, dtype=torch.float64)
    window = torch.outer(kaiser_window(height), kaiser_window(width))
    plain = torch.fft.fft2(x * window, s=(height * pad, width * pad)).abs().square().mean((0, 1))
    torch.testing.assert_close(power_spectrum(x, pad=pad), torch.fft.fftshift(plain))


def test_white_noise_is_flat_at_0_db() -> None:
    noise = torch.randn(2000, 16, 16, generator=torch.Generator().manual_seed(0))
    # 2000 exponentially distributed powers: their mean strays by 1/√2000 = 0.1 dB; 5 σ.
    assert to_db(power_spectrum(noise)).abs().max() < 0.5


def test_a_wave_is_a_peak_at_its_frequency() -> None:
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    wave = torch.cos(2 * torch.pi * (0.25 * x + 0.125 * y))
    power = power_spectrum(wave)
    peaks = (power > power.max() * 0.999).nonzero()
    assert peaks.tolist() == [[128 - 32, 128 - 64], [128 + 32, 128 + 64]]
    # Far from the peak a Kaiser window of β = 8 leaks less than −58 dB.
    assert to_db(power[128 + 100] / power.max()).max() < -58


def test_an_average_in_parts_is_the_average_of_all() -> None:
    images = golden_images()
    average = SpectrumAverage(**whitening())
    for image in images:
        average.add(image)
    assert average.planes == 9
    torch.testing.assert_close(average.power().float(), power_spectrum(images, **whitening()))


def test_the_window_is_symmetric_and_has_unit_energy() -> None:
    window = kaiser_window(33)
    torch.testing.assert_close(window, window.flip(0))
    assert window.square().sum().item() == pytest.approx(1)


def test_the_radial_profile_of_a_cone_is_a_line() -> None:
    axis = (torch.arange(256, dtype=torch.float64) - 128) / 256
    cone = torch.hypot(axis[:, None], axis[None, :])
    frequency, power = radial_profile(cone)
    assert frequency.shape == power.shape == (64,)
    # Within a ring the samples lie anywhere: a quarter of its width of 1/128.
    torch.testing.assert_close(power, frequency, rtol=0, atol=0.002)


def test_zero_power_has_a_floor() -> None:
    assert to_db(torch.tensor([0.0, 1.0, 100.0])).tolist() == [-120.0, 0.0, 20.0]


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="std must be positive"):
        SpectrumAverage(std=0.0)
    with pytest.raises(ValueError, match="pad must be"):
        SpectrumAverage(pad=0)
    with pytest.raises(ValueError, match="no image was added"):
        SpectrumAverage().power()
    with pytest.raises(ValueError, match="not empty"):
        power_spectrum(torch.empty(0, 3, 8, 8))
    with pytest.raises(ValueError, match="at least 1 tap"):
        kaiser_window(0)
    with pytest.raises(ValueError, match="bins must be"):
        radial_profile(torch.ones(8, 8), bins=5)
    average = SpectrumAverage()
    average.add(torch.zeros(8, 8))
    with pytest.raises(ValueError, match="images of 8×8"):
        average.add(torch.zeros(8, 9))


def test_a_pure_sinusoid_lands_in_its_bin_with_the_gain_of_the_window() -> None:
    """Half the amplitude, times the window's sum, squared, at either of its two frequencies."""
    size, pad = 64, 4
    position = torch.arange(size, dtype=torch.float64)
    wave = torch.cos(2 * torch.pi * (12.25 * position[None, :] - 7.5 * position[:, None]) / size)
    power = power_spectrum(wave, pad=pad)
    window = kaiser_window(size)
    peak = (0.5 * window.sum() ** 2).square()
    middle = size * pad // 2
    row, column = middle - round(7.5 * pad), middle + round(12.25 * pad)
    # What the mirror frequency leaks into this bin lies below 1e-6 of it.
    torch.testing.assert_close(power[row, column], peak, rtol=1e-3, atol=0)
    assert power.argmax() in (row * size * pad + column, (2 * middle - row) * size * pad
                              + 2 * middle - column)  # fmt: skip


def test_statistics_found_on_the_way_whiten_as_those_known_before() -> None:
    """The mean is not known before the last image, and yet the spectrum is the same."""
    images = golden_images()
    pixels = images.double()
    mean, std = float(pixels.mean()), float(pixels.std(correction=0))
    found = SpectrumAverage(mean=None, std=None)
    for image in images:
        found.add(image)
    assert found.statistics == (pytest.approx(mean), pytest.approx(std))
    known = power_spectrum(pixels, mean=mean, std=std)
    # Single precision transforms; where the power is 1e-7 of its peak the mean cancels.
    torch.testing.assert_close(found.power(), known, rtol=2e-4, atol=1e-6)
    given = SpectrumAverage(**whitening())
    given.add(images)
    assert given.statistics == (whitening()["mean"], whitening()["std"])


def test_the_sums_of_several_processes_add_up() -> None:
    images = golden_images()
    parts = [SpectrumAverage(mean=None, std=None) for _ in range(2)]
    parts[0].add(images[:2])
    parts[1].add(images[2:])
    for mine, other in zip(parts[0].sums, parts[1].sums, strict=True):
        mine += other
    whole = SpectrumAverage(mean=None, std=None)
    whole.add(images)
    assert parts[0].planes == whole.planes
    torch.testing.assert_close(parts[0].power(), whole.power())


def test_slices_start_at_frequency_zero() -> None:
    axis = torch.arange(16) - 8
    along, diagonal = slices(axis[None, :] + 100 * axis[:, None])
    assert along.tolist() == list(range(8))
    assert diagonal.tolist() == [101 * i for i in range(8)]
    with pytest.raises(ValueError, match="n even"):
        slices(torch.ones(7, 7))
