"""Measured filters, against filters whose response is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import signal

from ops import design_lowpass
from ops.response import (
    designed_attenuation_db,
    gain_db,
    gain_map_db,
    measure_lowpass,
    section,
)

BILINEAR = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8


def test_bilinear_interpolation_answers_as_its_formula_says() -> None:
    # |H(f)| = cos³(π f).
    frequency = np.linspace(0, 0.5, 65)
    expected = 20 * np.log10(np.maximum(np.cos(np.pi * frequency) ** 3, 1e-7))
    np.testing.assert_allclose(gain_db(BILINEAR, 65), expected, atol=1e-5)
    figures = measure_lowpass(BILINEAR, 2.0, 0.5)
    assert figures.attenuation_db == pytest.approx(-20 * np.log10(0.5**1.5), abs=1e-6)
    assert figures.cutoff == pytest.approx(2 * np.arccos(0.5 ** (1 / 3)) / np.pi, abs=1e-5)


@pytest.mark.parametrize("attenuation", [40.0, 60.0])
def test_a_kaiser_filter_has_the_attenuation_it_was_designed_for(attenuation: float) -> None:
    # Kaiser's formula is an approximation, good to about 1 dB.
    width, rate, cutoff = 8.0, 128.0, 20.0
    count, _beta = signal.kaiserord(attenuation, width / (rate / 2))
    taps = design_lowpass(count, cutoff, width, rate)
    figures = measure_lowpass(taps, rate, cutoff + width / 2)
    assert figures.attenuation_db == pytest.approx(attenuation, abs=1.5)
    assert designed_attenuation_db(count, width, rate) == pytest.approx(attenuation, abs=1.0)
    # −6 dB at the cutoff, as for every windowed sinc; the slope lies around it.
    assert figures.cutoff == pytest.approx(cutoff, abs=0.02)
    assert cutoff - width / 2 < figures.passed_to < cutoff
    assert figures.stopped_from == pytest.approx(cutoff + width / 2, abs=0.3)


def test_a_radial_filter_answers_alike_in_every_direction() -> None:
    taps = design_lowpass(24, 22.6, 2 * 9.37, 256.0, radial=True)
    gain = gain_map_db(taps, 512)
    assert gain[256, 256] == pytest.approx(0, abs=1e-5)
    assert gain[256, 256 + 45] == pytest.approx(-6, abs=0.3)  # 22.5 of 256 a picture
    diagonal = gain[256 + 32, 256 + 32]
    # The window is no disc: that leaves a few tenths.
    assert diagonal == pytest.approx(gain[256, 256 + 45], abs=0.5)
    # As amplitudes: in dB the zeros of the response would compare rounding with rounding.
    line = 10 ** (gain_db(section(taps), 257)[:-1] / 20)
    np.testing.assert_allclose(10 ** (gain[256, 256:] / 20), line, atol=1e-6)


def test_a_separable_filter_has_a_map_too() -> None:
    gain = gain_map_db(BILINEAR, 64)
    line = gain_db(BILINEAR, 33)
    assert gain[32 + 8, 32 + 5] == pytest.approx(line[8] + line[5], abs=1e-6)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="taps must be"):
        gain_db(torch.ones(2, 2), 8)
    with pytest.raises(ValueError, match="no more than 4 points"):
        gain_map_db(torch.ones(8), 4)
    with pytest.raises(ValueError, match="stop_edge"):
        measure_lowpass(BILINEAR, 2.0, 1.0)
