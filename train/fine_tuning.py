"""Starting from the weights of another training: by name and shape, where both agree."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from generator import load_network
from generator.files.checkpoint import load_discriminator_weights
from generator.files.kinds import kind_of
from generator.files.pickles.importer import load_discriminator
from generator.files.pickles.pickle import open_pickle
from train.colours import fit_colours
from train.runs.folder import load_newest_state, states_in

if TYPE_CHECKING:
    from pathlib import Path

    from generator.config import NetworkConfig
    from train.trainer import Trainer

Weights = Mapping[str, Tensor]

_MOST_FRESH = 0.1
"""Share of fresh tensors beyond which the preset is likely to be the wrong one."""


@dataclass(frozen=True)
class Taken:
    """Outcome for one network: the tensors it got from the file."""

    network: str
    tensors: int
    """Number of tensors that were taken."""
    left: tuple[str, ...]
    """Names of those that keep their fresh values: absent in the file, or of another shape."""

    @property
    def fresh_share(self) -> float:
        """Share of its tensors that the file did not have."""
        return len(self.left) / max(self.tensors + len(self.left), 1)

    def __str__(self) -> str:
        if not self.left:
            return f"{self.network}: all {self.tensors} tensors"
        names = ", ".join(self.left[:3]) + (" …" if len(self.left) > 3 else "")
        return f"{self.network}: {self.tensors} tensors, {len(self.left)} stay fresh ({names})"


def take_weights(
    trainer: Trainer,
    source: Path,
    *,
    allow_fresh: bool = False,
    passed_over: Callable[[str], None] = lambda reason: None,
) -> list[Taken]:
    """Give a fresh trainer the weights of an earlier training.

    Args:
        trainer: Not yet stepped.
        source: A run folder (trained and averaged generator and discriminator), a `.pkl` or `.pt`
            file (averaged generator, for both, and discriminator) or a network file, also by the
            name of a bundled one (the same; without a discriminator in it, one begins anew).
        allow_fresh: Go on where more than a tenth of a network's tensors are not in the source.
        passed_over: Told of each damaged state of a run folder that an older one stands in for.

    Returns:
        What each network got.

    Raises:
        ValueError: The source cannot be read, nothing or too little of it fits, or it has no
            discriminator whose first layers could be frozen.
    """
    generator, averaged, discriminator = read_weights(source, passed_over)
    check_frozen(trainer, discriminator, source)
    taken = [
        take(trainer.generator, generator, "generator"),
        take(trainer.ema.network, averaged, "averaged generator"),
        take(trainer.discriminator, discriminator, "discriminator"),
    ]
    if not taken[0].tensors:
        raise ValueError(
            f"nothing in {source} fits this generator; choose the preset and --channel-base of "
            "the network to start from"
        )
    # A file without a discriminator has always meant a fresh one.
    expected = [one for one in taken if one.tensors or one.network != "discriminator"]
    if not allow_fresh and (lacking := [one for one in expected if one.fresh_share > _MOST_FRESH]):
        raise ValueError(
            f"much of {source} does not fit: {lacking[0]}; choose the preset and the sizes of the "
            "network to start from, or go on all the same with --allow-fresh"
        )
    if trainer.generator.kind != "stylegan2" and taken[0].left:
        original = load_network(source).to(trainer.device)
        if _is_without_last_layers(trainer.generator.config, original.config):
            for network in (trainer.generator, trainer.ema.network):
                fit_colours(network, original)
    return taken


def _is_without_last_layers(config: NetworkConfig, original: NetworkConfig) -> bool:
    """Tell whether a network is another but for critically sampled last layers."""
    fewer = original.critical_layers - config.critical_layers
    return fewer > 0 and config == dataclasses.replace(
        original, layers=original.layers - fewer, critical_layers=config.critical_layers
    )


def check_frozen(trainer: Trainer, discriminator: Weights, source: Path) -> None:
    """Make sure that layers which are to stay as they are come from the source.

    Raises:
        ValueError: They would be random.
    """
    if trainer.config.freeze_d and not discriminator:
        raise ValueError(
            f"{source} holds no discriminator whose first layers --freeze-d could keep; start "
            "from a run folder, a .pkl file or a network with one, or leave --freeze-d out"
        )


def read_weights(
    source: Path, passed_over: Callable[[str], None] = lambda reason: None
) -> tuple[Weights, Weights, Weights]:
    """Read the tensors of the trained generator, of its average and of the discriminator.

    Args:
        source: As `take_weights` takes it.
        passed_over: As `take_weights` takes it.
    """
    if source.is_dir() and states_in(source):
        state = load_newest_state(source, passed_over)
        return state["generator"], state["ema"], state["discriminator"]
    network = load_network(source)
    if (reason := network.config.why_not_trained) is not None:
        raise ValueError(f"{source} cannot be trained from: {reason}")
    averaged = network.state_dict()
    if source.is_file() and kind_of(source) in ("pickle", "torch"):
        held = open_pickle(source).networks
        return averaged, averaged, load_discriminator(source)[1] if "D" in held else {}
    return averaged, averaged, load_discriminator_weights(source)


def start_text(source: Path) -> str:
    """Say in words what `source`, as `take_weights` takes it, holds: its name, length and origin.

    Raises:
        ValueError: The source cannot be read.
    """
    net = load_network(source)
    told = source.name.removesuffix(".safetensors")
    if isinstance(kimg := net.info.get("kimg"), int | float):
        told = f"{told} ({kimg:.1f} kimg at {net.resolution}²)"
    origin = net.info.get("about_start")
    return f"{told}, that from {origin}" if isinstance(origin, str) else told


@torch.no_grad()
def take(network: nn.Module, weights: Weights, name: str) -> Taken:
    """Copy the tensors whose places and shapes agree into a network called `name`."""
    by_place = {layer_place(key): value for key, value in weights.items()}
    count, left = 0, []
    for key, own in network.state_dict().items():
        given = by_place.get(layer_place(key))
        if given is None or given.shape != own.shape:
            left.append(key)
            continue
        own.copy_(given)
        count += 1
    return Taken(name, count, tuple(left))


def layer_place(key: str) -> str:
    """Strip the sizes that StyleGAN3's layers have in the names of their tensors."""
    return re.sub(r"\.(L\d+)_\d+_\d+\.", r".\1.", key)
