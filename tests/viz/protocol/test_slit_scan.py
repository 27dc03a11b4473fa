"""Slit scans: the right pixels, and known answers for what sticks."""

from __future__ import annotations

import numpy as np
import pytest

from viz.protocol.slit_scan import COLUMN, ROW, SlitScan, along_line, sticking

LINE, FRAMES = 64, 96


def picture() -> np.ndarray:
    """Every pixel tells where it is: red the row, green the column."""
    rows, columns = np.mgrid[:8, :10]
    return np.stack([rows, columns, 0 * rows, 255 + 0 * rows], -1).astype(np.uint8)


def test_columns_rows_and_any_line() -> None:
    np.testing.assert_array_equal(along_line(picture(), COLUMN)[:, 0], np.arange(8))
    assert set(along_line(picture(), COLUMN)[:, 1]) == {5}
    np.testing.assert_array_equal(along_line(picture(), ROW)[:, 1], np.arange(10))
    diagonal = along_line(picture(), (0.0, 0.0, 1.0, 1.0))
    assert len(diagonal) == 10
    assert tuple(diagonal[-1]) == (7, 9, 0)
    backwards = along_line(picture(), (0.5, 1.0, 0.5, 0.0))
    np.testing.assert_array_equal(backwards[:, 0], np.arange(8)[::-1])
    assert along_line(picture(), (0.2, 0.2, 0.2, 0.2)).shape == (1, 3)


def test_columns_are_stacked_and_the_oldest_go() -> None:
    scan = SlitScan(3)
    assert scan.image is None
    assert scan.sticking is None
    for value in range(5):
        scan.push(np.full((4, 3), value, np.uint8))
    assert scan.image is not None
    assert scan.image.shape == (4, 3, 3)
    assert scan.image[0, :, 0].tolist() == [2, 3, 4]
    scan.push(np.zeros((6, 3), np.uint8))
    assert scan.image.shape == (6, 1, 3)


def waves(cycles_per_px: float, cycles_per_recording: float) -> np.ndarray:
    along, time = np.mgrid[:LINE, :FRAMES]
    phase = cycles_per_px * along + cycles_per_recording * time / FRAMES
    return np.repeat(np.cos(2 * np.pi * phase)[..., None], 3, 2)


@pytest.mark.parametrize(
    ("along", "time", "share"),
    [
        (1 / 4, 0, 1.0),  # fine and still: a streak
        (1 / 4, 2, 1.0),
        (1 / 4, 3, 0.0),  # fine and moving: a wave
        (1 / 8, 0, 1.0),  # as coarse as still counts
        (7 / 64, 0, 0.0),  # coarse and still
        (0, 1, 0.0),
    ],
)
def test_single_waves_are_all_or_nothing(along: float, time: float, share: float) -> None:
    assert sticking(waves(along, time)) == pytest.approx(share, abs=1e-12)


def test_mixtures_divide_by_their_energy_and_brightness_does_not_matter() -> None:
    image = 100 + 2 * waves(1 / 4, 0) + waves(1 / 4, 8)
    assert sticking(image) == pytest.approx(4 / 5)
    assert sticking(3 * image + 20) == pytest.approx(4 / 5)


def test_texture_that_stays_sticks_and_texture_that_moves_along_does_not() -> None:
    texture = np.random.default_rng(0).integers(0, 255, (LINE, 3)).astype(np.uint8)
    still = np.repeat(texture[:, None], FRAMES, 1)
    moving = np.stack([np.roll(texture, shift, 0) for shift in range(FRAMES)], 1)
    # White noise has three quarters of its energy from 1/8 cycle per pixel on.
    assert sticking(still) == pytest.approx(0.75, abs=0.08)
    share = sticking(moving)
    assert share is not None
    assert share < 0.05


def test_too_little_gives_no_figure() -> None:
    assert sticking(np.full((64, 64, 3), 7, np.uint8)) is None
    assert sticking(np.random.default_rng(0).random((7, 64, 3))) is None
