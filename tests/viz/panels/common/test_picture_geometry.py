"""Where pictures lie, and what gestures on them mean."""

from __future__ import annotations

import math

import pytest

from viz.panels.common.picture_geometry import (
    Rect,
    arrange,
    fitted_size,
    is_smooth,
    placed,
    turn_between,
    zoomed_at,
)
from viz.state.app_state import ViewState


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(680, 600), (1100, 900), (400, 900), (30, 30)])
def test_cells_lie_within_the_area_without_overlap(count: int, size: tuple[int, int]) -> None:
    area = Rect(10, 20, *size)
    cells = arrange(count, area, gap=4, above=2, below=2)
    assert len(cells) == count
    for cell in cells:
        assert cell.width >= 1
        assert cell.height >= 1
        assert area.x <= cell.x
        assert cell.right <= area.right + 1
        assert area.y <= cell.y
        assert cell.bottom <= area.bottom + 1
    for index, first in enumerate(cells):
        for second in cells[index + 1 :]:
            beside = first.right <= second.x or second.right <= first.x
            above = first.bottom <= second.y or second.bottom <= first.y
            assert beside or above


def test_two_pictures_stand_side_by_side_in_a_wide_area_and_stacked_in_a_tall_one() -> None:
    left, right = arrange(2, Rect(0, 0, 800, 400), 8, 0, 0)
    assert left.y == right.y
    upper, lower = arrange(2, Rect(0, 0, 400, 800), 8, 0, 0)
    assert upper.x == lower.x
    assert arrange(0, Rect(0, 0, 400, 800), 8, 0, 0) == []


def test_four_pictures_stand_two_by_two_where_three_in_a_row_would_be_no_larger() -> None:
    cells = arrange(4, Rect(0, 0, 880, 600), 8, 24, 24)
    assert len({cell.x for cell in cells}) == len({cell.y for cell in cells}) == 2


@pytest.mark.parametrize(
    ("pixels", "side", "expected"),
    [(64, 323, 320), (64, 250, 250), (64, 192, 192), (1024, 700, 700), (256, 300, 300)],
)
def test_squares_snap_to_whole_multiples_where_that_is_cheap(
    pixels: int, side: int, expected: int
) -> None:
    size, cell = (pixels, pixels), Rect(0, 0, side, side + 50)
    assert fitted_size(size, cell, squares=True) == (expected, expected)
    assert fitted_size(size, cell) == (side, side), "smooth ones need not"


def test_pictures_of_any_shape_fill_their_cell_on_one_side() -> None:
    wide = (288, 512)
    assert fitted_size(wide, Rect(0, 0, 1024, 900)) == (1024, 576)
    assert fitted_size(wide, Rect(0, 0, 1024, 288)) == (512, 288)
    assert fitted_size(wide, Rect(0, 0, 1060, 900), squares=True) == (1024, 576)
    assert placed((512, 288), Rect(0, 0, 600, 400), 2.0, (0.0, 0.25)) == Rect(-212, 56, 1024, 576)


def test_wide_pictures_stand_above_each_other() -> None:
    area = Rect(0, 0, 800, 600)
    assert len({cell.y for cell in arrange(2, area, 8, 24, 24)}) == 1
    assert len({cell.y for cell in arrange(2, area, 8, 24, 24, aspect=3.0)}) == 2


def test_pixels_are_squares_from_close_by_or_when_asked_for() -> None:
    view = ViewState()
    assert is_smooth(view, 5.0, zoom=1.0)
    assert is_smooth(view, 16.0, zoom=1.0), "a whole picture, in a large window"
    assert is_smooth(view, 11.9, zoom=2.0)
    assert not is_smooth(view, 12.0, zoom=2.0)
    view.squares = True
    assert not is_smooth(view, 5.0, zoom=1.0)


def test_the_point_under_the_pointer_stays_there_while_zooming() -> None:
    cell, fitted, pan = Rect(100, 50, 400, 300), (256.0, 144.0), (0.1, -0.2)
    pointer = (180.0, 120.0)
    before = placed(fitted, cell, 1.5, pan)
    after = placed(fitted, cell, 4.0, zoomed_at(pointer, cell, fitted, 1.5, pan, 4.0))
    sides = (("x", "width", pointer[0]), ("y", "height", pointer[1]))
    for axis, side, at in sides:
        share_before = (at - getattr(before, axis)) / getattr(before, side)
        share_after = (at - getattr(after, axis)) / getattr(after, side)
        assert share_after == pytest.approx(share_before, abs=0.004)  # whole pixels


def test_turning_is_anticlockwise_on_screen_and_never_jumps() -> None:
    centre = (10.0, 10.0)
    assert turn_between(centre, (20, 10), (10, 0)) == pytest.approx(math.pi / 2)
    assert turn_between(centre, (20, 10), (10, 20)) == pytest.approx(-math.pi / 2)
    just_above, just_below = (0.0, 9.9), (0.0, 10.1)
    assert turn_between(centre, just_above, just_below) == pytest.approx(0.02, abs=1e-4)


def test_a_rectangle_on_pixels_has_whole_sides_and_stays_where_it_is() -> None:
    whole = Rect(10.4, 20.6, 54.75, 54.75).on_pixels
    assert (whole.x, whole.y, whole.width, whole.height) == (10, 21, 55, 55)
    assert whole.right == round(whole.right)
