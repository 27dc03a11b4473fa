"""Pictures at the size they are drawn."""

from __future__ import annotations

import numpy as np

from gui_utils.resample import LARGEST_SIDE, for_display


def test_enlarged_pixels_become_squares_of_at_least_the_drawn_size() -> None:
    pixels = np.random.RandomState(0).randint(0, 256, (4, 6, 4), np.uint8)
    shown = for_display(pixels, 15.0)  # 2.5-fold
    assert shown.shape == (12, 18, 4)
    np.testing.assert_array_equal(shown[1::3, 1::3], pixels)
    np.testing.assert_array_equal(shown[0::3, 2::3], pixels)


def test_a_little_enlarged_it_is_left_to_the_card() -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    assert for_display(pixels, 7.0) is pixels
    assert for_display(pixels, 4.0) is pixels


def test_enlarged_smoothly_no_edge_of_a_pixel_is_left() -> None:
    step = np.full((64, 64, 4), 255, np.uint8)
    step[:, :32, :3] = 0
    shown = for_display(step, 640.0, smooth=True)
    assert shown.shape == (256, 256, 4), "what is left to the card cannot be told apart"
    assert np.abs(np.diff(shown[128, :, 0].astype(int))).max() < 128
    assert max(for_display(np.zeros((512, 512, 4), np.uint8), 3e3, smooth=True).shape) == 1024


def test_no_texture_grows_without_bound() -> None:
    assert max(for_display(np.zeros((64, 64, 4), np.uint8), 1e5).shape) <= LARGEST_SIDE


def test_shrinking_removes_what_would_alias() -> None:
    """A chessboard of single pixels holds nothing but its mean below its Nyquist frequency."""
    board = (np.indices((256, 256)).sum(axis=0) % 2 * 255).astype(np.uint8)
    shown = for_display(np.repeat(board[:, :, None], 3, axis=2), 60.0)
    assert shown.shape == (60, 60, 3)
    assert np.abs(shown[4:-4, 4:-4].astype(float) - 127.5).max() < 8
