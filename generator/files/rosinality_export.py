"""Writes a StyleGAN2 as a checkpoint of rosinality's stylegan2-pytorch, tensors and nothing else.

The way back of `generator.files.pickles.rosinality`, where the differences are explained.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator.files.atomic_files import write_atomically
from generator.files.pickles.rosinality import PARTS

if TYPE_CHECKING:
    from generator.network import Generator

_SYNTHESIS = re.compile(r"synthesis\.b(\d+)\.(const|(conv0|conv1|torgb)\.(.+))")
_MAPPING = re.compile(r"mapping\.fc(\d+)\.(weight|bias)")
_PARTS = {ours: theirs for theirs, ours in PARTS.items() if ours != "bias"}
_UPSAMPLED_GAIN = 4.0
"""Its filters are stored times the square of the upsampling."""


def export_rosinality(net: Generator, path: str | Path) -> None:
    """Write the averaged generator `g_ema` and `latent_avg`, all at once.

    That program makes its networks by tables of its own: what it has to be told is `--size`,
    `--latent`, `--n_mlp` and `--channel_multiplier`, and other channels need another table.

    Args:
        net: The network.
        path: Where to; replaced if it exists.

    Raises:
        ValueError: that program has no such networks; the message says why.
        OSError: the file cannot be written.
    """
    if (reason := why_not(net)) is not None:
        raise ValueError(f"rosinality's stylegan2-pytorch has no such network: {reason}")
    tensors = {}
    for name, value in net.state_dict().items():
        theirs = _name(name)
        if theirs is not None:
            tensors[theirs] = _shaped(theirs, value.detach().cpu().float())
    for name, value in net.named_buffers():
        for theirs in _filter_names(name, net.resolution):
            tensors[theirs] = value.cpu() * _UPSAMPLED_GAIN
    content = {"g_ema": tensors, "latent_avg": net.mapping.w_avg.detach().cpu().float()}
    data = io.BytesIO()
    torch.save(content, data)
    write_atomically(Path(path), data.getvalue())


def why_not(net: Generator) -> str | None:
    """The reason why rosinality's program has no such network; None where it has."""
    config = net.config
    if config.kind != "stylegan2":
        return "it knows StyleGAN2 alone"
    if config.input != "const":
        return "its networks start from a learned constant, not from Fourier features"
    if config.architecture != "skip" or config.activation != "lrelu":
        return "its blocks have skips of pictures and leaky ReLUs"
    if config.c_dim:
        return "its networks have no classes"
    if config.img_channels != 3 or config.size is not None:
        return "its pictures are square, in colours"
    if config.z_dim != config.w_dim or config.layer_features is not None:
        return "its z and w are of one length"
    return None


def _name(name: str) -> str | None:
    """Their name of a tensor; None for what it has not."""
    if found := _MAPPING.fullmatch(name):
        return f"style.{int(found[1]) + 1}.{found[2]}"
    found = _SYNTHESIS.fullmatch(name)
    if found is None:
        return None
    block = int(found[1]).bit_length() - 3
    if found[2] == "const":
        return "input.input"
    layer, part = found[3], found[4]
    if part == "noise_const":
        return f"noises.noise_{2 * block - (layer == 'conv0')}"
    if part == "bias":
        part = "bias" if layer == "torgb" else "activate.bias"
    else:
        part = _PARTS[part]
    if layer == "torgb":
        return f"to_rgb1.{part}" if block == 0 else f"to_rgbs.{block - 1}.{part}"
    if block == 0:
        return f"conv1.{part}"
    return f"convs.{2 * (block - 1) + (layer == 'conv1')}.{part}"


def _filter_names(name: str, resolution: int) -> list[str]:
    """Their names of a filter of ours."""
    found = re.fullmatch(r"synthesis\.b(\d+)\.(conv0\.)?resample_filter", name)
    if found is None or not 4 < int(found[1]) <= resolution:
        return []
    block = int(found[1]).bit_length() - 4
    return [
        f"convs.{2 * block}.conv.blur.kernel" if found[2] else f"to_rgbs.{block}.upsample.kernel"
    ]


def _shaped(name: str, value: Tensor) -> Tensor:
    """With the axes of length one that theirs have."""
    if name.endswith(("conv.weight", "input.input")):
        return value[None].contiguous()
    if name.startswith("noises."):
        return value[None, None]
    if name.endswith("noise.weight"):
        return value.reshape(1)
    if name.startswith("to_rgb") and name.endswith(".bias") and "modulation" not in name:
        return value.reshape(1, -1, 1, 1)
    return value.contiguous()
