"""Writes checkpoints with the structure of rosinality's, from a golden array or of any size."""

from __future__ import annotations

import argparse
import itertools
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

GOLDEN = Path(__file__).parents[1] / "golden" / "rosinality.npz"
_BLUR = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])) / 16


def golden_rosinality() -> tuple[dict[str, torch.Tensor], dict[str, np.ndarray]]:
    """The tensors of a generator by their names there, and the other arrays."""
    with np.load(GOLDEN) as file:
        arrays = dict(file)
    tensors = {
        key.removeprefix("param/"): torch.from_numpy(arrays.pop(key))
        for key in list(arrays)
        if key.startswith("param/")
    }
    return tensors, arrays


def write_rosinality(path: Path, *, legacy: bool = False, **changed: Any) -> Path:
    """A checkpoint of the golden generator, as trainings there write it; None leaves a part out."""
    tensors, arrays = golden_rosinality()
    content: dict[str, Any] = {
        "g_ema": ordered(tensors),
        "g": ordered(
            {
                name: tensor if name.endswith("kernel") else torch.zeros_like(tensor)
                for name, tensor in tensors.items()
            }
        ),
        "g_optim": {"state": {139_812_345_678_912: {"step": 3}}, "param_groups": []},
        "args": argparse.Namespace(size=32, channel_multiplier=2),
        "latent_avg": torch.from_numpy(arrays["latent_avg"]),
        **changed,
    }
    content = {name: value for name, value in content.items() if value is not None}
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


def ordered(tensors: dict[str, torch.Tensor]) -> OrderedDict[str, torch.Tensor]:
    """A state dict with versions of its modules, as PyTorch makes it."""
    made = OrderedDict(tensors)
    made._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]
    return made


def random_generator(channels: Sequence[int], depth: int, dim: int) -> dict[str, torch.Tensor]:
    """Tensors of a generator with these channels from 4x4 up, and so many mapping layers."""
    draws = torch.Generator().manual_seed(0)

    def draw(*size: int) -> torch.Tensor:
        return torch.randn(size, generator=draws)

    made = {f"style.{i}.weight": 100 * draw(dim, dim) for i in range(1, depth + 1)}
    made |= {f"style.{i}.bias": draw(dim) for i in range(1, depth + 1)}
    made["input.input"] = draw(1, channels[0], 4, 4)

    def add(layer: str, before: int, after: int, kernel: int) -> None:
        made[f"{layer}.conv.weight"] = draw(1, after, before, kernel, kernel)
        made[f"{layer}.conv.modulation.weight"] = draw(before, dim)
        made[f"{layer}.conv.modulation.bias"] = 1 + draw(before)
        if kernel == 1:
            made[f"{layer}.bias"] = draw(1, after, 1, 1)
        else:
            made[f"{layer}.noise.weight"] = draw(1)
            made[f"{layer}.activate.bias"] = draw(after)

    add("conv1", channels[0], channels[0], 3)
    add("to_rgb1", channels[0], 3, 1)
    made["noises.noise_0"] = draw(1, 1, 4, 4)
    for i, (before, after) in enumerate(itertools.pairwise(channels)):
        add(f"convs.{2 * i}", before, after, 3)
        add(f"convs.{2 * i + 1}", after, after, 3)
        add(f"to_rgbs.{i}", after, 3, 1)
        made[f"convs.{2 * i}.conv.blur.kernel"] = _BLUR
        made[f"to_rgbs.{i}.upsample.kernel"] = _BLUR
        for noise in (2 * i + 1, 2 * i + 2):
            made[f"noises.noise_{noise}"] = draw(1, 1, 8 << i, 8 << i)
    return made


def random_discriminator(channels: Sequence[int]) -> dict[str, torch.Tensor]:
    """Tensors of a discriminator with these channels from 4x4 up."""
    draws = torch.Generator().manual_seed(1)

    def draw(*size: int) -> torch.Tensor:
        return torch.randn(size, generator=draws)

    largest = channels[-1]
    made = {"convs.0.0.weight": draw(largest, 3, 1, 1), "convs.0.1.bias": draw(largest)}
    for i in range(1, len(channels)):
        before, after = channels[-i], channels[-i - 1]
        made[f"convs.{i}.conv1.0.weight"] = draw(before, before, 3, 3)
        made[f"convs.{i}.conv1.1.bias"] = draw(before)
        made[f"convs.{i}.conv2.0.kernel"] = _BLUR / 4
        made[f"convs.{i}.conv2.1.weight"] = draw(after, before, 3, 3)
        made[f"convs.{i}.conv2.2.bias"] = draw(after)
        made[f"convs.{i}.skip.0.kernel"] = _BLUR / 4
        made[f"convs.{i}.skip.1.weight"] = draw(after, before, 1, 1)
    last = channels[0]
    made |= {"final_conv.0.weight": draw(last, last + 1, 3, 3), "final_conv.1.bias": draw(last)}
    made |= {"final_linear.0.weight": draw(last, last * 16), "final_linear.0.bias": draw(last)}
    return made | {"final_linear.1.weight": draw(1, last), "final_linear.1.bias": draw(1)}
