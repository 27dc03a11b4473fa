"""Pictures go to the graphics card and come back unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gui_utils.texture import Texture, as_rgba

if TYPE_CHECKING:
    from gui_utils.host import GuiHost


def picture(height: int, width: int, channels: int) -> np.ndarray:
    return np.random.RandomState(0).randint(0, 256, (height, width, channels), np.uint8)


def test_what_is_uploaded_can_be_read_back(host: GuiHost) -> None:
    texture = Texture()
    rgba = picture(5, 7, 4)
    texture.update(rgba)
    assert texture.size == (7, 5)
    np.testing.assert_array_equal(texture.read(), rgba)
    texture.update(rgba[::-1])  # the same size, rows out of order in memory
    np.testing.assert_array_equal(texture.read(), rgba[::-1])
    texture.free()


def test_a_picture_of_another_size_replaces_the_old_one(host: GuiHost) -> None:
    texture = Texture()
    texture.update(picture(8, 8, 4))
    larger = picture(3, 16, 4)
    texture.update(larger)
    np.testing.assert_array_equal(texture.read(), larger)
    texture.free()
    texture.free()


def test_rgb_and_grey_become_opaque_rgba() -> None:
    rgb = picture(4, 6, 3)
    np.testing.assert_array_equal(as_rgba(rgb)[..., :3], rgb)
    assert np.all(as_rgba(rgb)[..., 3] == 255)
    grey = picture(4, 6, 1)[..., 0]
    np.testing.assert_array_equal(as_rgba(grey)[..., 1], grey)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((4, 4, 3), np.float32), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4), np.uint8)],
)
def test_what_is_no_picture_is_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="picture"):
        as_rgba(pixels)
