"""Differences of pictures, transforms undone, and what stands on the stage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from viz.model.comparison import FROZEN, cells_of, compared, untransformed
from viz.protocol.differences import difference_db, mean_db
from viz.protocol.transforms import inverse_of
from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot


def picture(seed: int, side: int = 32) -> np.ndarray:
    """Smooth noise: bicubic resampling has something to agree with."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(4, 4, 3))
    grid = np.linspace(0, 2 * math.pi, side, endpoint=False)
    basis = np.stack([np.sin(k * grid + k) for k in range(4)])
    values = np.einsum("iy,jx,ijc->yxc", basis, basis, waves)
    pixels = np.full((side, side, 4), 255, np.uint8)
    pixels[..., :3] = np.clip(128 + 30 * values, 0, 255)
    return pixels


def test_black_against_white_is_0_db_and_one_level_is_minus_48() -> None:
    black, white = (np.full((2, 2, 4), 255, np.uint8) for _ in range(2))
    black[..., :3] = 0
    np.testing.assert_allclose(difference_db(black, white), 0.0)
    level = black.copy()
    level[..., :3] = 1
    np.testing.assert_allclose(difference_db(black, level), -48.13, atol=0.01)
    assert np.isneginf(difference_db(black, black)).all()
    assert mean_db(difference_db(black, black)) is None
    assert mean_db(difference_db(black, level)) == pytest.approx(-48.13, abs=0.01)


def test_nothing_is_known_where_a_picture_is_transparent() -> None:
    first, second = picture(0), picture(1)
    second[:4] = 0
    level = difference_db(first, second)
    assert np.isnan(level[:4]).all()
    assert not np.isnan(level[4:]).any()


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="32×32 and 16×16"):
        difference_db(picture(0), picture(0, 16))


def test_a_shift_by_whole_pixels_is_undone_exactly() -> None:
    before = picture(2)
    moved = np.roll(before, (3, -5), axis=(0, 1))
    inverse = inverse_of(shift=(-5 / 32, 3 / 32), angle_rad=0.0, shear=0.0, scale=1.0)
    back = untransformed(moved, inverse)
    np.testing.assert_array_equal(back[:-3, 5:], before[:-3, 5:])
    assert (back[-3:, :, 3] == 0).all()
    assert (back[:, :5, 3] == 0).all()


def test_a_quarter_turn_is_undone() -> None:
    before = picture(3)
    turned = np.ascontiguousarray(np.rot90(before))  # anticlockwise
    inverse = inverse_of(shift=(0.0, 0.0), angle_rad=math.pi / 2, shear=0.0, scale=1.0)
    back = untransformed(turned, inverse)
    assert np.abs(back.astype(int) - before).max() <= 1


@pytest.mark.parametrize(
    ("show", "count", "focus", "against", "keys"),
    [
        ("side", 2, -1, 1, ["picture 0 -1", "picture 1 -1"]),
        ("side", 3, 2, 1, ["picture 2 -1"]),
        ("difference", 2, -1, 1, ["picture 0 -1", "picture 1 -1", "difference 0 1"]),
        ("difference", 1, -1, 1, ["picture 0 -1", "difference 0 -1"]),
        ("difference", 2, 1, FROZEN, ["picture 1 -1", "difference 1 -1"]),
        ("difference", 4, 2, 2, ["picture 0 -1", "picture 2 -1", "difference 0 2"]),
        ("split", 2, -1, 3, ["split 0 1"]),
        ("split", 1, -1, 1, ["picture 0 -1"]),
        ("difference", 0, -1, 1, []),
    ],
)
def test_what_stands_on_the_stage(
    show: str, count: int, focus: int, against: int, keys: list[str]
) -> None:
    state = AppState(networks=[NetworkSlot(f"{index}") for index in range(count)])
    state.view.show, state.view.focus, state.view.against = show, focus, against  # type: ignore[assignment]
    assert [cell.key for cell in cells_of(state)] == keys
    if count:
        first, other = compared(state)
        assert first != other
