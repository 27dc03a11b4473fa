"""`python -m generator`: what it writes and prints, and how it refuses."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from generator import (
    NetworkConfig,
    build_network,
    load_network,
    save_network,
    seed_z,
    to_uint8,
)
from generator.__main__ import main
from generator.commands.pictures import parse_seeds
from generator.drawing.poster import Poster
from generator.equivariance.metrics import EquivarianceResult, Score

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def network(tmp_path: Path) -> Path:
    config = NetworkConfig(
        kind="stylegan2", resolution=16, z_dim=8, w_dim=8, channel_base=64, channel_max=8
    )
    path = tmp_path / "small.safetensors"
    save_network(path, build_network(config), info={"kimg": 12})
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["generator", *map(str, arguments)])
    return main()


def test_images_are_those_of_the_library(
    network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    code = run(monkeypatch, "images", network, "--seeds", "3,5-6", "--psi", 0.5, "--out", folder)
    assert code == 0
    assert sorted(p.name for p in folder.iterdir()) == [f"seed000{i}.png" for i in (3, 5, 6)]

    net = build_network(
        NetworkConfig(
            kind="stylegan2", resolution=16, z_dim=8, w_dim=8, channel_base=64, channel_max=8
        )
    )
    with torch.no_grad():
        expected = to_uint8(net.synthesis(net.mapping(seed_z([5], 8), psi=0.5)))[0]
    written = np.asarray(Image.open(folder / "seed0005.png"))
    assert np.array_equal(written, expected.permute(1, 2, 0).numpy())


def test_a_canvas_is_that_of_the_library(
    network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        run(monkeypatch, "images", network, "--seeds", 3, "--canvas", "24x41", "--out", tmp_path)
        == 0
    )
    net = load_network(network)
    with torch.no_grad():
        ws = net.mapping(seed_z([3], 8), psi=0.7)
        (expected,) = Poster(net, ws, (24, 41)).strips()
    with Image.open(tmp_path / "seed0003.png") as image:
        np.testing.assert_array_equal(np.asarray(image), expected.numpy())


def test_a_canvas_that_is_none_is_refused_in_one_line(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "images", network, "--canvas", "wide") == 1
    assert "height by width" in capsys.readouterr().err


def test_seams_are_a_table(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "seams", network, "--rows", 2, "--columns", 2) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "small" in line)
    assert all(float(cell) > 0 for cell in line.split("│")[2:-1])


def test_equivariance_prints_json_that_any_program_reads(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exact = Score(math.inf, math.inf, math.inf)
    result = EquivarianceResult(exact, exact, exact, samples=2, seed=0)
    monkeypatch.setattr("generator.commands.equivariance.measure", lambda *_, **__: result)
    assert run(monkeypatch, "equivariance", network, "--json") == 0

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    printed = json.loads(capsys.readouterr().out, parse_constant=refuse)[str(network)]
    assert printed["eq_r"]["db"] is None


def test_equivariance_prints_json(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "equivariance", network, "--samples", 2, "--json") == 0
    result = json.loads(capsys.readouterr().out)[str(network)]
    assert result["samples"] == 2
    assert {"eq_t", "eq_t_frac", "eq_r"} <= result.keys()


def test_layers_prints_json_for_every_layer(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "layers", network, "--samples", 2, "--json") == 0
    rows = json.loads(capsys.readouterr().out)[str(network)]
    assert [row["layer"] for row in rows][:2] == ["input", "b4.conv1"]
    by_layer = {row["layer"]: row["shift_db"] for row in rows}
    assert by_layer["input"] is None, "4x4 are too few to be shifted"
    assert 0 < by_layer["b16.conv1"] < 60
    assert run(monkeypatch, "layers", network, "--samples", 2) == 0
    assert "b16.conv1" in capsys.readouterr().out


def test_info_shows_the_training_figures(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "info", network) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["kind", "stylegan2"] in lines
    assert ["kimg", "12"] in lines


def test_a_missing_file_is_one_line_and_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "info", tmp_path / "none.safetensors") == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_a_label_is_refused_without_classes(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "images", network, "--label", 0) == 1
    assert "no classes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seeds"), [("7", [7]), ("0-3", [0, 1, 2, 3]), ("1,5, 8-9", [1, 5, 8, 9])]
)
def test_seeds_are_parsed(text: str, seeds: list[int]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "3-", "-3", "5-2", "1,,2", "0-99999999"])
def test_what_are_no_seeds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"seeds|range"):
        parse_seeds(text)
