"""StyleGAN-XL's networks: pictures as the program itself draws them."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from generator import NetworkConfig, NetworkFileError, build_network, load_network, save_network
from generator.files.pickles.importer import load_discriminator
from tests.generator.nvidia_files import Module, named_modules
from tests.generator.xl_files import golden_xl, write_xl

if TYPE_CHECKING:
    from pathlib import Path

Tensors = dict[str, np.ndarray]
States = dict[str, dict[str, Any]]


@torch.no_grad()
@pytest.mark.parametrize("name", ["stem", "super"])
def test_pictures_are_those_of_the_program(name: str, tmp_path: Path) -> None:
    _, _, arrays = golden_xl(name)
    net = load_network(write_xl(tmp_path / "net.pkl", name))
    assert (net.kind, net.c_dim, net.num_ws) == ("stylegan3-r", 10, arrays["ws"].shape[1])
    z, c = torch.from_numpy(arrays["z"]), torch.from_numpy(arrays["c"])
    for psi, ws, picture in ((1.0, "ws", "img"), (0.7, "ws07", "img07")):
        found = net.mapping(z, c, psi=psi)
        np.testing.assert_allclose(found.numpy(), arrays[ws], atol=1e-4)
        np.testing.assert_allclose(net.synthesis(found).numpy(), arrays[picture], atol=1e-4)
    save_network(tmp_path / "net.safetensors", net)
    again = load_network(tmp_path / "net.safetensors")
    assert again.config == net.config
    assert torch.equal(again.synthesis(again.mapping(z, c)), net.synthesis(net.mapping(z, c)))


@torch.no_grad()
def test_between_classes_the_mean_is_between_theirs(tmp_path: Path) -> None:
    mapping = load_network(write_xl(tmp_path / "net.pkl", "stem")).mapping
    label = torch.zeros(1, 10)
    label[0, 2], label[0, 3] = 0.25, 0.75
    expected = 0.25 * mapping.w_avg[2] + 0.75 * mapping.w_avg[3]
    torch.testing.assert_close(mapping.average(label)[0], expected)
    torch.testing.assert_close(mapping.average(), mapping.w_avg.mean(0))
    ws = mapping(torch.randn(1, 64), label, psi=0.0)
    torch.testing.assert_close(ws[0, 0], expected)
    with pytest.raises(ValueError, match="cannot be trained"):
        mapping(torch.randn(1, 64), label, update_average=True)


def test_its_discriminator_is_named_and_refused(tmp_path: Path) -> None:
    path = write_xl(tmp_path / "net.pkl", "stem")
    assert "D" in load_network(path).info["networks in the file"]
    with pytest.raises(NetworkFileError, match="kind that cannot be read"):
        load_discriminator(path)


LAYER = "synthesis.L7_52_16"
CHANGES = {
    "lacks the tensor": lambda tensors, states: tensors.pop(f"{LAYER}.affine.bias"),
    "has the shape": lambda tensors, states: tensors.update(
        {f"{LAYER}.weight": np.zeros((16, 16, 3, 3), np.float32)}
    ),
    "up_factor of its layer": lambda tensors, states: states[LAYER].update(up_factor=2),
    "padding of its layer": lambda tensors, states: states[LAYER].update(padding=[0, 0, 0, 0]),
    "in_cutoff of its layer": lambda tensors, states: states[LAYER].update(in_cutoff=1.0),
    "out_cutoff is None": lambda tensors, states: states[LAYER].update(out_cutoff=None),
    "channels must be": lambda tensors, states: states[LAYER].update(out_channels=1 << 40),
    "sampling rate of a band": lambda tensors, states: states[LAYER].update(
        out_sampling_rate=1 << 20
    ),
    "half width must be|no number": lambda tensors, states: states[LAYER].update(
        out_half_width=float("nan")
    ),
    "not the one of the papers": lambda tensors, states: tensors.update(
        {f"{LAYER}.down_filter": np.zeros((12, 12), np.float32)}
    ),
    "num_critical is": lambda tensors, states: states["synthesis"].update(num_critical="2"),
    "c_dim is": lambda tensors, states: states[""].update(c_dim=None),
    "describes 13 of its 500 classes": lambda tensors, states: states[""].update(c_dim=500),
    "resolution must be": lambda tensors, states: states[""].update(img_resolution=1 << 30),
    "described in an unknown way": lambda tensors, states: tensors.pop("mapping.embed_proj.weight"),
}


@pytest.mark.parametrize("told", CHANGES)
def test_what_does_not_fit_is_refused_in_a_line(told: str, tmp_path: Path) -> None:
    path = write_xl(tmp_path / "net.pkl", "super", CHANGES[told])
    with pytest.raises(NetworkFileError, match=told) as error:
        load_network(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("part", "class_name", "told"),
    [
        ("mapping", "DummyMapping", "Projected GAN's FastGAN"),
        ("synthesis", "FastganSynthesis", "Projected GAN's FastGAN"),
        ("feat_8", "Sequential", "a FastGAN"),
        ("MainLayers", "ModuleList", "an R3GAN"),
    ],
)
def test_other_programs_networks_are_named(
    part: str, class_name: str, told: str, tmp_path: Path
) -> None:
    with named_modules():
        root = Module("Generator")
        root.state["_modules"][part] = Module(class_name)
        (tmp_path / "net.pkl").write_bytes(pickle.dumps({"G_ema": root}))
    with pytest.raises(NetworkFileError, match=f"{told} generator, which cannot be drawn here"):
        load_network(tmp_path / "net.pkl")


def test_layers_laid_down_one_by_one_cannot_have_another_size() -> None:
    config = NetworkConfig(kind="stylegan2", resolution=16, channels=(8, 16, 4), z_dim=8, w_dim=8)
    net = build_network(config)
    assert [layer.channels for layer in net.synthesis.layers if layer.kernel == 3] == [
        8,
        16,
        16,
        4,
        4,
    ]
    assert config.for_pictures(size=(16, 16), c_dim=2).c_dim == 2
    with pytest.raises(ValueError, match="one by one"):
        config.for_pictures(size=(32, 32), c_dim=0)
    for wrong in ((8, 16), (8, 16, 0), "abc", (8, 16, 1.5), 3):
        with pytest.raises(ValueError, match="channels"):
            NetworkConfig(kind="stylegan2", resolution=16, channels=wrong)
    for wrong in (((1.0, 1.0, 16),), "x", ((1.0,),) * 15, ((0.0, 1.0, 16),) * 15):
        with pytest.raises(ValueError, match=r"band|cutoff"):
            NetworkConfig(resolution=16, bands=wrong)
