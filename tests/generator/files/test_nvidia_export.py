"""StyleGAN2 written for NVIDIA's programs, in the layout that holds no source text."""

from __future__ import annotations

import dataclasses
import pickle
import pickletools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from generator import load_network
from generator.files.nvidia_export import export_nvidia
from generator.files.pickles.importer import load_discriminator
from tests.generator.files.pickles.test_tensorflow_networks import to_tensorflow
from tests.generator.nvidia_files import golden, named_modules, write_golden
from train.discriminator import Discriminator, DiscriminatorConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generator import Generator

NAMES = {
    "dnnlib.tflib.network Network",
    "numpy.core.multiarray _reconstruct",
    "numpy ndarray",
    "numpy dtype",
}
"""All that such a file may ask for."""


def asked_for(path: Path) -> set[str]:
    return {str(arg) for op, arg, _ in pickletools.genops(path.read_bytes()) if op.name == "GLOBAL"}


def unpickled(path: Path) -> Any:
    """As Python's own pickle reads it, with classes of the names in it."""
    with named_modules():
        return pickle.loads(path.read_bytes())


def test_variables_are_those_of_the_program(tmp_path: Path) -> None:
    """Made of a golden network of theirs: the names and numbers that its file would hold."""
    _, weights, arrays = golden("stylegan2")
    net = load_network(write_golden(tmp_path / "theirs.pkl", "stylegan2", holds=("G_ema",)))
    export_nvidia(net, tmp_path / "ours.pkl")
    assert asked_for(tmp_path / "ours.pkl") == NAMES
    texts = [
        arg for _, arg, _ in pickletools.genops((tmp_path / "ours.pkl").read_bytes())
        if isinstance(arg, str)
    ]  # fmt: skip
    assert max(map(len, texts)) < 40, "no source text"
    generator, judge, average = unpickled(tmp_path / "ours.pkl")
    assert generator is average
    assert generator.version == judge.version == 4
    own, mapping, synthesis = to_tensorflow(weights)
    found = [dict(one.variables) for one in (generator, *generator.components.values())]
    for variables, expected in zip(found, (own, mapping, synthesis), strict=True):
        expected.pop("lod", None)
        assert variables.keys() == expected.keys()
        for name, array in expected.items():
            np.testing.assert_allclose(variables[name], array, rtol=0, atol=1e-6)
    again = load_network(tmp_path / "ours.pkl")
    ws = again.mapping(torch.from_numpy(arrays["z"]))
    with torch.no_grad():
        pictures = again.synthesis(ws, noise="const")
    np.testing.assert_allclose(pictures.numpy(), arrays["img_noise_const"], atol=1e-4)


@pytest.mark.parametrize(
    "options",
    [
        {"architecture": "resnet", "c_dim": 3, "img_channels": 1, "clamp": None},
        {"architecture": "orig", "img_channels": 4, "map_depth": 2, "z_dim": 12},
    ],
)
@torch.no_grad()
def test_every_architecture_comes_back(
    options: dict[str, Any], tiny: Callable[..., Generator], tmp_path: Path
) -> None:
    net = tiny("stylegan2", input="const", channel_max=8, channel_base=256, **options)
    net.mapping.w_avg.normal_()
    export_nvidia(net, tmp_path / "net.pkl")
    again = load_network(tmp_path / "net.pkl")
    unused = {"layers": net.config.layers, "margin": net.config.margin}
    assert dataclasses.replace(again.config, **unused) == net.config
    z, labels = torch.randn(2, net.z_dim), torch.eye(net.c_dim)[:2] if net.c_dim else None
    pictures = [one.synthesis(one.mapping(z, labels, psi=0.5)) for one in (net, again)]
    torch.testing.assert_close(*pictures, atol=1e-4, rtol=1e-4)
    told, tensors = load_discriminator(tmp_path / "net.pkl")
    judge = Discriminator(
        DiscriminatorConfig(
            resolution=net.resolution, c_dim=net.c_dim, img_channels=net.img_channels,
            channel_base=256, channel_max=8,
        )
    )  # fmt: skip
    assert told["architecture"] == "resnet"
    assert {
        name: one.shape for name, one in tensors.items() if not name.startswith("mapping.")
    } == {
        name: one.shape
        for name, one in judge.state_dict().items()
        if not name.startswith("mapping.")
    }


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"kind": "stylegan3-t"}, "only StyleGAN2"),
        ({"input": "fourier"}, "learned constant"),
        ({"size": (32, 48)}, "square"),
        ({"activation": "relu"}, "leaky ReLUs"),
        ({"channel_base": 255}, "even base"),
        ({"layer_features": 8}, "as wide as w"),
        ({"c_dim": 2, "class_features": 4}, "no descriptions"),
    ],
)
def test_networks_that_the_layout_has_not_are_refused(
    options: dict[str, Any], reason: str, tiny: Callable[..., Generator], tmp_path: Path
) -> None:
    net = tiny(**({"kind": "stylegan2", "input": "const"} | options))
    with pytest.raises(ValueError, match=reason) as error:
        export_nvidia(net, tmp_path / "net.pkl")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())
