"""Data sets of grey pictures, and of pictures with opacity."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from train.data.dataset import ImageDataset
from train.data.prepare import Cut, prepare_pictures

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with an opaque picture in colours and one that is clear on its left."""
    folder = tmp_path / "source"
    folder.mkdir()
    Image.new("RGB", (24, 16), (200, 100, 0)).save(folder / "a.png")
    glass = Image.new("RGBA", (24, 16), (9, 9, 9, 0))
    glass.paste((0, 255, 0, 255), (12, 0, 24, 16))
    glass.save(folder / "b.png")
    return folder


@pytest.mark.parametrize("workers", [0, 1])
def test_grey_pictures(source: Path, tmp_path: Path, workers: int) -> None:
    made = prepare_pictures(source, tmp_path / "set.zip", Cut(size=(16, 24), channels=1))
    assert made.converted == {"without transparency": 1, "with transparency": 1}
    data = ImageDataset.load(tmp_path / "set.zip", workers=workers)
    assert (data.size, data.channels) == ((16, 24), 1)
    assert data.images.shape == (2, 1, 16, 24)
    assert int(data.images[0, 0, 0, 0]) == 118  # 0.299 · 200 + 0.587 · 100
    assert int(data.images[1, 0, 0, 0]) == 255
    with zipfile.ZipFile(tmp_path / "set.zip") as archive:
        assert json.loads(archive.read("dataset.json")) == {"channels": 1}


@pytest.mark.parametrize("workers", [0, 1])
def test_opacity_is_kept_with_nothing_beneath(source: Path, tmp_path: Path, workers: int) -> None:
    prepare_pictures(source, tmp_path / "set.zip", Cut(size=(16, 24), channels=4))
    data = ImageDataset.load(tmp_path / "set.zip", workers=workers)
    assert data.channels == 4
    assert data.images[0, :, 0, 0].tolist() == [200, 100, 0, 255]
    assert data.images[1, :, 0, 0].tolist() == [0, 0, 0, 0]
    assert data.images[1, :, 0, -1].tolist() == [0, 255, 0, 255]


def test_without_a_note_pictures_are_learned_in_colours(source: Path) -> None:
    data = ImageDataset.load(source)
    assert data.channels == 3
    assert data.images[1, :, 0, 0].tolist() == [255, 255, 255]


def test_pictures_are_cut_to_any_shape(tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    pixels = np.zeros((90, 64, 3), np.uint8)
    pixels[27:63] = 255
    Image.fromarray(pixels).save(folder / "tall.png")
    made = prepare_pictures(folder, tmp_path / "crop.zip", Cut(size=(18 * 2, 64)))
    assert made.size == (36, 64)
    assert bool((ImageDataset.load(made.written.path).images == 255).all())
    made = prepare_pictures(folder, tmp_path / "pad.zip", Cut(size=(36, 64), fit="pad"))
    padded = ImageDataset.load(made.written.path).images[0, 0].numpy()
    assert padded.shape == (36, 64)
    assert padded[18, 32] == 255
    assert padded[18, 0] == padded[18, -1] == 0
