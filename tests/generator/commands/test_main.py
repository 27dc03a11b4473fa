"""`python -m generator`: what it writes and prints, and how it refuses."""

from __future__ import annotations

import json
import math
import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image

from generator import (
    NetworkConfig,
    build_network,
    load_network,
    save_network,
    seed_class,
    seed_z,
    to_uint8,
    transforms,
)
from generator.commands.main import main
from generator.commands.pictures import parse_transform
from generator.drawing.poster import Poster
from generator.equivariance.metrics import EquivarianceResult, Score
from generator.mapping import MappingNetwork
from tests.generator.nvidia_files import write_golden

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


@pytest.fixture
def with_classes(tmp_path: Path) -> Path:
    config = NetworkConfig(
        kind="stylegan2", resolution=16, z_dim=8, w_dim=8, c_dim=3, channel_base=64, channel_max=8
    )
    path = tmp_path / "classes.safetensors"
    save_network(path, build_network(config))
    return path


def drawn(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_labels_are_an_index_weights_or_the_seed_s(
    with_classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, folder = load_network(with_classes), tmp_path / "pictures"
    by_seed = torch.eye(3)[[seed_class(seed, 8, 3) for seed in (4, 5)]]
    assert len({row.argmax().item() for row in by_seed}) == 2, "the two seeds choose two classes"
    weighted = torch.tensor([[0.25, 0.0, 0.75]]).repeat(2, 1)
    for arguments, labels in (
        ((), by_seed),
        (("--label", "seed"), by_seed),
        (("--label", 2), torch.eye(3)[[2, 2]]),
        (("--label", "0:0.25,2:0.75"), weighted),
    ):
        assert not run(
            monkeypatch, "images", with_classes, "--seeds", "4,5", "--out", folder, *arguments
        )
        with torch.no_grad():
            for seed, label in zip((4, 5), labels, strict=True):
                ws = net.mapping(seed_z([seed], 8), label[None], psi=0.7)
                expected = to_uint8(net.synthesis(ws))[0].permute(1, 2, 0).numpy()
                assert np.array_equal(drawn(folder / f"seed000{seed}.png"), expected)


def test_no_command_draws_without_a_class(
    with_classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An all-zero label is one that no network has seen in its training."""
    embedded: list[torch.Tensor] = []
    forward = MappingNetwork.forward

    def watched(self: MappingNetwork, z: torch.Tensor, c: torch.Tensor, **options: Any) -> Any:
        embedded.append(c)
        return forward(self, z, c, **options)

    monkeypatch.setattr(MappingNetwork, "forward", watched)
    few = ("--samples", 2)
    for words in (
        ("images", with_classes, "--seeds", "0,1", "--out", tmp_path / "x"),
        ("seams", with_classes, "--rows", 1, "--columns", 2),
        ("layers", with_classes, *few),
        ("equivariance", with_classes, *few),
    ):
        for label in ((), ("--label", "1:0.5")):
            embedded.clear()
            assert run(monkeypatch, *words, *label) == 0
            assert embedded
            assert all((row != 0).any() for c in embedded for row in c), words
            if label:
                assert all(
                    torch.equal(row, torch.tensor([0, 0.5, 0])) for c in embedded for row in c
                )


@pytest.mark.parametrize(
    "label", ["3", "-1", "x", "", "0:2", "0:0", "0:nan", "1,1", "0:0.5,", "0:-1", "9" * 30]
)
def test_labels_that_are_none_are_refused_in_one_line(
    label: str,
    with_classes: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, "seams", with_classes, f"--label={label}") == 1
    error = capsys.readouterr().err
    assert error.startswith("error: --label")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("seams", "--seed", 2**32),
        ("seams", "--seed", -3),
        ("seams", "--psi", "nan"),
        ("seams", "--psi", "inf"),
        ("seams", "--rows", 0),
        ("images", "--psi", "1e9"),
        ("images", "--seeds", 2**32),
        ("images", "--seeds=-3"),
        ("images", "--seeds", "9" * 5000),
        ("images", "--transform", "x=nan"),
        ("images", "--transform", "scale=0"),
        ("images", "--transform", "y"),
        ("layers", "--samples", 0),
        ("layers", "--seed", -1),
        ("equivariance", "--samples", 0),
        ("equivariance", "--batch", -1),
        ("equivariance", "--seed", 2**32),
    ],
)
def test_numbers_out_of_range_are_refused_in_one_line(
    words: tuple[object, ...],
    network: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    command, *options = words
    assert run(monkeypatch, command, network, *options) == 1
    error = capsys.readouterr().err
    option = str(options[0]).partition("=")[0]
    assert error.startswith(f"error: {option}")
    assert error.count("\n") == 1
    assert len(error) < 300


def test_ablation_checks_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (("--seed", -1), ("--samples", 0), ("--out", "/")):
        assert run(monkeypatch, "ablation", "T", *words) == 1
        assert capsys.readouterr().err.startswith(f"error: {words[0]}")


def test_transforms_are_those_of_the_library(
    network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "scale=2,degrees=30,x=0.25,y=-0.5"
    matrix = transforms.compose(
        transforms.scale(2.0),
        transforms.rotation(math.pi / 6),
        transforms.translation(0.25, -0.5),
    )
    torch.testing.assert_close(parse_transform(text), matrix)
    torch.testing.assert_close(parse_transform("x=0.25"), transforms.translation(0.25, 0.0))
    net = load_network(network)
    words = ("images", network, "--seeds", 3, "--out", tmp_path, "--transform", text)
    assert run(monkeypatch, *words) == 0
    with torch.no_grad():
        expected = to_uint8(net.synthesis(net.mapping(seed_z([3], 8), psi=0.7), transform=matrix))
    assert (
        np.abs(
            drawn(tmp_path / "seed0003.png").astype(int) - expected[0].permute(1, 2, 0).numpy()
        ).max()
        <= 1
    )


def test_noise_is_chosen_and_random_noise_follows_the_seed(
    network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = load_network(network)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith("noise_strength"):
                parameter.fill_(1.0)
    save_network(network, net)
    pictures = {}
    for number, noise in enumerate(("const", "random", "random", "none")):
        folder = tmp_path / str(number)
        words = ("images", network, "--seeds", 3, "--noise", noise, "--out", folder)
        assert run(monkeypatch, *words) == 0
        pictures[number] = drawn(folder / "seed0003.png")
    assert np.array_equal(pictures[1], pictures[2])
    for one, other in ((0, 1), (0, 3), (1, 3)):
        assert not np.array_equal(pictures[one], pictures[other])


def test_several_networks_and_snapshots(
    network: Path, with_classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_folder = tmp_path / "00003-run"
    run_folder.mkdir()
    for kimg, fid in ((1, 5.0), (2, 9.0)):
        name = f"network-{kimg:06d}.safetensors"
        save_network(run_folder / name, build_network(load_network(network).config, seed=kimg))
        with (run_folder / "metric-fid.jsonl").open("a") as file:
            file.write(json.dumps({"results": {"fid": fid}, "snapshot": name}) + "\n")
    pickled = write_golden(tmp_path / "x.pkl", "stylegan2", holds=("G", "G_ema"))
    sources = (network, with_classes, run_folder, network)
    out = tmp_path / "out"
    words = ("--seeds", 0, "--pick", "best", "--out", out)
    assert run(monkeypatch, "images", *sources, *words) == 0
    assert {str(p.relative_to(out)) for p in out.rglob("*.png")} == {
        f"{name}/seed0000.png" for name in ("small", "classes", "00003-run", "small-2")
    }
    best = load_network(run_folder / "network-000001.safetensors")
    with torch.no_grad():
        expected = to_uint8(best.synthesis(best.mapping(seed_z([0], 8), psi=0.7)))[0]
    assert np.array_equal(drawn(out / "00003-run/seed0000.png"), expected.permute(1, 2, 0).numpy())
    for name in ("G", "G_ema"):
        folder = tmp_path / name
        words = ("--seeds", 0, "--network", name, "--out", folder)
        assert run(monkeypatch, "images", pickled, *words) == 0
    assert not np.array_equal(
        drawn(tmp_path / "G/seed0000.png"), drawn(tmp_path / "G_ema/seed0000.png")
    )


@pytest.mark.parametrize("name", ["a:b", "50%", "50%d", "снимки", "写真", "[bold]x[/bold]", "[/x]"])
def test_names_of_any_letters(
    name: str,
    network: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / name
    source = network.rename(network.with_name(f"{name.replace('/', '-')}.safetensors"))
    assert run(monkeypatch, "images", source, "--seeds", 1, "--out", folder) == 0
    assert (folder / "seed0001.png").is_file()
    target = folder / f"{name.replace('/', '-')}.safetensors"
    assert run(monkeypatch, "convert", source, target) == 0
    assert load_network(target).kind == "stylegan2"
    for words in (
        ("seams", "--rows", 1),
        ("layers", "--samples", 1),
        ("equivariance", "--samples", 1),
        ("info",),
    ):
        command, *options = words
        assert run(monkeypatch, command, source, *options) == 0
    assert name[:3] in capsys.readouterr().out


def test_folders_that_cannot_be_written_are_one_line(
    network: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").write_text("no folder")
    for words in (
        ("images", network, "--out", tmp_path / "file"),
        ("images", network, "--out", tmp_path / "file/below"),
        ("images", network, "--out", "/proc/nothing"),
        ("convert", network, tmp_path / "file/x.safetensors"),
        ("ablation", "T", "--out", tmp_path / "file/x"),
    ):
        assert run(monkeypatch, *words) == 1
        error = capsys.readouterr().err
        assert error.startswith("error: /")
        assert error.count("\n") == 1
        assert "Errno" not in error


def test_a_folder_in_which_nothing_can_be_written(
    network: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert run(monkeypatch, "images", network, "--out", tmp_path) == 1
    assert "nothing can be written" in capsys.readouterr().err


@pytest.mark.slow
def test_project_finds_pictures_and_leaves_all_about_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = NetworkConfig(
        kind="stylegan3-t", resolution=16, z_dim=8, w_dim=8, channel_base=64, channel_max=8,
        layers=4, margin=4,
    )  # fmt: skip
    save_network(tmp_path / "net.safetensors", build_network(config))
    for name in ("one", "two"):
        Image.new("RGB", (40, 30), "grey").save(tmp_path / f"{name}.png")
    pictures = [str(tmp_path / f"{name}.png") for name in ("one", "two")]
    out = tmp_path / "out"
    few = "--candidates 8 --poses 4 --starts 1 --search-steps 3 --refinements 1 --layer-steps 2"
    words = ["project", str(tmp_path / "net.safetensors"), *pictures, "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["generator", *words, *few.split(), "--tune", "2"])
    assert main() == 0
    told = capsys.readouterr()
    assert "cropped from 40 × 30" in told.err
    for name in ("one", "two"):
        found = np.load(out / f"{name}.npz")
        tuned = load_network(out / f"{name}.safetensors")
        assert found["ws"].shape == (tuned.num_ws, 8)
        figures = json.loads((out / f"{name}.json").read_text())
        with torch.no_grad():
            ws = torch.from_numpy(found["ws"])[None]
            image = load_network(tmp_path / "net.safetensors").synthesis(
                ws, transform=torch.from_numpy(found["transform"])
            )
        grey = 128 / 127.5 - 1
        level = 10 * math.log10(4 / float((image.clamp(-1, 1) - grey).square().mean()))
        assert figures["psnr_db"] == pytest.approx(level, abs=0.1)
        assert Image.open(out / f"{name}.png").width > 3 * 500
        assert Image.open(out / f"{name}.webp").n_frames > 2
        assert "tuned" in (out / f"{name}.md").read_text()
