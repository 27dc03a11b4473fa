"""Pictures of any kind become the square that a network draws, or say in a line why not."""

import numpy as np
import pytest
from PIL import Image

from generator.projection import read_target


def test_the_middle_square_is_taken(tmp_path) -> None:
    picture = Image.new("RGB", (300, 100), "red")
    picture.paste("blue", (100, 0, 200, 100))
    picture.save(tmp_path / "wide.png")
    target = read_target(tmp_path / "wide.png", (32, 32))
    assert target.image.shape == (1, 3, 32, 32)
    assert target.image[0, :, 16, 16].tolist() == pytest.approx([-1, -1, 1], abs=0.02)
    assert target.image[0, :, 16, 2].tolist() == pytest.approx([-1, -1, 1], abs=0.02)
    assert target.notes == ("cropped from 300 × 100 to its middle",)


def test_sixteen_bits_and_opacity_are_understood(tmp_path) -> None:
    deep = np.full((64, 64), 0x8000, np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    found = read_target(tmp_path / "deep.png", (32, 32))
    assert found.image.mean() == pytest.approx(0, abs=0.02)
    assert "16 bits" in found.notes[0]
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    clear = read_target(tmp_path / "clear.png", (32, 32))
    assert clear.image.min() == 1
    assert "transparent" in clear.notes[0]


def test_small_pictures_are_enlarged_and_grey_networks_get_grey(tmp_path) -> None:
    Image.new("RGB", (20, 20), "white").save(tmp_path / "small.png")
    target = read_target(tmp_path / "small.png", (64, 64), channels=1)
    assert target.image.shape == (1, 1, 64, 64)
    assert target.notes == ("enlarged from 20 × 20 to 64 × 64 pixels",)


def test_what_cannot_be_looked_for_is_a_line(tmp_path) -> None:
    Image.new("RGB", (3, 3)).save(tmp_path / "tiny.png")
    with pytest.raises(ValueError, match="3 × 3 pixels, too few"):
        read_target(tmp_path / "tiny.png", (64, 64))
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    with pytest.raises(ValueError, match=r"torn\.png is not a whole picture"):
        read_target(tmp_path / "torn.png", (64, 64))
    with pytest.raises(ValueError, match="not there"):
        read_target(tmp_path / "none.png", (64, 64))


def test_pictures_of_another_shape_are_cropped_to_the_networks(tmp_path) -> None:
    Image.new("RGB", (300, 100), "red").save(tmp_path / "wide.png")
    target = read_target(tmp_path / "wide.png", (32, 64))
    assert target.image.shape == (1, 3, 32, 64)
