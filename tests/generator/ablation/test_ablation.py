"""The paper's configurations, built and measured without training."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from generator import NetworkConfig, build_network, load_network, save_network
from generator.ablation.configurations import measure_variant
from generator.ablation.variants import VARIANTS, chosen_variants
from generator.commands.main import main
from generator.layers import plan_layers

if TYPE_CHECKING:
    from pathlib import Path

SIZES = {"resolution": 16, "channel_base": 128, "channel_max": 8, "z_dim": 8, "w_dim": 8}


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.name)
def test_every_configuration_draws_and_survives_its_file(variant, tmp_path: Path) -> None:
    net = build_network(variant.config(**SIZES), seed=1)
    save_network(tmp_path / "net.safetensors", net)
    read = load_network(tmp_path / "net.safetensors")
    ws = net.mapping(torch.ones(1, 8))
    assert torch.equal(read.synthesis(ws), net.synthesis(ws))
    assert net.synthesis(ws).shape == (1, 3, 16, 16)
    assert read.config == net.config


def plan(name: str) -> list:
    (variant,) = chosen_variants((name,))
    return plan_layers(variant.config(resolution=64))


def test_octaves_have_two_layers_each() -> None:
    rates = [layer.sampling_rate for layer in plan("G")[1:]]
    assert rates == [4, 8, 8, 16, 16, 32, 32, 64, 64, 64]


def test_what_changes_from_d_to_h() -> None:
    d, e, f, g = (plan(name) for name in "DEFG")
    assert [layer.size[0] for layer in d[1:3]] == [4, 8]
    assert [layer.size[0] for layer in e[1:3]] == [24, 28]
    assert {layer.down for layer in e[1:]} == {1}
    assert {layer.down for layer in f[1:-1]} == {2}
    assert all(layer.cutoff == layer.sampling_rate / 2 for layer in f[1:])
    # Below half the rate by the half-width (√2 - 1) of the transition band, but in the last two.
    assert g[1].cutoff / (g[1].sampling_rate / 2) == pytest.approx(2 - math.sqrt(2))
    assert g[1].stopband == pytest.approx(g[1].sampling_rate / 2)
    assert g[-2].cutoff == g[-2].sampling_rate / 2
    fixed, moved = (chosen_variants((name,))[0].config(**SIZES) for name in "GH")
    assert build_network(fixed).synthesis.input.affine is None
    assert build_network(moved).synthesis.input.affine is not None


@pytest.mark.slow
def test_the_order_of_the_paper_shows_without_training() -> None:
    sizes = {"resolution": 32, "channel_base": 512, "channel_max": 16, "z_dim": 16, "w_dim": 16}
    eq_t, eq_r = {}, {}
    for variant in chosen_variants(("B", "E", "F", "G", "T", "R")):
        found = measure_variant(variant, samples=4, seed=0, **sizes).equivariance
        eq_t[variant.name], eq_r[variant.name] = found.eq_t.db, found.eq_r.db
    # Steps of 3 dB and more in the paper; between random networks of this size about as much.
    assert eq_t["E"] < eq_t["F"] < eq_t["G"]
    assert eq_t["B"] < eq_t["F"]
    assert eq_t["T"] > eq_t["B"] + 20
    assert eq_r["R"] > eq_r["T"] + 20


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"sampling": "steps"}, "sampling"),
        ({"sampling": "octaves", "layers": 14}, "layers must be 9"),
        ({"sampling": "octaves", "layers": 9, "critical_layers": 10}, "critical_layers"),
        ({"upsampling_filter": "bilinear"}, "upsampling_filter"),
        ({"input_transform": "no"}, "input_transform"),
    ],
)
def test_fields_are_checked(options: dict, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        NetworkConfig.from_dict({"resolution": 64, **options})


def test_unknown_configurations_are_named() -> None:
    with pytest.raises(ValueError, match="no configuration is called Q; there are A; B"):
        chosen_variants(("Q",))


@pytest.mark.slow
def test_the_command_writes_table_figures_and_plot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["generator", "ablation", "B", "T", "--resolution", "16", "--channel-base", "128"]
    order += ["--channel-max", "8", "--latent", "8", "--samples", "2", "--out", str(tmp_path / "a")]
    monkeypatch.setattr(sys, "argv", order)
    assert main() == 0
    printed = capsys.readouterr().out
    assert "| T | flexible layers" in printed
    assert "*63.01*" in printed
    assert (tmp_path / "a.md").read_text("utf-8") in printed + "\n"
    assert (tmp_path / "a.csv").read_text("utf-8").count("\n") == 3
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
