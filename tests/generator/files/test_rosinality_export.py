"""StyleGAN2 written as rosinality's program saves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generator import load_network
from generator.files.rosinality_export import export_rosinality
from tests.generator.rosinality_files import golden_rosinality, random_generator, write_rosinality

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generator import Generator


def test_a_network_of_the_program_comes_back_as_it_was(tmp_path: Path) -> None:
    """Names, shapes and numbers are those that the program itself wrote."""
    tensors, arrays = golden_rosinality()
    net = load_network(write_rosinality(tmp_path / "theirs.pt"))
    export_rosinality(net, tmp_path / "ours.pt")
    written = torch.load(tmp_path / "ours.pt", weights_only=True)
    assert written["g_ema"].keys() == tensors.keys()
    for name, tensor in tensors.items():
        torch.testing.assert_close(written["g_ema"][name], tensor, rtol=0, atol=0)
    np.testing.assert_array_equal(written["latent_avg"].numpy(), arrays["latent_avg"])


def test_names_are_theirs_at_any_size(tiny: Callable[..., Generator], tmp_path: Path) -> None:
    net = tiny("stylegan2", input="const", channel_max=8, channel_base=256, clamp=None)
    export_rosinality(net, tmp_path / "net.pt")
    expected = random_generator((8, 8, 8, 8), net.config.mapping_layers, dim=16)
    written = torch.load(tmp_path / "net.pt", weights_only=True)["g_ema"]
    assert {name: one.shape for name, one in written.items()} == {
        name: one.shape for name, one in expected.items()
    }
    again = load_network(tmp_path / "net.pt")
    ws = net.mapping(torch.randn(2, 16))
    torch.testing.assert_close(again.synthesis(ws), net.synthesis(ws), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"kind": "stylegan3-t"}, "StyleGAN2 alone"),
        ({"input": "fourier"}, "learned constant"),
        ({"architecture": "resnet"}, "skips of pictures"),
        ({"activation": "relu"}, "leaky ReLUs"),
        ({"c_dim": 2}, "no classes"),
        ({"img_channels": 4}, "in colours"),
        ({"size": (32, 48)}, "square"),
        ({"z_dim": 8}, "one length"),
    ],
)
def test_networks_that_the_program_has_not_are_refused(
    options: dict[str, object], reason: str, tiny: Callable[..., Generator], tmp_path: Path
) -> None:
    fields = {"kind": "stylegan2", "input": "const"} | options
    with pytest.raises(ValueError, match=reason):
        export_rosinality(tiny(fields.pop("kind"), **fields), tmp_path / "net.pt")
    assert not (tmp_path / "net.pt").exists()
