"""Starting a network of twice the size from a trained one.

StyleGAN3 draws a plane: its input is defined everywhere, and its layers know no place. A network of
twice the size can therefore look at the same plane, at the same scale, through a window twice as
wide. Counted in cycles per picture every frequency doubles, and all layers fit as they are. The
critically sampled ones are left out: nothing near half the sampling rate survives a turn, and few
pictures have anything there. What then turns features into colours is fitted to the pictures that
the smaller network draws of that plane.

StyleGAN2 grows as it always has (Karras et al. 2018, arXiv 1710.10196): its layers are kept, and
one more octave begins with nothing to add to the enlarged picture.

The discriminator sees pictures of the same scale: every block keeps its filters and moves to twice
the resolution, and a fresh one, before the last, takes in the wider surroundings.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from generator import Generator, build_network, load_network
from train.colours import fit_colours
from train.fine_tuning import Taken, Weights, check_frozen, layer_place, read_weights, take

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from generator.config import NetworkConfig
    from train.trainer import Trainer


def grown_config(config: NetworkConfig) -> NetworkConfig:
    """Make the configuration of twice the size that a network's weights fit.

    Raises:
        ValueError: its layers belong to octaves, or it would be too large.
    """
    resolution = 2 * config.resolution
    size = None if config.size is None else (2 * config.size[0], 2 * config.size[1])
    if config.kind == "stylegan2":
        return dataclasses.replace(config, resolution=resolution, size=size)
    if config.sampling == "octaves":
        raise ValueError("a network of octaves cannot be grown: its first layers have fixed rates")
    return dataclasses.replace(
        config,
        resolution=resolution,
        size=size,
        first_cutoff=2 * config.first_cutoff,
        first_stopband=2 * config.first_stopband,
        channel_base=2 * config.channel_base,
        layers=config.layers - config.critical_layers,
        critical_layers=0,
    )


def grown_network(source: str | Path) -> Generator:
    """Make the network of twice the size that draws the plane of a StyleGAN3, without training.

    All layers are kept, also those that are critically sampled, so that nothing has to be fitted.

    Args:
        source: As `load_network` takes it; of a run folder the newest averaged network.

    Raises:
        ValueError: It is a StyleGAN2, whose finer octave has to be learned, or `grown_config`
            refuses it.
    """
    small = load_network(source)
    config = small.config
    if config.kind == "stylegan2":
        raise ValueError(
            "what StyleGAN2 draws in its finest octave has to be learned: python -m train run "
            f"--grow-from {source}"
        )
    whole = dataclasses.replace(
        grown_config(config),
        layers=config.layers,
        critical_layers=config.critical_layers,
        channels=config.channels,
    )
    large = build_network(whole, seed=0).requires_grad_(False).eval()
    _grow(large, small.state_dict(), "generator", small)
    large.info = {**small.info, "grown_from": Path(str(source)).stem}
    return large


def grow_weights(
    trainer: Trainer, source: Path, passed_over: Callable[[str], None] = lambda reason: None
) -> list[Taken]:
    """Give a fresh trainer, made for `grown_config`, the weights of a network of half the size.

    Args:
        trainer: Not yet stepped.
        source: As `take_weights` takes it.
        passed_over: As `take_weights` takes it.

    Returns:
        What each network got.

    Raises:
        ValueError: The source cannot be read, or is not of half the size.
    """
    small = load_network(source)
    large = trainer.generator
    doubled = tuple(2 * length for length in small.size)
    if (small.kind, doubled, 2 * small.resolution) != (large.kind, large.size, large.resolution):
        raise ValueError(
            f"{source} holds a {small.kind} network of {small.size[1]}x{small.size[0]} pixels, "
            f"which does not grow into a {large.kind} network of {large.size[1]}x{large.size[0]}"
        )
    generator, averaged, discriminator = read_weights(source, passed_over)
    check_frozen(trainer, discriminator, source)
    small.to(trainer.device)
    return [
        _grow(trainer.generator, generator, "generator", small),
        _grow(trainer.ema.network, averaged, "averaged generator", small),
        take(trainer.discriminator, _moved_blocks(discriminator), "discriminator"),
    ]


def _moved_blocks(discriminator: Weights) -> Weights:
    """Move a discriminator's blocks, all but the last, to twice their resolution."""

    def moved(key: str) -> str:
        match = re.match(r"b(\d+)\.", key)
        if match is None or match[1] == "4":
            return key
        return f"b{2 * int(match[1])}.{key[match.end() :]}"

    return {moved(key): value for key, value in discriminator.items()}


@torch.no_grad()
def _grow(network: Generator, weights: Weights, name: str, small: Generator) -> Taken:
    own = {layer_place(key): value.clone() for key, value in weights.items()}
    if network.kind == "stylegan2":
        taken = take(network, own, name)
        if network.config.architecture == "skip":
            _begin_with_nothing(network)
        return taken
    _widen_window(own)
    taken = take(network, own, name)
    if small.config.critical_layers != network.config.critical_layers:
        fit_colours(network, small)
    return taken


def _widen_window(weights: dict[str, Tensor]) -> None:
    """Express the waves, and how w and the transform move them, in pictures of twice the width."""
    for key, value in weights.items():
        if key == "synthesis.input.freqs":
            value *= 2
        elif key == "synthesis.input.transform":
            value[:2, 2] /= 2
        elif key.startswith("synthesis.input.affine."):
            value[2:] /= 2


def _begin_with_nothing(network: Generator) -> None:
    """Let the finest toRGB of StyleGAN2 add nothing yet to the enlarged picture."""
    finest = network.synthesis.get_submodule(f"b{network.resolution}.torgb")
    for parameter in ("weight", "bias"):
        finest.get_parameter(parameter).zero_()
