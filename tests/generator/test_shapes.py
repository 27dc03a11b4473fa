"""Networks whose pictures are no squares of a power of two."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
import torch

from generator import NetworkConfig, build_network, load_network, save_network, seed_z, transforms
from generator.equivariance.metrics import measure
from generator.layers import count_weights, plan_layers
from generator.shapes import check_learnable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generator import Generator

SIZE = (32, 48)
"""Height and width; multiples of StyleGAN2's step of 8 pixels at a resolution of 32."""


@pytest.mark.parametrize("channels", [1, 3, 4])
@torch.inference_mode()
def test_pictures_have_the_size_and_the_channels(
    tiny: Callable[..., Generator], kind: str, channels: int, tmp_path: Path
) -> None:
    net = tiny(kind, size=SIZE, img_channels=channels, input="const")
    assert net.size == SIZE
    ws = net.mapping(seed_z([1], 16))
    seen: dict[str, tuple[int, ...]] = {}
    image = net.synthesis(ws, taps=lambda name, x: seen.update({name: tuple(x.shape[2:])}))
    assert image.shape == (1, channels, *SIZE)
    assert seen == {layer.name: layer.size for layer in net.synthesis.layers}
    save_network(tmp_path / "net.safetensors", net)
    again = load_network(tmp_path / "net.safetensors")
    assert again.config == net.config
    torch.testing.assert_close(again.synthesis(ws), image)


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-t", "stylegan3-r"])
@pytest.mark.parametrize("size", [(32, 48), (16, 40)])
@torch.inference_mode()
def test_they_are_canvases_of_a_square_network(
    tiny: Callable[..., Generator], kind: str, size: tuple[int, int]
) -> None:
    """One unit for both axes: the same weights draw the same plane."""
    square, other = tiny(kind), tiny(kind, size=size)
    weights = {name: x for name, x in square.state_dict().items() if "noise_const" not in name}
    assert not other.load_state_dict(weights, strict=False).unexpected_keys
    ws = square.mapping(seed_z([3], 16))
    turned = transforms.compose(transforms.rotation(0.4), transforms.translation(0.1, -0.2))
    for transform in (None, turned):
        expected = square.synthesis(ws, canvas=size, transform=transform, noise="none")
        drawn = other.synthesis(ws, transform=transform, noise="none")
        torch.testing.assert_close(drawn, expected, atol=1e-6, rtol=1e-5)
        canvas = other.synthesis(ws, canvas=(32, 32), transform=transform, noise="none")
        whole = square.synthesis(ws, transform=transform, noise="none")
        torch.testing.assert_close(canvas, whole, atol=1e-6, rtol=1e-5)


@torch.inference_mode()
def test_a_constant_of_any_shape_moves_in_one_unit(tiny: Callable[..., Generator]) -> None:
    net = tiny("stylegan2", size=SIZE, input="const")
    const = net.synthesis.get_parameter("b4.const")
    assert const.shape[1:] == (4, 6)
    starts: list[torch.Tensor] = []
    net.synthesis(
        net.mapping(seed_z([1], 16)),
        # A quarter of the unit is one of its four samples, on either axis.
        transform=transforms.translation(0.25, -0.25),
        taps=lambda name, x: starts.append(x) if name == "input" else None,
    )
    torch.testing.assert_close(starts[0][0, :, :-1, 1:], const[:, 1:, :-1], atol=1e-5, rtol=1e-5)


def test_configurations_of_squares_need_no_size(kind: str) -> None:
    fields = NetworkConfig(kind=kind, resolution=32, layers=6).to_dict()
    del fields["size"]
    old = NetworkConfig.from_dict(fields)
    assert old.size is None
    assert NetworkConfig.from_dict(fields | {"size": [32, 32]}) == old
    other = NetworkConfig.from_dict(json.loads(json.dumps(fields | {"size": SIZE})))
    assert (other.size, other.height, other.width) == (SIZE, *SIZE)
    stored = sum(tensor.numel() for tensor in build_network(other).state_dict().values())
    assert 0.9 * stored < count_weights(other) <= stored


@pytest.mark.parametrize(
    "size", [(33, 48), (0, 32), (-8, 32), (32,), (32, 32, 32), 32, "ab", (32.0, 32), (8, 8 << 20)]
)
def test_other_sizes_are_refused_by_name(kind: str, size: object) -> None:
    with pytest.raises(ValueError, match="size") as error:
        NetworkConfig.from_dict({"kind": kind, "resolution": 32, "layers": 6, "size": size})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("size", "unit2", "unit3"),
    [((512, 512), 512, 512), ((288, 512), 128, 512), ((384, 640), 512, 512),
     ((768, 1280), 1024, 1024), ((384, 384), 256, 256)],
)  # fmt: skip
def test_the_unit_follows_from_the_size(size: tuple[int, int], unit2: int, unit3: int) -> None:
    check_learnable(size)
    for kind, unit in (("stylegan2", unit2), ("stylegan3-t", unit3)):
        base = NetworkConfig(kind=kind, resolution=64, channel_base=16384)
        made = base.for_pictures(size=size, c_dim=2, img_channels=4)
        assert (made.resolution, made.height, made.width) == (unit, *size)
        assert (made.c_dim, made.img_channels) == (2, 4)
        assert made.for_pictures(size=size, c_dim=2, img_channels=4) == made
        assert made.for_pictures(size=(64, 64), c_dim=0) == base
        # As many channels at full size as a square network of that size has.
        full = 1 << (max(size).bit_length() - 1)
        square = plan_layers(base.for_pictures(size=(full, full), c_dim=0))
        assert plan_layers(made)[-2].channels == square[-2].channels


@pytest.mark.parametrize(
    ("size", "near"), [((300, 500), "512x288"), ((720, 1280), "1280x768"), ((50, 48), "48x52")]
)
def test_sizes_that_cannot_be_learned_name_the_nearest(size: tuple[int, int], near: str) -> None:
    with pytest.raises(ValueError, match=f"multiples of .* as in {near}"):
        check_learnable(size)


@pytest.mark.slow
def test_equivariance_is_measured_in_one_unit(tiny: Callable[..., Generator]) -> None:
    net = tiny("stylegan3-r", size=(64, 96), resolution=64, layers=8, margin=10)
    found = measure(net, samples=3)
    assert found.eq_t.db > 40
    assert math.isfinite(found.eq_r.db)
    assert found.eq_r.db > 30
