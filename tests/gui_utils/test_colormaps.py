"""Colour maps against the published ones, and numbers to colours."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from gui_utils.colormaps import TABLES, ColormapName, colourise


@pytest.mark.parametrize("name", ["viridis", "magma"])
def test_maps_stay_close_to_the_originals(name: ColormapName) -> None:
    """17 anchors, interpolated: within 6 of 255 levels, as the module says."""
    original = matplotlib.colormaps[name](np.arange(256))[:, :3] * 255
    assert np.abs(TABLES[name] - original).max() < 6.5


def test_the_diverging_map_is_brightest_at_zero_and_equally_dark_at_both_ends() -> None:
    brightness = TABLES["diverging"] @ np.array([0.2126, 0.7152, 0.0722])
    assert 126 <= brightness.argmax() <= 129
    assert np.all(np.diff(brightness[:127]) >= -0.5)
    assert np.all(np.diff(brightness[129:]) <= 0.5)
    assert abs(brightness[0] - brightness[-1]) < 20


def test_values_are_spread_over_the_map_and_clipped() -> None:
    colours = colourise(np.array([-9.0, 0.0, 0.5, 1.0, 9.0]), 0.0, 1.0, "grey")
    np.testing.assert_array_equal(colours[:, 0], [0, 0, 127, 255, 255])


def test_unknown_values_are_grey_and_an_empty_range_is_no_error() -> None:
    assert np.all(colourise(np.array([np.nan]), 0.0, 1.0, "magma") == 128)
    np.testing.assert_array_equal(
        colourise(np.array([3.0]), 1.0, 1.0, "viridis")[0], TABLES["viridis"][0]
    )


def test_infinite_values_take_the_end_colours_even_without_a_range() -> None:
    values = np.array([-np.inf, 0.0, np.inf])
    colours = colourise(values, -1.0, 1.0, "magma")
    np.testing.assert_array_equal(colours[[0, 2]], TABLES["magma"][[0, 255]])
    with np.errstate(all="raise"):
        flat = colourise(values, 0.0, 0.0, "magma")
    np.testing.assert_array_equal(flat, TABLES["magma"][[0, 0, 0]])
