"""`python -m generator convert`, `info`, `list` and `download`."""

from __future__ import annotations

import io
import sys
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generator import load_network, save_network, seed_z
from generator.commands.main import main
from generator.files.published import NetworkCache, find_published
from tests.generator.nvidia_files import write_golden
from tests.generator.rosinality_files import write_rosinality
from tests.generator.xl_files import write_xl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NetworkCache:
    """No test sees what this user has downloaded."""
    cache = NetworkCache(tmp_path / "cache")
    for module in ("files.checkpoint", "commands.files"):
        monkeypatch.setattr(f"generator.{module}.NetworkCache", lambda: cache)
    return cache


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["generator", *map(str, arguments)])
    return main()


@pytest.mark.slow
def test_convert_to_safetensors_is_exact(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "a.pkl", tmp_path / "b.safetensors"
    write_golden(source, kind)
    assert run(monkeypatch, "convert", source, target) == 0
    before, after = load_network(source), load_network(target)
    assert after.config == before.config
    assert after.info == before.info
    for name, tensor in before.state_dict().items():
        assert torch.equal(tensor, after.state_dict()[name]), name


def test_pickles_of_stylegan3_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_golden(tmp_path / "a.pkl", "stylegan3-t")
    for name, message in (("b.pkl", "docs/checkpoints.md"), ("b.png", ".html, .pt")):
        assert run(monkeypatch, "convert", source, tmp_path / name) == 1
        assert message in capsys.readouterr().err
        assert not (tmp_path / name).exists()


def test_info_tells_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_golden(tmp_path / "a.pkl", "stylegan3-r")
    assert run(monkeypatch, "info", path) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for fact in (
        "kind stylegan3-r",
        "resolution 64 × 64",
        "network G_ema",
        "networks in the file G_ema, G, D",
        "training set path /data/x.zip",
        "channel_max 8",
        "L13_64_16",
    ):
        assert fact in shown


def array(*shape: int) -> bytes:
    """The bytes that `np.save` writes."""
    file = io.BytesIO()
    np.save(file, np.zeros(shape, np.float32))
    return file.getvalue()


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_info_names_a_folder_of_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.png", "sub/b.JPG", "c.txt"):
        (tmp_path / name).write_bytes(b"")
    assert run(monkeypatch, "info", tmp_path) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "a folder with 2 pictures" in shown
    assert "train prepare" in shown


@pytest.mark.parametrize(
    ("name", "beginning", "facts"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n", ("a PNG picture", "opened in the window")),
        ("a.npz", b"PK\x03\x04", ("an archive that is damaged", "nothing")),
        ("a.npz", zipped(**{"z.npy": array(4), "b.npy": b"no"}), ("z float32 [4], b", "a latent")),
        ("a.npz", zipped(**{"z.npy": array(), "b.npy": b"no"}), ("z float32 []", "nothing")),
        ("a.npz", zipped(**{"session.npy": array()}), ("arrays: session", "as a session")),
        ("a.zip", zipped(**{"a/b.PNG": b"", "dataset.json": b""}), ("1 picture and", "prepare")),
        ("a.zip", zipped(**{"a.txt": b""}), ("a zip without pictures", "nothing")),
        ("a.npy", b"\x93NUMPY", ("a NumPy array, damaged", "nothing")),
        ("a.npy", array(1, 5, 8), ("float32 [1, 5, 8]", "a w for each layer")),
        ("a.npy", array(3, 5, 8), ("float32 [3, 5, 8]", "favourites")),
        ("a.npy", array(2, 3, 5, 8), ("float32 [2, 3, 5, 8]", "nothing")),
        ("age_direction.npy", array(1, 8), ("float32 [1, 8]", "a direction in w")),
        ("a.mov", b"\0\0\0 ftypqt  ", ("a QuickTime film", "session")),
        ("a.html", b"<!doctype html>\n<!-- ONNX Runtime", ("a page that draws", "browser")),
        ("a.mp4", b"\0\0\0 ftypisom", ("an MP4 film", "session")),
        ("a.json", b' {"a": 1}', ("JSON text", "session")),
        ("a.onnx", b"\x08\x07", ("an ONNX network", "written here, not read")),
    ],
)
def test_info_names_files_that_are_no_networks(
    name: str,
    beginning: bytes,
    facts: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / name).write_bytes(beginning)
    assert run(monkeypatch, "info", tmp_path / name) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(fact in shown for fact in facts)


@pytest.mark.parametrize(
    ("write", "facts"),
    [
        (lambda path: write_golden(path / "a.pkl", "stylegan3-t"), ("NVIDIA's stylegan3", "from")),
        (lambda path: write_rosinality(path / "a.pt"), ("rosinality's", "archive of torch.save")),
        (lambda path: write_xl(path / "a.pkl", "stem"), ("StyleGAN-XL", "not trained from: each")),
    ],
)
def test_info_says_who_made_a_network_and_what_it_is_good_for(
    write: Callable[[Path], Path],
    facts: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, "info", write(tmp_path), "--no-layers") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(fact in shown for fact in ("made by", "can be drawn", *facts))


def test_info_shows_figures_as_they_are(
    tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Print what looks like a mark of this terminal's printing as text like any other."""
    path = tmp_path / "net.safetensors"
    save_network(path, tiny("stylegan2"), info={"[/bold]": "[red]x", "tool": "\x1b[31m"})
    assert run(monkeypatch, "info", path, "--no-layers") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "[/bold] [red]x" in shown
    assert "tool \ufffd[31m" in shown


def test_list_shows_what_is_here(
    cache: NetworkCache,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "stylegan3-t-ffhqu-256x256"
    cache.folder.mkdir()
    write_golden(cache.path(find_published(name)), "stylegan3-t")
    assert run(monkeypatch, "list", "--no-bundled") == 0
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if name in line).rstrip(" │|").endswith("yes")
    assert any("non-commercial" in line for line in lines)
    # It opens by its name, and by its address.
    z = seed_z([1], 32)
    for source in (name, find_published(name).url):
        net = load_network(source)
        assert net.mapping(z).shape == (1, 16, 32)


def test_what_is_not_here_has_to_be_downloaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "stylegan3-r-ffhq-1024x1024"
    assert run(monkeypatch, "info", name) == 1
    assert f"python -m generator download {name}" in capsys.readouterr().err
    assert run(monkeypatch, "download", name) == 1
    error = capsys.readouterr().err
    assert "non-commercial" in error
    assert "--accept-licence" in error
    assert run(monkeypatch, "download", "stylegan9") == 1
    assert "no published network" in capsys.readouterr().err
