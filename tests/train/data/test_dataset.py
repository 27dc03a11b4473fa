"""Data sets: what is read, and what is said of those that cannot be."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.train.conftest import pixels, tiny, write_pictures
from tests.train.test_trainer import assert_same
from train.data import dataset
from train.data.dataset import ImageDataset, unusable
from train.data.pixels import InMemory, OnDemand, fits_in_memory
from train.trainer import Trainer


def zip_folder(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


def test_folder_and_zip_hold_the_same_pictures(tmp_path):
    write_pictures(tmp_path / "pictures", 5, 8)
    from_folder = ImageDataset.load(tmp_path / "pictures")
    from_zip = ImageDataset.load(zip_folder(tmp_path / "pictures", tmp_path / "set.zip"))
    assert (len(from_zip), from_zip.size, from_zip.c_dim) == (5, (8, 8), 0)
    assert torch.equal(from_folder.images, from_zip.images)
    assert torch.equal(from_zip.images, torch.from_numpy(pixels(5, 8)).permute(0, 3, 1, 2))


def test_classes_become_one_hot_and_vectors_stay(tmp_path):
    names = write_pictures(tmp_path, 3, 8)
    labels = [[name, label] for name, label in zip(names, [2, 0, 1], strict=True)]
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": labels}))
    assert ImageDataset.load(tmp_path).labels.dense().tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    vectors = [[name, [0.5, index]] for index, name in enumerate(names)]
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": vectors}))
    assert ImageDataset.load(tmp_path).labels.dense().tolist() == [[0.5, 0], [0.5, 1], [0.5, 2]]


def empty(folder: Path) -> None:
    folder.mkdir()


def corrupt(folder: Path) -> None:
    write_pictures(folder, 2, 8)
    whole = (folder / "p1.png").read_bytes()
    (folder / "p1.png").write_bytes(whole[: len(whole) // 2])


def no_picture_at_all(folder: Path) -> None:
    write_pictures(folder, 2, 8)
    (folder / "p1.png").write_text("not a picture")


def of_another_format(folder: Path) -> None:
    write_pictures(folder, 2, 8)
    Image.new("RGB", (8, 8)).save(folder / "p1.png", "PPM")


def mixed_sizes(folder: Path) -> None:
    write_pictures(folder, 2, 8)
    Image.new("RGB", (16, 16)).save(folder / "p1.png")


def no_even_sides(folder: Path) -> None:
    folder.mkdir()
    Image.new("RGB", (16, 9)).save(folder / "p1.png")


def not_halved_often(folder: Path) -> None:
    folder.mkdir()
    Image.new("RGB", (500, 300)).save(folder / "p1.png")


def odd_channels(folder: Path) -> None:
    write_pictures(folder, 1, 8)
    (folder / "dataset.json").write_text('{"channels": 2}')


def unlabelled_picture(folder: Path) -> None:
    write_pictures(folder, 2, 8)
    (folder / "dataset.json").write_text('{"labels": [["p0.png", 1]]}')


def mixed_labels(folder: Path) -> None:
    write_pictures(folder, 2, 8)
    (folder / "dataset.json").write_text('{"labels": [["p0.png", 1], ["p1.png", [1, 2]]]}')


def no_label_table(folder: Path) -> None:
    write_pictures(folder, 1, 8)
    (folder / "dataset.json").write_text('["labels"]')


def zip_of_one(folder: Path, compression: int = zipfile.ZIP_STORED) -> bytearray:
    """The bytes of a zip with one picture, which take `folder`'s place."""
    picture = io.BytesIO()
    Image.fromarray(pixels(1, 32)[0]).save(picture, "bmp")
    with zipfile.ZipFile(folder, "w", compression) as archive:
        archive.writestr("p0.png", picture.getvalue())
    return bytearray(folder.read_bytes())


def damaged_compression(folder: Path) -> None:
    whole = zip_of_one(folder, zipfile.ZIP_DEFLATED)
    # Behind the local header: a block of a kind that deflate does not have.
    whole[36] = 0xFF
    folder.write_bytes(whole)


def encrypted(folder: Path) -> None:
    whole = zip_of_one(folder)
    for flags in (6, whole.index(b"PK\x01\x02") + 8):
        whole[flags] |= 1
    folder.write_bytes(whole)


def labelled(labels: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        write_pictures(folder, 1, 8)
        (folder / "dataset.json").write_text(f'{{"labels": [["p0.png", {labels}]]}}')

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (empty, "holds no pictures"),
        (corrupt, "p1.png .* not a whole picture"),
        (no_picture_at_all, "p1.png .* not a whole picture"),
        (of_another_format, "p1.png .* not a whole picture"),
        (mixed_sizes, "mixes sizes: p0.png is 8x8, p1.png is 16x16"),
        (no_even_sides, "p1.png .* is 16x9: .* multiples of 2"),
        (not_halved_often, "multiples of 32, as in 512x288"),
        (odd_channels, "must be 1, 3 or 4, got 2"),
        (unlabelled_picture, "no label for p1.png"),
        (mixed_labels, "all whole numbers"),
        (no_label_table, "dataset.json .* must be"),
        (damaged_compression, "p0.png in .* cannot be read"),
        (encrypted, "p0.png in .* is encrypted"),
        (labelled("true"), "all whole numbers from 0 to 65535"),
        (labelled("10000000"), "all whole numbers from 0 to 65535"),
        (labelled("[NaN]"), "of finite numbers"),
        (labelled("[1" + 400 * "0" + "]"), "of finite numbers"),
        (labelled("[" * 100_000), "dataset.json .* must be"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_bad_data_set_is_refused_with_a_reason(tmp_path, spoil, message):
    spoil(tmp_path / "set")
    with pytest.raises(ValueError, match=message):
        ImageDataset.load(tmp_path / "set")


def test_hidden_files_and_those_of_macos_are_no_pictures(tmp_path):
    write_pictures(tmp_path / ".hidden", 1, 16)
    names = write_pictures(tmp_path, 2, 8)
    (tmp_path / "._p0.png").write_bytes(b"\0\5\x16\7")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for name in names:
            archive.write(tmp_path / name, name)
            archive.writestr(f"__MACOSX/._{name}", b"\0\5\x16\7")
    assert len(ImageDataset.load(tmp_path)) == len(ImageDataset.load(tmp_path / "set.zip")) == 2


def test_the_fingerprint_tells_pictures_labels_and_their_order():
    labels = np.eye(3, dtype=np.float32)
    sets = [
        (pixels(3, 8), None),
        (pixels(3, 8, seed=1), None),
        (pixels(3, 8)[::-1].copy(), None),
        (pixels(3, 8), labels),
        (pixels(3, 8), labels[::-1].copy()),
    ]
    prints = [ImageDataset.from_arrays(*arrays).fingerprint() for arrays in sets]
    assert len(set(prints)) == len(sets)
    assert ImageDataset.from_arrays(pixels(3, 8), name="elsewhere").fingerprint() == prints[0]


def test_missing_and_torn_files_are_named(tmp_path):
    with pytest.raises(ValueError, match="no folder or zip"):
        ImageDataset.load(tmp_path / "nothing.zip")
    (tmp_path / "torn.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match="neither a folder nor a whole zip"):
        ImageDataset.load(tmp_path / "torn.zip")


def test_every_epoch_shows_every_picture_once_in_another_order():
    data = ImageDataset.from_arrays(pixels(10, 4))
    epochs = [
        data.batch(torch.arange(start, start + 10), seed=1, mirror=False)[0] for start in (0, 10)
    ]
    assert not torch.equal(epochs[0], epochs[1])
    expected = sorted(data.images.to(torch.float32).flatten(1).sum(1).tolist())
    for images in epochs:
        sums = ((images + 1) * 127.5).flatten(1).sum(1)
        np.testing.assert_allclose(sorted(sums.tolist()), expected, rtol=1e-5)


def test_a_position_gives_the_same_picture_in_any_batch():
    data = ImageDataset.from_arrays(pixels(7, 4))
    whole, _ = data.batch(torch.arange(20), seed=3, mirror=True)
    parts = [
        data.batch(positions, seed=3, mirror=True)[0] for positions in torch.arange(20).split(6)
    ]
    assert torch.equal(whole, torch.cat(parts))
    other, _ = data.batch(torch.arange(20), seed=4, mirror=True)
    assert not torch.equal(whole, other)


def test_pixels_span_minus_one_to_one_and_are_channels_last():
    black_and_white = np.zeros((2, 4, 4, 3), np.uint8)
    black_and_white[1] = 255
    images, _ = ImageDataset.from_arrays(black_and_white).batch(
        torch.arange(2), seed=0, mirror=False
    )
    assert sorted(images.flatten(1).mean(1).tolist()) == pytest.approx([-1, 1])
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_mirror_flips_about_half_of_the_pictures_left_to_right():
    ramp = np.zeros((64, 4, 4, 3), np.uint8)
    ramp[:, :, 2:] = 200
    images, _ = ImageDataset.from_arrays(ramp).batch(torch.arange(64), seed=0, mirror=True)
    flipped = (images[:, 0, 0, 0] > images[:, 0, 0, 3]).sum().item()
    # 32 of 64 on average, with a deviation of 4.
    assert 16 <= flipped <= 48
    upright, _ = ImageDataset.from_arrays(ramp).batch(torch.arange(64), seed=0, mirror=False)
    assert bool((upright[:, 0, 0, 0] < upright[:, 0, 0, 3]).all())


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(dataset, "_cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.mark.parametrize("zipped", [False, True])
def test_reading_on_demand_gives_the_same_batches_and_fingerprint(tmp_path, own_cache, zipped):
    folder = tmp_path / "set"
    names = write_pictures(folder, 23, 8)
    table = [[name, index % 3] for index, name in enumerate(names)]
    (folder / "dataset.json").write_text(json.dumps({"labels": table}))
    source = zip_folder(folder, tmp_path / "set.zip") if zipped else folder
    held = ImageDataset.load(source, workers=0)
    read = ImageDataset.load(source, workers=3)
    for positions in torch.arange(60).split(7):
        for one, other in zip(
            held.batch(positions, seed=5, mirror=True),
            read.batch(positions, seed=5, mirror=True),
            strict=True,
        ):
            assert torch.equal(one, other)
            assert one.stride() == other.stride()
        read.read_ahead(positions + 7, seed=5)
    assert torch.equal(torch.cat(list(read.in_order(5))), held.images)
    assert held.fingerprint() == read.fingerprint()
    assert (held.size, held.c_dim, len(held)) == (read.size, read.c_dim, len(read))


@pytest.mark.slow
def test_a_training_on_demand_takes_the_same_steps(tmp_path, own_cache):
    write_pictures(tmp_path / "set", 9, 16)
    ends = []
    for workers in (0, 2):
        data = ImageDataset.load(tmp_path / "set", workers=workers)
        trainer = Trainer(tiny(mirror=True, micro_batch=4, batch=8), data)
        for _ in range(3):
            trainer.step()
        ends.append(trainer.state_dict())
    assert_same(*ends)


def test_the_fingerprint_of_data_on_demand_is_kept_until_a_file_changes(tmp_path, own_cache):
    write_pictures(tmp_path / "set", 3, 8)
    before = ImageDataset.load(tmp_path / "set", workers=1).fingerprint()
    (kept,) = own_cache.iterdir()
    kept.write_text("kept")
    assert ImageDataset.load(tmp_path / "set", workers=1).fingerprint() == "kept"
    Image.new("RGB", (8, 8), "red").save(tmp_path / "set" / "p1.png")
    after = ImageDataset.load(tmp_path / "set", workers=1).fingerprint()
    assert after not in ("kept", before)


def test_data_too_large_for_the_memory_is_read_on_demand(tmp_path, monkeypatch):
    write_pictures(tmp_path / "set", 4, 8)
    assert isinstance(ImageDataset.load(tmp_path / "set").pixels, InMemory)
    monkeypatch.setattr("os.sysconf", lambda name: {"SC_PHYS_PAGES": 3, "SC_PAGE_SIZE": 1000}[name])
    # pictures of 192 bytes: three of them take less than a quarter of 3000, four more
    assert fits_in_memory(3 * 192)
    assert not fits_in_memory(4 * 192)
    assert isinstance(ImageDataset.load(tmp_path / "set").pixels, OnDemand)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert not fits_in_memory(2 * 192)


def test_a_picture_that_changes_while_it_trains_is_named(tmp_path):
    write_pictures(tmp_path / "set", 3, 8)
    data = ImageDataset.load(tmp_path / "set", workers=1)
    Image.new("RGB", (16, 16)).save(tmp_path / "set" / "p1.png")
    with pytest.raises(ValueError, match=r"p1\.png .* is no longer 8x8"):
        data.batch(torch.arange(3), seed=0, mirror=False)
    mixed = tmp_path / "set"
    with pytest.raises(ValueError, match="mixes sizes"):
        ImageDataset.load(mixed, workers=1)


def test_unusable_pictures_are_all_named(tmp_path):
    write_pictures(tmp_path, 5, 8)
    for name in ("p1.png", "p3.png"):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:80])
    assert [fault.split(" ")[0] for fault in unusable(tmp_path, 2)] == ["p1.png", "p3.png"]
