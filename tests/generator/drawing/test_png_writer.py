"""PNG files written row by row, read back by Pillow."""

import numpy as np
import pytest
from PIL import Image

from generator.drawing.png_writer import PngWriter


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (64, 33)])
def test_pixels_and_texts_come_back(tmp_path, size, channels, mode) -> None:
    rows = np.random.default_rng(0).integers(0, 256, (*size, channels), np.uint8)
    path = tmp_path / "picture.png"
    with PngWriter(path, *size, channels=channels, texts={"Title": "Höhe × Breite"}) as file:
        for start in range(0, size[0], 3):
            file.write(rows[start : start + 3])
    with Image.open(path) as image:
        assert image.mode == mode
        np.testing.assert_array_equal(np.asarray(image).reshape(rows.shape), rows)
        assert image.text == {"Title": "Höhe × Breite"}  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == [path]


def test_unfinished_pictures_leave_nothing(tmp_path) -> None:
    rows = np.zeros((2, 4, 3), np.uint8)
    unfinished = pytest.raises(ValueError, match="4 rows, 2 were written")
    with unfinished, PngWriter(tmp_path / "a.png", 4, 4) as file:
        file.write(rows)
    with pytest.raises(KeyboardInterrupt), PngWriter(tmp_path / "b.png", 2, 4) as file:
        file.write(rows)
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_rows_that_do_not_fit_are_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match="rows must be"), PngWriter(tmp_path / "a", 4, 4) as file:
        file.write(np.zeros((1, 5, 3), np.uint8))
    with pytest.raises(ValueError, match="no more"), PngWriter(tmp_path / "a", 1, 4) as file:
        file.write(np.zeros((2, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="pixels a side"):
        PngWriter(tmp_path / "a", 0, 4)
    with pytest.raises(ValueError, match="channels, got 2"):
        PngWriter(tmp_path / "a", 4, 4, channels=2)
