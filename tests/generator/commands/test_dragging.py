"""`python -m generator drag`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from generator import save_network
from generator.commands.dragging import _read_start
from generator.commands.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generator.network import Generator

QUICK = ("--steps", "2", "--radius", "2", "--search", "2", "--settle", "0")


@pytest.fixture
def network(tmp_path: Path, tiny: Callable[..., Generator]) -> tuple[Path, Generator]:
    net = tiny("stylegan3-t")
    save_network(tmp_path / "net.safetensors", net)
    return tmp_path / "net.safetensors", net


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["generator", "drag", *map(str, arguments)])
    return main()


def test_a_drag_leaves_a_latent_that_another_starts_from(
    tmp_path: Path,
    network: tuple[Path, Generator],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (path, net), out = network, tmp_path / "out"
    pair = "10,12:14,11"
    assert run(monkeypatch, path, pair, "--seed", 3, "--out", out, *QUICK) == 0
    # A single pair is the input's work alone: w stays, and the picture moves by (4, -1) of 32.
    assert "The input was moved by (4.0, -1.0) px" in capsys.readouterr().out
    figures = json.loads((out / "seed0003.json").read_text())
    assert figures["pairs"] == [[10, 12, 14, 11]]
    assert figures["arrived"]
    ws, transform = _read_start(out / "seed0003.npz", net)
    assert transform is not None
    with torch.no_grad():
        moved = net.synthesis(ws, transform=transform)
        before = net.synthesis(ws)
    inner = slice(8, 24)
    assert (moved[0, :, inner, inner] - before[0, :, 9:25, 4:20]).abs().max() < 0.05

    again = ("--start", out / "seed0003.npz", "--no-move-first", "--out", tmp_path / "two")
    assert run(monkeypatch, path, pair, "20,20:20,20", *again, *QUICK) == 0
    films = Image.open(tmp_path / "two" / "seed0003.webp")
    assert films.n_frames >= 3  # the start and two steps; pictures that are equal are joined
    later = np.load(tmp_path / "two" / "seed0003.npz")
    np.testing.assert_array_equal(later["transform"], transform.numpy())
    assert not np.array_equal(later["ws"], ws[0].numpy())


def test_only_what_the_mask_shows_white_moves(
    tmp_path: Path, network: tuple[Path, Generator], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = network
    free = np.zeros((32, 32), np.uint8)
    free[4:28, 4:28] = 255
    Image.fromarray(free).save(tmp_path / "mask.png")
    masked = ("--mask", tmp_path / "mask.png", "--out", tmp_path / "out")
    assert run(monkeypatch, path, "10,12:14,11", *masked, *QUICK) == 0
    figures = json.loads((tmp_path / "out" / "seed0000.json").read_text())
    assert figures["input"] == "", "with a mask the input must not be moved"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("10;12",), "written like 20,30:26,34"),
        (("10,12:90,11",), "outside the picture of 32"),
        ((), "at least one handle"),
        (("10,12:14,11", "--mask", "small.png"), "have 32 × 32"),
        (("10,12:14,11", "--mask", "none.png"), "not there"),
        (("10,12:14,11", "--start", "small.png"), "no archive"),
        (("10,12:14,11", "--start", "other.npz"), "no latent of this network"),
    ],
)
def test_what_cannot_be_dragged_is_said_in_a_line(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    network: tuple[Path, Generator],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("L", (16, 16)).save("small.png")
    np.savez("other.npz", ws=np.zeros((2, 5), np.float32))
    assert run(monkeypatch, network[0], *arguments, *QUICK) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
