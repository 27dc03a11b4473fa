"""Pictures and plots of the signal lab use the room that there is."""

from __future__ import annotations

import pytest

from viz.panels.lab.arrangement import (
    CAPTION,
    CURVE_HEIGHT,
    CUT_HEIGHT,
    HEADS,
    PAGES,
    PLOTS_WIDTH,
    SMALLEST_TILE,
    arranged,
)


def test_a_wide_space_has_the_plots_beside_and_a_tall_one_below() -> None:
    assert arranged(1500, 900, 1.0).beside
    assert not arranged(320, 900, 1.0).beside
    assert arranged(650, 420, 1.0).beside, "on the stage of a small window"


def test_a_space_too_small_for_all_shows_one_row_or_the_plots_at_a_time() -> None:
    one = arranged(310, 300, 1.0)
    assert (one.beside, one.pages) == (False, True)
    assert one.tile >= SMALLEST_TILE
    assert PAGES + HEADS + CAPTION + one.tile <= 300


@pytest.mark.parametrize("width", [200, 310, 500, 650, 900, 1500, 2500])
@pytest.mark.parametrize("height", [0, 200, 420, 700, 1300])
@pytest.mark.parametrize("unit", [1.0, 1.5])
def test_everything_fits_the_width(width: int, height: int, unit: float) -> None:
    one = arranged(width, height, unit)
    assert one.tile >= 1
    assert 3 * one.tile + (PLOTS_WIDTH * unit if one.beside else 0) <= width
    if not one.pages and not one.beside:
        assert 3 * one.tile + (CUT_HEIGHT + CURVE_HEIGHT) * unit <= height


def test_a_larger_space_has_larger_tiles() -> None:
    sizes = [arranged(side, side, 1.0).tile for side in range(600, 2400, 50)]
    assert sizes == sorted(sizes)
    assert sizes[-1] > 3 * sizes[0]
