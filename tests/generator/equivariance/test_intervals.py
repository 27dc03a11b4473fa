"""Ratios over samples, with intervals that hold the true one about as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from generator.equivariance.intervals import ratio_interval


def test_ratios_are_pooled_over_the_samples() -> None:
    above, below = np.array([[30.0, 0.0], [70.0, 0.0]]), np.ones((2, 2))
    ratio, low, high = ratio_interval(above, below)
    assert ratio[0] == pytest.approx(10 * np.log10(50))
    assert low[0] == pytest.approx(10 * np.log10(30))
    assert high[0] == pytest.approx(10 * np.log10(70))
    assert ratio[1] == -np.inf


def test_a_single_sample_has_no_interval() -> None:
    ratio, low, high = ratio_interval(np.array([[8.0]]), np.array([[2.0]]))
    assert ratio[0] == pytest.approx(10 * np.log10(4))
    assert np.isnan([low[0], high[0]]).all()


def test_what_is_exact_or_unknown_stays_so() -> None:
    above, below = np.array([[1.0, 0.0]] * 3), np.zeros((3, 2))
    ratio, _low, high = ratio_interval(above, below)
    assert (ratio[0], high[0]) == (np.inf, np.inf)
    assert np.isnan(ratio[1])


def test_the_interval_holds_the_truth_in_about_19_of_20_cases_and_narrows() -> None:
    random = np.random.default_rng(5)
    widths = []
    for count in (16, 64):
        above = random.gamma(4.0, 25.0, size=(count, 300))
        ratio, low, high = ratio_interval(above, np.ones_like(above))
        held = (low <= 20.0) & (high >= 20.0)
        assert 0.85 < held.mean() <= 1.0
        widths.append(float((high - low).mean()))
        assert (low <= ratio).all()
    assert widths[1] == pytest.approx(widths[0] / 2, rel=0.15)
