"""A network out of a run folder, with its card."""

import json
import math
from pathlib import Path

import pytest
import torch
from PIL import Image

from generator import NetworkConfig, build_network, load_network, save_network
from generator.equivariance.metrics import EquivarianceResult, Score
from tests.train.conftest import tiny
from train.data.dataset import ImageDataset
from train.fine_tuning import take_weights
from train.runs.export import export, training_hours
from train.runs.folder import RunFolder
from train.trainer import Trainer


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder as the trainer leaves it, of an untrained network."""
    folder = tmp_path / "run"
    folder.mkdir()
    config = NetworkConfig(
        kind="stylegan3-t",
        resolution=16,
        z_dim=8,
        w_dim=8,
        channel_base=64,
        channel_max=8,
        layers=4,
    )
    info = {
        "kimg": 1.5,
        "data": "/home/me/tiles.zip",
        "pictures": 1234,
        "batch": 4,
        "gamma": 0.2,
        "seed": 3,
    }
    net = build_network(config, seed=1)
    save_network(
        folder / "network-000001.safetensors", net, info=info, preview=Image.new("RGB", (32, 16))
    )
    # 90 steps of 20 s, then 10 steps of 180 s: an hour.
    lines = [{"step": 90, "seconds_per_step": 20.0}, {"step": 100, "seconds_per_step": 180.0}]
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_hours_are_the_sum_over_the_log(run: Path) -> None:
    assert training_hours(run) == pytest.approx(1.0)


def test_export_writes_network_preview_and_card(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "tiles.safetensors"
    calls: list[tuple[int, int]] = []
    card = export(
        run, out, about_data="Tiles (CC0)", samples=2, progress=lambda *done: calls.append(done)
    )
    net = load_network(out)
    assert net.info["kimg"] == 1.5
    assert net.info["hours"] == 1.0
    assert net.info["data"] == "tiles.zip"
    assert net.info["equivariance"]["samples"] == 2
    assert calls[-1] == (2, 2)
    assert Image.open(out.with_suffix(".png")).size == (32, 16)
    text = card.read_text(encoding="utf-8")
    assert card == out.with_suffix(".md")
    for expected in ("StyleGAN3-T", "Tiles (CC0)", "1,234 pictures", "1.5 kimg, 1.00 h", "EQ-R"):
        assert expected in text
    assert f"{net.info['equivariance']['eq_t']['db']:.1f} dB" in text


def test_a_network_without_any_difference_is_exported(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = Score(math.inf, math.inf, math.inf)
    result = EquivarianceResult(exact, exact, Score(40.0, 38.0, math.inf), samples=2, seed=0)
    monkeypatch.setattr("train.runs.export.measure", lambda *_, **__: result)
    card = export(run, tmp_path / "net.safetensors", about_data="", samples=2)
    stored = load_network(tmp_path / "net.safetensors").info["equivariance"]
    assert stored["eq_t"] == {"db": None, "low_db": None, "high_db": None}
    assert stored["eq_r"] == {"db": 40.0, "low_db": 38.0, "high_db": None}
    assert "| EQ-T | ∞ dB: no difference at all |" in card.read_text(encoding="utf-8")


def test_a_place_that_takes_no_files_shows_before_the_measuring(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[object] = []
    monkeypatch.setattr("train.runs.export.measure", lambda *_, **__: measured.append(1))
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        export(run, tmp_path / "file" / "net.safetensors", about_data="", samples=2)
    assert not measured


def test_export_refuses_other_endings(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.safetensors"):
        export(run, tmp_path / "net.pkl", about_data="", samples=1)


@pytest.mark.parametrize(("strength", "words"), [(0.0, "without noise"), (0.5, "with noise")])
def test_the_card_says_what_a_stylegan2_starts_from(
    tmp_path: Path, strength: float, words: str
) -> None:
    config = NetworkConfig(
        kind="stylegan2", resolution=16, z_dim=8, w_dim=8, channel_base=64, channel_max=8
    )
    net = build_network(config)
    for name, parameter in net.named_parameters():
        if name.endswith("noise_strength"):
            parameter.data.fill_(strength)
    info = {"kimg": 1, "data": "t.zip", "pictures": 1, "batch": 4, "gamma": 0.2, "seed": 0}
    save_network(tmp_path / "network-000001.safetensors", net, info=info)
    (tmp_path / "log.jsonl").write_text("")
    card = export(tmp_path, tmp_path / "net.safetensors", about_data="Tiles", samples=1)
    assert f"StyleGAN2 from Fourier features, {words} inputs" in card.read_text(encoding="utf-8")


def test_what_is_exported_holds_the_discriminator_and_can_be_trained_on(
    data: ImageDataset, tmp_path: Path
) -> None:
    trainer = Trainer(tiny(), data)
    for _ in range(2):
        trainer.step()
    with RunFolder.create(tmp_path / "run") as folder:
        info = {"kimg": 0.008, "data": "set", "pictures": 8, "batch": 4, "gamma": 1.0, "seed": 0}
        folder.log({"step": 2, "seconds_per_step": 1.0})
        folder.save_state(trainer.state_dict(), trainer.images_seen)
        folder.save_network(trainer.ema.network, 0, info, Image.new("RGB", (8, 8)))
    out = tmp_path / "out.safetensors"
    card = export(tmp_path / "run", out, about_data="Tiles (CC0)", samples=2, half=True)
    assert "and the discriminator, to train on from" in card.read_text(encoding="utf-8")
    fresh = Trainer(tiny(seed=7), data)
    taken = take_weights(fresh, out)
    assert [one.left for one in taken] == [(), (), ()]
    for name, own in trainer.discriminator.state_dict().items():
        assert torch.equal(fresh.discriminator.state_dict()[name], own.half().float()), name
    buffers = dict(load_network(out).named_buffers())
    for name, own in trainer.ema.network.named_buffers():
        assert torch.equal(buffers[name], own), name


def test_half_precision_is_refused_where_pictures_would_change(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.runs.export._SAME_DB", 200.0)
    with pytest.raises(ValueError, match=r"would be \d+\.\d dB equal, .* leave --half out"):
        export(run, tmp_path / "out.safetensors", about_data="x", samples=2, half=True)


def test_the_card_says_what_a_run_started_from(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "tiles.safetensors"
    card = export(run, out, about_data="tiles", about_start="relief-t, grown", samples=2)
    assert "1.5 kimg, 1.00 h of computation, from relief-t, grown |" in card.read_text()
    assert load_network(out).info["about_start"] == "relief-t, grown"
