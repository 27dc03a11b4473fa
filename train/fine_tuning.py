"""Starting from the weights of another training: by name and shape, where both agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from generator import load_network
from generator.files.nvidia.importer import load_discriminator
from train.runs.folder import load_newest_state, states_in

if TYPE_CHECKING:
    from pathlib import Path

    from train.trainer import Trainer


@dataclass(frozen=True)
class Taken:
    """What one network got from the file."""

    network: str
    tensors: int
    """How many were taken."""
    left: tuple[str, ...]
    """Names of those that keep their fresh values: absent in the file, or of another shape."""

    def __str__(self) -> str:
        if not self.left:
            return f"{self.network}: all {self.tensors} tensors"
        names = ", ".join(self.left[:3]) + (" …" if len(self.left) > 3 else "")
        return f"{self.network}: {self.tensors} tensors, {len(self.left)} stay fresh ({names})"


def take_weights(trainer: Trainer, source: Path) -> list[Taken]:
    """Give a fresh trainer the weights of an earlier training.

    Args:
        trainer: Not yet stepped.
        source: A run folder (trained and averaged generator and discriminator), a `.pkl` file
            (averaged generator, for both, and discriminator) or a network file (averaged generator
            alone; the discriminator begins anew).

    Returns:
        What each network got.

    Raises:
        ValueError: The source cannot be read, or its generator fits in no tensor that learns.
    """
    generator, averaged, discriminator = _read(source)
    taken = [
        _take(trainer.generator, generator, "generator"),
        _take(trainer.ema.network, averaged, "averaged generator"),
        _take(trainer.discriminator, discriminator, "discriminator"),
    ]
    if not taken[0].tensors:
        raise ValueError(
            f"nothing in {source} fits this generator; choose the preset and --channel-base of "
            "the network to start from"
        )
    return taken


Weights = Mapping[str, Tensor]


def _read(source: Path) -> tuple[Weights, Weights, Weights]:
    """Tensors by name: of the trained generator, of its average, and of the discriminator."""
    if source.is_dir() and states_in(source):
        state = load_newest_state(source)
        return state["generator"], state["ema"], state["discriminator"]
    averaged = load_network(source).state_dict()
    if source.suffix == ".pkl":
        return averaged, averaged, load_discriminator(source)[1]
    return averaged, averaged, {}


@torch.no_grad()
def _take(network: nn.Module, weights: Weights, name: str) -> Taken:
    count, left = 0, []
    for key, own in network.state_dict().items():
        given = weights.get(key)
        if given is None or given.shape != own.shape:
            left.append(key)
            continue
        own.copy_(given)
        count += 1
    return Taken(name, count, tuple(left))
