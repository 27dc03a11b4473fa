"""Folders and zips as people and other programs make them."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, features

from tests.train.conftest import pixels, write_pictures
from train.commands.main import main
from train.data import prepare as prepare_module
from train.data.dataset import ImageDataset
from train.data.picture_source import PictureSource
from train.data.prepare import prepare_pictures
from train.data.zip_writer import png_bytes

FILES = Path(__file__).parent / "files"
posix = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


def write_archive(path: Path, names: list[str], labels: object = None, table: str = "") -> Path:
    """Write a zip of 8x8 pictures; `table` names its dataset.json."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, picture in zip(names, pixels(len(names), 8), strict=True):
            entry = zipfile.ZipInfo("x")
            entry.filename = name  # as it is: ZipInfo would turn separators round
            archive.writestr(entry, png_bytes(Image.fromarray(picture)))
        if labels is not None:
            archive.writestr(table or "dataset.json", json.dumps({"labels": labels}))
    return path


def labels_of(path: Path, **options: object) -> dict[str, int]:
    """Prepare a data set; the label of each picture, as it is stored."""
    out = path.with_name("out.zip")
    prepare_pictures(path, out, **options)
    with zipfile.ZipFile(out) as archive:
        return dict(json.loads(archive.read("dataset.json"))["labels"])


@pytest.mark.parametrize("separator", ["/", "\\"])
@pytest.mark.parametrize("outer", [(), ("mydata",), ("a", "b")])
def test_the_folders_of_a_zip_are_classes_and_those_around_them_are_not(
    tmp_path: Path, outer: tuple[str, ...], separator: str
) -> None:
    inner = (("cat", "1.png"), ("cat", "2.png"), ("dog", "1.png"))
    names = [separator.join((*outer, *parts)) for parts in inner]
    source = write_archive(tmp_path / "set.zip", names)
    prepared = prepare_pictures(source, tmp_path / "out.zip", folder_labels=True)
    assert prepared.classes == {"cat": 2, "dog": 1}
    assert ImageDataset.load(tmp_path / "out.zip").labels.dense().argmax(1).tolist() == [0, 0, 1]
    # The names stay where the set is prepared again.
    again = prepare_pictures(tmp_path / "out.zip", tmp_path / "again.zip")
    assert again.classes == {"cat": 2, "dog": 1}


def test_names_and_number_of_classes_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pictures(tmp_path / "set" / "cat", 2, 16)
    write_pictures(tmp_path / "set" / "dog", 1, 16)
    out = tmp_path / "a.zip"
    order = ["prepare", str(tmp_path / "set"), "--out", str(out), "--folder-labels"]
    assert main(order) == 0
    assert "2 classes and how many pictures they have: cat (2), dog (1)" in capsys.readouterr().err


def test_one_folder_of_pictures_is_no_set_of_classes(tmp_path: Path) -> None:
    source = write_archive(tmp_path / "set.zip", ["all/1.png", "all/2.png"])
    with pytest.raises(ValueError, match="all pictures lie in one folder, all/"):
        prepare_pictures(source, tmp_path / "out.zip", folder_labels=True)


@pytest.mark.parametrize(
    ("labels", "table"),
    [
        ([["d/a.png", 0], ["d/b.png", 1]], ""),
        ([["d\\a.png", 0], ["d\\b.png", 1]], ""),
        ({"d/a.png": 0, "d/b.png": 1}, ""),
        ([["d/a.png", 0.0], ["d/b.png", 1.0]], ""),
        ([["a.png", 0], ["b.png", 1]], "d/dataset.json"),
    ],
)
def test_labels_are_read_as_programs_write_them(tmp_path: Path, labels: object, table: str) -> None:
    source = write_archive(tmp_path / "set.zip", ["d/a.png", "d/b.png"], labels, table)
    assert labels_of(source) == {"d/a.png": 0, "d/b.png": 1}
    assert ImageDataset.load(source).labels.dense().tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("label", [0.5, -1, 1 << 16, True, "cat", None, [], [1e300], [[1]], 1e400])
def test_labels_that_no_network_takes_are_refused_by_prepare(tmp_path: Path, label: object) -> None:
    source = write_archive(tmp_path / "set.zip", ["a.png"], [["a.png", label]])
    with pytest.raises(ValueError, match=r"labels in .* must be all whole numbers"):
        prepare_pictures(source, tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_pictures_whose_names_differ_in_their_endings_alone_all_stay(tmp_path: Path) -> None:
    source = tmp_path / "set"
    source.mkdir()
    for name in ("a-b.png", "a.b.png", "x.png", "x.jpg", "x-2.png", "X.bmp"):
        Image.new("RGB", (8, 8)).save(source / name)
    assert prepare_pictures(source, tmp_path / "out.zip").written.pictures == 6
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert len({name.lower() for name in archive.namelist()}) == 6


def test_every_kind_that_is_read_is_used_and_the_rest_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "set"
    source.mkdir()
    kinds = ["bmp", "tif", "tiff", "gif", "webp", "jfif", "jpe", "jpeg", "JPG"]
    if features.check("avif"):
        kinds.append("avif")
    for kind in kinds:
        name = source / f"{kind}.{kind}"
        form = "jpeg" if kind.lower() in ("jfif", "jpe", "jpg") else None
        Image.new("RGB", (8, 8), (200, 0, 0)).save(name, form)
    for name in ("drawing.svg", "notes.txt", ".hidden.png", ".DS_Store"):
        (source / name).write_text("x")
    out = tmp_path / "out.zip"
    assert main(["prepare", str(source), "--out", str(out)]) == 0
    said = capsys.readouterr().err
    assert "2 other files passed over, such as drawing.svg: no picture of a kind" in said
    listed = (tmp_path / "out-skipped.txt").read_text()
    assert [line.split("\t")[0] for line in listed.splitlines()] == ["drawing.svg", "notes.txt"]
    data = ImageDataset.load(out)
    assert len(data) == len(kinds)
    assert (data.images.float().mean((2, 3)) - torch.tensor([200.0, 0, 0])).abs().max() < 12


def test_colours_of_another_profile_become_srgb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "set"
    source.mkdir()
    (source / "p3.png").write_bytes((FILES / "p3.png").read_bytes())
    out = tmp_path / "out.zip"
    assert main(["prepare", str(source), "--out", str(out)]) == 0
    assert "1 picture with a colour profile became sRGB" in capsys.readouterr().err
    pixel = ImageDataset.load(out).images[0, :, 0, 0]
    np.testing.assert_allclose(pixel, (217, 42, 52), atol=1)
    with zipfile.ZipFile(out) as archive, archive.open("p3.png") as file:
        assert "icc_profile" not in Image.open(file).info
    # The trainer sees the same colours in the picture itself.
    with PictureSource.open(source) as pictures:
        np.testing.assert_allclose(pictures.read("p3.png").getpixel((0, 0)), (217, 42, 52), atol=1)


def test_a_profile_that_is_damaged_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    picture = Image.new("RGB", (8, 8), (10, 20, 30))
    picture.save(tmp_path / "set" / "a.png", icc_profile=b"no profile at all")
    data = ImageDataset.load(prepare_pictures(tmp_path / "set", tmp_path / "out.zip").written.path)
    assert data.images[0, :, 0, 0].tolist() == [10, 20, 30]


def _png_header(side: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_a_huge_picture_is_said_to_be_huge(tmp_path: Path) -> None:
    (tmp_path / "huge.png").write_bytes(_png_header(14000))
    with (
        PictureSource.open(tmp_path) as source,
        pytest.raises(
            ValueError, match=r"huge\.png in .* has 196 megapixels, at most 178 are read"
        ),
    ):
        source.read("huge.png")


def test_chunks_in_the_wrong_place_are_a_damaged_picture(tmp_path: Path) -> None:
    whole = png_bytes(Image.new("RGB", (8, 8)))
    empty_profile = struct.pack(">I", 0) + b"iCCP" + struct.pack(">I", zlib.crc32(b"iCCP"))
    (tmp_path / "a.png").write_bytes(whole[:-12] + empty_profile + whole[-12:])
    # Pillow's versions differ: some pass it over.
    with PictureSource.open(tmp_path) as source, contextlib.suppress(ValueError):
        source.read("a.png")


@posix
def test_links_are_listed_where_they_are_not_used(tmp_path: Path) -> None:
    source, elsewhere = tmp_path / "set", tmp_path / "elsewhere"
    write_pictures(source, 2, 16)
    write_pictures(elsewhere, 1, 16)
    (source / "one.png").symlink_to(elsewhere / "p0.png")
    (source / "gone.png").symlink_to(tmp_path / "missing.png")
    (source / "linked").symlink_to(elsewhere)
    (source / "again").symlink_to(source)
    prepared = prepare_pictures(source, tmp_path / "out.zip")
    assert prepared.written.pictures == 3
    reasons = dict(prepared.unused)
    assert reasons["gone.png"] == "a link that leads nowhere"
    assert reasons["linked"].startswith(f"a link to the folder {elsewhere}")
    assert set(reasons) == {"gone.png", "linked", "again"}


def test_a_data_set_made_inside_its_source_does_not_learn_its_own_preview(tmp_path: Path) -> None:
    write_pictures(tmp_path, 3, 16)
    (tmp_path / "notes.txt").write_text("x")
    for out in ("data.zip", "data.zip", "other.zip"):
        prepared = prepare_pictures(tmp_path, tmp_path / out)
        assert prepared.written.pictures == 3
    assert ("data-preview.png", "the preview of data.zip") in prepared.unused
    assert len(ImageDataset.load(tmp_path)) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_names_that_are_no_text_are_escaped(tmp_path: Path) -> None:
    source = tmp_path / "set"
    for folder in (b"caf\xe9", b"th\xe9"):
        write_pictures(source / os.fsdecode(folder), 2, 16)
    (source / os.fsdecode(b"\xff.txt")).write_text("x")
    out = tmp_path / "out.zip"
    prepared = prepare_pictures(source, out, folder_labels=True)
    assert prepared.classes == {"caf%E9": 2, "th%E9": 2}
    assert "%FF.txt" in (tmp_path / "out-skipped.txt").read_text()
    with zipfile.ZipFile(out) as archive:
        assert "caf%E9/p0.png" in archive.namelist()
    assert len(ImageDataset.load(out)) == 4
    # The folder itself is a data set, too.
    data = ImageDataset.load(source, workers=1)
    assert len(data.pixels.source_key() or "") == 32


@pytest.mark.process
def test_a_zip_of_many_pictures_is_cut_by_several_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare_module, "_FEW", 8)
    monkeypatch.setattr(prepare_module, "usable_cores", lambda: 2)
    source = write_archive(tmp_path / "set.zip", [f"in/{index:02d}.png" for index in range(40)])
    prepared = prepare_pictures(source, tmp_path / "out.zip")
    assert (prepared.written.pictures, prepared.skipped) == (40, ())


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "0" * 100, '{"labels": 5}', '{"labels": [5]}', "[]"]
)
def test_a_table_that_is_none_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    write_pictures(tmp_path, 1, 16)
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(ValueError, match=r"dataset\.json in .* must be") as refused:
        ImageDataset.load(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_table_that_unpacks_without_end_is_not_read(tmp_path: Path) -> None:
    def bomb(text: bytes) -> Path:
        path = write_archive(tmp_path / "set.zip", ["a.png"])
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("dataset.json", text)
        return path

    for text, message in ((b" " * (18 << 20), "more than 16 MB"), (b"[" * 2_000_000, "far more")):
        with (
            PictureSource.open(bomb(text)) as source,
            pytest.raises(ValueError, match=message),
        ):
            source.labels()


def test_a_zip_of_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match=r"version-25\.5\.zip cannot be read"):
        ImageDataset.load(FILES / "version-25.5.zip")


def test_classes_are_not_kept_one_hot(tmp_path: Path) -> None:
    names = [f"{index}.png" for index in range(40)]
    table = [[name, 65535] for name in names[:-1]] + [[names[-1], 2]]
    data = ImageDataset.load(write_archive(tmp_path / "set.zip", names, table))
    assert data.c_dim == 65536
    rows = data.labels[torch.tensor([0, 0])]
    assert rows.shape == (2, 65536)
    assert rows.dtype == torch.float32
    assert rows.argmax(1).tolist() == [65535, 65535]
    assert data.labels._stored.numel() == 40


def test_the_fingerprint_is_that_of_one_hot_labels(tmp_path: Path) -> None:
    """Run folders written earlier hold it."""
    names = ["a.png", "b.png", "c.png"]
    table = [["a.png", 1], ["b.png", 0], ["c.png", 1]]
    data = ImageDataset.load(write_archive(tmp_path / "set.zip", names, table))
    held = data.images.permute(0, 2, 3, 1).contiguous().numpy()
    dense = np.array([[0, 1], [1, 0], [0, 1]], np.float32)
    assert data.fingerprint() == ImageDataset.from_arrays(held, dense).fingerprint()
