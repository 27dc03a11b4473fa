"""StyleGAN2 of rosinality's program: pictures as the program itself draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generator import Generator, NetworkFileError, load_network, save_network
from generator.files.pickles.completeness import check_tensors
from generator.files.pickles.importer import load_discriminator
from generator.files.pickles.pickle import open_pickle
from tests.generator.rosinality_files import (
    golden_rosinality,
    ordered,
    random_discriminator,
    random_generator,
    write_rosinality,
)
from train.config.discriminator import DiscriminatorConfig
from train.discriminator import Discriminator

if TYPE_CHECKING:
    from pathlib import Path


@torch.no_grad()
def picture(net: Generator, z: np.ndarray, psi: float = 1.0) -> np.ndarray:
    return net.synthesis(net.mapping(torch.from_numpy(z), psi=psi)).numpy()


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_pictures_are_those_of_the_program(legacy: bool, tmp_path: Path) -> None:
    _, arrays = golden_rosinality()
    net = load_network(write_rosinality(tmp_path / "net.pt", legacy=legacy))
    assert (net.resolution, net.config.mapping_layers, net.config.clamp) == (32, 3, None)
    assert net.info["networks in the file"] == "G_ema, G"
    w = net.mapping(torch.from_numpy(arrays["z"]))[:, 0]
    np.testing.assert_allclose(w.detach().numpy(), arrays["w"], atol=1e-4)
    np.testing.assert_allclose(picture(net, arrays["z"]), arrays["img_const"], atol=1e-4)
    np.testing.assert_allclose(picture(net, arrays["z"], 0.6), arrays["img_psi06"], atol=1e-4)
    check_tensors(open_pickle(tmp_path / "net.pt"))


def test_the_trained_generator_can_be_chosen(tmp_path: Path) -> None:
    path = write_rosinality(tmp_path / "net.ckpt")
    net = load_network(path, network="G")
    assert all(not value.any() for name, value in net.named_parameters() if "weight" in name)


@pytest.mark.parametrize("form", ["plain", "encoder"])
def test_other_programs_wrappings_are_understood(form: str, tmp_path: Path) -> None:
    tensors, arrays = golden_rosinality()
    decoder = {f"decoder.{name}": tensor for name, tensor in tensors.items()}
    encoder = {"encoder.input.weight": torch.zeros(3)}
    average = torch.from_numpy(arrays["latent_avg"]).repeat(8, 1)
    contents = {
        "plain": ordered(tensors),
        "encoder": {"state_dict": ordered(decoder | encoder), "latent_avg": average},
    }
    torch.save(contents[form], tmp_path / "net.pth")
    net = load_network(tmp_path / "net.pth")
    np.testing.assert_allclose(picture(net, arrays["z"]), arrays["img_const"], atol=1e-4)
    if form == "encoder":
        np.testing.assert_array_equal(net.mapping.w_avg.numpy(), arrays["latent_avg"])


def test_a_mean_that_is_not_in_the_file_is_measured(tmp_path: Path) -> None:
    net = load_network(write_rosinality(tmp_path / "net.pt", latent_avg=None))
    ws = net.mapping(torch.randn(4096, 32, generator=torch.Generator().manual_seed(5)))
    mean = ws[:, 0].mean(dim=0)
    assert (net.mapping.w_avg - mean).norm() < 0.1 * ws[:, 0].std(dim=0).norm()
    assert "measured" in net.info["mean w"]
    again = load_network(tmp_path / "net.pt")
    torch.testing.assert_close(again.mapping.w_avg, net.mapping.w_avg, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("channels", "depth"), [((8, 8), 1), ((8, 8, 16, 8, 4), 2), ((4, 4, 4, 2), 8)]
)
def test_sizes_channels_and_depth_follow_from_the_shapes(
    channels: tuple[int, ...], depth: int, tmp_path: Path
) -> None:
    tensors = random_generator(channels, depth, dim=16)
    torch.save({"g_ema": ordered(tensors)}, tmp_path / "net.pt")
    net = load_network(tmp_path / "net.pt")
    assert net.resolution == 2 << len(channels)
    assert [i.channels for i in net.synthesis.layers if i.name.endswith("conv1")] == [*channels]
    assert net.config.mapping_layers == depth
    last = f"convs.{2 * len(channels) - 3}"
    kept = net.state_dict()
    weight = kept[f"synthesis.b{net.resolution}.conv1.weight"]
    torch.testing.assert_close(weight, tensors[f"{last}.conv.weight"][0], rtol=0, atol=0)
    save_network(tmp_path / "net.safetensors", net)
    again = load_network(tmp_path / "net.safetensors")
    assert again.config == net.config
    z = np.zeros((1, 16), np.float32) + 1
    np.testing.assert_array_equal(picture(again, z), picture(net, z))


def test_a_mapping_network_without_a_multiplier_is_recognised(tmp_path: Path) -> None:
    tensors, arrays = golden_rosinality()
    scaled = {
        name: tensor / 100 if name.startswith("style.") else tensor
        for name, tensor in tensors.items()
    }
    net = load_network(write_rosinality(tmp_path / "net.pt", g_ema=ordered(scaled)))
    np.testing.assert_allclose(picture(net, arrays["z"]), arrays["img_const"], atol=1e-4)


def test_the_discriminator_comes_with_our_names(tmp_path: Path) -> None:
    tensors = random_discriminator((8, 8, 8, 4))
    options, found = load_discriminator(write_rosinality(tmp_path / "net.pt", d=ordered(tensors)))
    config = DiscriminatorConfig(resolution=32, channel_base=128, channel_max=8)
    own = Discriminator(config).state_dict()
    assert options["img_resolution"] == 32
    assert {name: value.shape for name, value in found.items()} == {
        name: value.shape for name, value in own.items() if "filter" not in name
    }
    torch.testing.assert_close(found["b16.conv1.weight"], tensors["convs.2.conv2.1.weight"])


def test_what_does_not_fit_is_refused_in_a_line(tmp_path: Path) -> None:
    tensors, _ = golden_rosinality()
    blur = "convs.0.conv.blur.kernel"
    cases = {
        "lacks": {
            name: value for name, value in tensors.items() if "convs.1.conv.weight" not in name
        },
        "has the shape": tensors | {"style.2.weight": torch.zeros(32, 7)},
        "unknown tensor": tensors | {"extra.weight": torch.zeros(3)},
        "not the one of the papers": tensors | {blur: tensors[blur].flip(0) + 1},
        "not floating": tensors | {"style.2.weight": torch.zeros(32, 32, dtype=torch.int64)},
        "lacks the tensor": {n: value for n, value in tensors.items() if "noise_3" not in n},
        "mean w has the shape": tensors,
    }
    for told, changed in cases.items():
        average = torch.zeros(7) if told.startswith("mean w") else None
        path = write_rosinality(tmp_path / "net.pt", g_ema=ordered(changed), latent_avg=average)
        with pytest.raises(NetworkFileError, match=told) as error:
            load_network(path)
        assert "\n" not in str(error.value)
