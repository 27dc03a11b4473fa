"""Networks against arrays of an independent implementation.

Tolerance 1e-4 absolute in float32, the project's bound; measured differences are below 2e-5 for
StyleGAN2's images, which reach 16, and below 1e-6 for StyleGAN3's.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from generator import Generator, NetworkConfig, build_network

GOLDEN = Path(__file__).parents[1] / "golden"
SIZES = {"resolution": 64, "z_dim": 32, "w_dim": 32}
CONFIGS = {
    "stylegan2": NetworkConfig(
        kind="stylegan2", input="const", channel_base=1024, channel_max=16, **SIZES
    ),
    "stylegan3-t": NetworkConfig(kind="stylegan3-t", channel_base=1024, channel_max=16, **SIZES),
    # The arrays hold the doubled channels.
    "stylegan3-r": NetworkConfig(kind="stylegan3-r", channel_base=512, channel_max=8, **SIZES),
}
STYLEGAN3 = ("stylegan3-t", "stylegan3-r")


def golden(kind: str) -> tuple[dict[str, np.ndarray], Generator]:
    with np.load(GOLDEN / f"{kind}.npz") as file:
        arrays = dict(file)
    net = build_network(CONFIGS[kind])
    weights = {
        name.removeprefix("param/"): torch.from_numpy(array)
        for name, array in arrays.items()
        if name.startswith("param/")
    }
    own = net.state_dict()
    derived = {name: buffer for name, buffer in net.named_buffers() if name not in own}
    for name in weights.keys() - own.keys():
        # Filters follow from the configuration: the file's must be the ones designed.
        torch.testing.assert_close(derived[name], weights[name], atol=1e-6, rtol=0)
    net.load_state_dict({name: weights[name] for name in own})
    return arrays, net


def check(actual: torch.Tensor, expected: np.ndarray) -> None:
    torch.testing.assert_close(actual, torch.from_numpy(expected), atol=1e-4, rtol=0)


def one_by_one(net: Generator, ws: torch.Tensor, **options: object) -> torch.Tensor:
    return torch.cat([net.synthesis(w[None], **options) for w in ws])


@torch.no_grad()
def test_mapping(kind: str) -> None:
    arrays, net = golden(kind)
    check(net.mapping(torch.from_numpy(arrays["z"])), arrays["ws"])


@pytest.mark.parametrize("kind", STYLEGAN3)
@torch.no_grad()
def test_truncated_mapping(kind: str) -> None:
    arrays, net = golden(kind)
    check(
        net.mapping(torch.from_numpy(arrays["z"]), psi=0.7, cutoff=4), arrays["ws_psi0.7_cutoff4"]
    )


@pytest.mark.parametrize("noise", ["const", "none"])
@torch.no_grad()
def test_stylegan2_images(noise: str) -> None:
    arrays, net = golden("stylegan2")
    ws = torch.from_numpy(arrays["ws"])
    check(net.synthesis(ws, noise=noise), arrays[f"img_noise_{noise}"])
    check(one_by_one(net, ws, noise=noise), arrays[f"img_noise_{noise}"])


@pytest.mark.parametrize("kind", STYLEGAN3)
@pytest.mark.parametrize("index", range(3))
@torch.no_grad()
def test_stylegan3_images(kind: str, index: int) -> None:
    arrays, net = golden(kind)
    ws = torch.from_numpy(arrays["ws"])
    transform = torch.from_numpy(arrays[f"transform{index}"])
    check(net.synthesis(ws, transform=transform), arrays[f"img{index}"])
    check(one_by_one(net, ws, transform=transform), arrays[f"img{index}"])
    # With gradients single pictures take the way of batches.
    with torch.enable_grad():
        check(net.synthesis(ws[:1], transform=transform).detach(), arrays[f"img{index}"][:1])


@pytest.mark.parametrize("kind", STYLEGAN3)
@torch.no_grad()
def test_stylegan3_layers(kind: str) -> None:
    arrays, net = golden(kind)
    outputs: dict[str, torch.Tensor] = {}
    net.synthesis(torch.from_numpy(arrays["ws"][:1]), taps=outputs.__setitem__)
    check(outputs["input"][:, :4], arrays["input_features"])
    for name in ("L0_36_16", "L5_52_16", "L13_64_16"):
        check(outputs[name], arrays[f"act/{name}"])


@pytest.mark.parametrize("kind", STYLEGAN3)
def test_layer_plan(kind: str) -> None:
    arrays, net = golden(kind)
    table = json.loads(str(arrays["meta"]))["layers"]
    assert len(table) == len(net.synthesis.layers) - 1
    for expected, layer in zip(table, net.synthesis.layers[1:], strict=True):
        assert layer.name == expected["name"]
        assert (layer.in_channels, layer.channels) == (
            expected["in_channels"],
            expected["out_channels"],
        )
        assert list(layer.in_size) == expected["in_size"]
        assert list(layer.size) == expected["out_size"]
        assert (layer.up, layer.down) == (expected["up_factor"], expected["down_factor"])
        assert list(layer.padding) == expected["padding"]
        assert (layer.radial, layer.to_rgb, layer.critical) == (
            expected["down_radial"],
            expected["is_torgb"],
            expected["is_critically_sampled"],
        )
        rates = (layer.in_sampling_rate, layer.sampling_rate, layer.tmp_rate)
        assert rates == (
            expected["in_sampling_rate"],
            expected["out_sampling_rate"],
            expected["tmp_sampling_rate"],
        )
        frequencies = (layer.in_cutoff, layer.cutoff, layer.in_half_width, layer.half_width)
        assert frequencies == pytest.approx(
            (
                expected["in_cutoff"],
                expected["out_cutoff"],
                expected["in_half_width"],
                expected["out_half_width"],
            )
        )
