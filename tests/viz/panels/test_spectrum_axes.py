"""The axes of the spectrum's map, as the keyboard stretches them."""

from __future__ import annotations

import pytest

from viz.panels.spectrum.power_map import SMALLEST_SPAN, axis_around


def test_a_place_stays_where_it_is_while_the_axis_is_stretched() -> None:
    low, high = axis_around((-0.5, 0.5), 0.25, 0.5, 0.5)
    assert (low, high) == pytest.approx((-0.125, 0.375))
    assert (0.25 - low) / (high - low) == pytest.approx(0.75)
    assert axis_around((low, high), 0.25, 2.0, 0.5) == pytest.approx((-0.5, 0.5))


def test_it_shows_no_more_than_there_is_and_not_too_little() -> None:
    assert axis_around((-0.4, 0.4), 0.4, 3.0, 0.5) == pytest.approx((-0.5, 0.5))
    low, high = axis_around((0.1, 0.12), 0.11, 0.1, 0.5)
    assert high - low == pytest.approx(SMALLEST_SPAN)


@pytest.mark.parametrize(
    ("at", "wanted"), [(0.3, (0.1, 0.3)), (-0.5, (-0.5, -0.3)), (0.0, (0.0, 0.2))]
)
def test_it_follows_the_place_that_is_read(at: float, wanted: tuple[float, float]) -> None:
    assert axis_around((0.0, 0.2), at, 1.0, 0.5) == pytest.approx(wanted)
