"""Trainings of pictures of any shape, grey or with opacity."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from generator import load_network, save_network
from tests.train.conftest import tiny
from train.augment import Draws, augment
from train.commands.main import main
from train.data.dataset import ImageDataset
from train.growth import grow_weights, grown_config
from train.metrics.colours import in_colours
from train.metrics.measure import measure
from train.trainer import Trainer

if TYPE_CHECKING:
    from pathlib import Path


def pictures(count: int, size: tuple[int, int], channels: int) -> np.ndarray:
    """Soft random pictures, [count, *size, channels] uint8."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (count, 4, 4, channels)).astype(np.uint8)
    modes = {1: "L", 3: "RGB", 4: "RGBA"}
    drawn = [
        Image.fromarray(one.squeeze(), modes[channels]).resize((size[1], size[0])) for one in coarse
    ]
    return np.stack([np.asarray(one).reshape(*size, channels) for one in drawn])


@pytest.mark.parametrize(
    ("kind", "size", "channels"),
    [("stylegan2", (16, 24), 4), ("stylegan3-t", (32, 16), 1), ("stylegan3-r", (24, 24), 3),
     ("stylegan3-t", (16, 32), 4), ("stylegan2", (32, 16), 1)],
)  # fmt: skip
def test_trainings_learn_and_resume(kind: str, size: tuple[int, int], channels: int) -> None:
    data = ImageDataset.from_arrays(pictures(8, size, channels))
    config = tiny(
        kind, augment="fixed", augment_p=0.7, mirror=True, path_length_weight=2.0,
        blur_sigma_px=2.0, blur_fade_kimg=1.0, r1_interval=2,
    ).for_data(size=data.size, c_dim=0, channels=data.channels)  # fmt: skip
    trainer = Trainer(config, data)
    before = {name: one.clone() for name, one in trainer.generator.named_parameters()}
    for _ in range(2):
        trainer.step()
    trainer.check_finite()
    changed = [
        name for name, one in trainer.generator.named_parameters() if not one.equal(before[name])
    ]
    assert len(changed) > len(before) // 2
    other = Trainer(config, data)
    other.load_state_dict(copy.deepcopy(trainer.state_dict()))
    assert trainer.step() == other.step()
    net = trainer.ema.network
    assert net.synthesis(net.mapping(torch.zeros(1, net.z_dim))).shape == (1, channels, *size)


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-t"])
def test_networks_grow_in_both_directions(kind: str, tmp_path: Path) -> None:
    small = tiny(kind).for_data(size=(16, 24), c_dim=0, channels=4)
    data = ImageDataset.from_arrays(pictures(4, (16, 24), 4))
    save_network(tmp_path / "small.safetensors", Trainer(small, data).ema.network)
    large = dataclasses.replace(small, network=grown_config(small.network), d_channel_base=128)
    trainer = Trainer(large, ImageDataset.from_arrays(pictures(4, (32, 48), 4)))
    taken = grow_weights(trainer, tmp_path / "small.safetensors")
    assert taken[0].tensors
    assert trainer.generator.size == (32, 48)


@pytest.mark.parametrize("channels", [1, 4])
def test_augmentation_treats_greys_as_equal_colours_and_keeps_opacity(channels: int) -> None:
    values = torch.rand(6, channels, 16, 24, generator=torch.Generator().manual_seed(0))
    draws = Draws.of(6, torch.Generator().manual_seed(1))
    changed = augment(values, 1.0, draws)
    assert changed.shape == values.shape
    if channels == 1:
        colours = augment(values.expand(-1, 3, -1, -1), 1.0, draws)
        torch.testing.assert_close(changed, colours.mean(1, keepdim=True))
        return
    opacity = values[:, 3:].expand(-1, 3, -1, -1)
    # What only moves opacity is what moves a colour; no gate of a colour touches it.
    still = Draws(draws.gates.clone(), draws.uniform, draws.normal)
    still.gates[:, 8:] = 2.0
    torch.testing.assert_close(changed[:, 3], augment(opacity, 1.0, still)[:, 0])


def test_quarter_turns_leave_the_frame_only_of_squares() -> None:
    draws = Draws(torch.full((1, 13), 2.0), torch.full((1, 8), 0.99), torch.zeros(1, 7))
    draws.gates[:, 1] = 0.0
    wide = torch.from_numpy(pictures(1, (16, 32), 3)).permute(0, 3, 1, 2) / 255
    turned = augment(wide, 1.0, draws)
    # About a point half a pixel from the middle.
    assert (turned - wide.flip(2, 3)).abs().mean() < 0.05
    assert (turned - wide).abs().mean() > 0.1


def test_classifiers_see_colours() -> None:
    grey = torch.tensor([[[[10]]]], dtype=torch.uint8)
    assert in_colours(grey).flatten().tolist() == [10, 10, 10]
    clear = torch.tensor([[[[200]], [[0]], [[100]], [[0]]]], dtype=torch.uint8)
    assert in_colours(clear).flatten().tolist() == [128, 128, 128]
    clear[:, 3] = 255
    assert in_colours(clear).flatten().tolist() == [200, 0, 100]
    torch.testing.assert_close(in_colours(torch.ones(1, 4, 2, 2)), torch.ones(1, 3, 2, 2))


def test_metrics_measure_any_shape() -> None:
    data = ImageDataset.from_arrays(pictures(8, (16, 24), 4))
    config = tiny("stylegan3-t").for_data(size=data.size, c_dim=0, channels=4)
    (value,) = measure(Trainer(config, data).ema.network, data, ("eq_t",), samples=6)
    assert value.name == "eq_t"


@pytest.mark.slow
@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (4, "RGBA")])
def test_pictures_are_prepared_trained_on_and_drawn(
    channels: int, mode: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source, made, run = tmp_path / "source", tmp_path / "set.zip", tmp_path / "run"
    source.mkdir()
    for index, one in enumerate(pictures(6, (40, 50), channels)):
        Image.fromarray(one.squeeze(), mode).save(source / f"{index}.png")
    order = ["prepare", str(source), "--out", str(made), "--size", "48x32"]
    assert main([*order, "--channels", str(channels)]) == 0
    assert "6 pictures of 48x32" in capfd.readouterr().err
    assert ImageDataset.load(made).channels == channels
    order = [
        "run", "--data", str(made), "--out", str(run), "--kimg", "0.008", "--precision", "fp32",
        "--z-dim", "8", "--w-dim", "8", "--channel-base", "64", "--channel-max", "4",
        "--d-channel-base", "64", "--d-channel-max", "8", "--threads", "1", "--batch", "4",
    ]  # fmt: skip
    assert main(order) == 0
    net = load_network(run)
    assert (net.size, net.img_channels) == ((32, 48), channels)
    with Image.open(next(run.glob("**/*.png"))) as sheet:
        assert sheet.mode == mode
        assert sheet.width % 48 == sheet.height % 32 == 0
