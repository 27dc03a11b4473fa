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
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from generator import Generator, load_network
from train.fine_tuning import Taken, Weights, check_frozen, read_weights, take

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generator.config import NetworkConfig
    from generator.stylegan3 import AliasFreeLayer, AliasFreeSynthesis
    from train.trainer import Trainer

_FITTED_ON = 32
_FIT_BATCH = 8
_FIT_SEED = 0


def grown_config(config: NetworkConfig) -> NetworkConfig:
    """Make the configuration of twice the size that a network's weights fit.

    Raises:
        ValueError: its layers belong to octaves, or it would be too large.
    """
    size = 2 * config.resolution
    if config.kind == "stylegan2":
        return dataclasses.replace(config, resolution=size)
    if config.sampling == "octaves":
        raise ValueError("a network of octaves cannot be grown: its first layers have fixed rates")
    return dataclasses.replace(
        config,
        resolution=size,
        first_cutoff=2 * config.first_cutoff,
        first_stopband=2 * config.first_stopband,
        channel_base=2 * config.channel_base,
        layers=config.layers - config.critical_layers,
        critical_layers=0,
    )


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
    if (small.kind, 2 * small.resolution) != (
        trainer.generator.kind,
        trainer.generator.resolution,
    ):
        raise ValueError(
            f"{source} holds a {small.kind} network of {small.resolution} pixels, which does not "
            f"grow into a {trainer.generator.kind} network of {trainer.generator.resolution}"
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
    alias_free = network.kind != "stylegan2"
    by_place = {_place(key): value for key, value in weights.items()}
    fitting = {
        key: value.clone()
        for key in network.state_dict()
        if (value := by_place.get(_place(key))) is not None
    }
    if alias_free:
        _widen_window(fitting)
    taken = take(network, fitting, name)
    if not alias_free:
        if network.config.architecture == "skip":
            _begin_with_nothing(network)
    elif small.config.critical_layers != network.config.critical_layers:
        _fit_colours(network, small)
    return taken


def _place(key: str) -> str:
    """Strip the sizes that StyleGAN3's layers have in the names of their tensors."""
    return re.sub(r"\.(L\d+)_\d+_\d+\.", r".\1.", key)


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


def _fit_colours(network: Generator, small: Generator) -> None:
    """Fit toRGB so that the pictures come closest to those of the smaller network's plane.

    Least squares over all pixels of some pictures, with the same colours for every w.
    """
    synthesis = cast("AliasFreeSynthesis", network.synthesis)
    features_of, to_rgb_of = (info.name for info in synthesis.layers[-2:])
    to_rgb = cast("AliasFreeLayer", synthesis.get_submodule(to_rgb_of))
    to_rgb.affine.weight.zero_()
    to_rgb.affine.bias.fill_(1.0)
    like = to_rgb.weight
    size = like.shape[1] + 1
    products = torch.zeros(size, size, dtype=torch.float64, device=like.device)
    targets = products[:, :3].clone()
    random = torch.Generator().manual_seed(_FIT_SEED)
    for _ in range(_FITTED_ON // _FIT_BATCH):
        z = torch.randn(_FIT_BATCH, small.z_dim, generator=random).to(like.device)
        c = None
        if small.c_dim:
            classes = torch.randint(small.c_dim, (_FIT_BATCH,), generator=random)
            c = torch.eye(small.c_dim)[classes].to(like.device)
        window = (network.resolution, network.resolution)
        wanted = small.synthesis(small.mapping(z, c), canvas=window)
        seen: dict[str, Tensor] = {}
        own_c = None if c is None else c.to(like)
        synthesis(network.mapping(z.to(like), own_c), taps=seen.__setitem__)
        features = _pixels(seen[features_of])
        features = torch.cat([features, torch.ones_like(features[:, :1])], 1)
        products += features.t() @ features
        targets += features.t() @ _pixels(wanted)
    magnitude = products.diagonal()[:-1].mean() / products[-1, -1]
    products.diagonal().add_(1e-6 * products.diagonal().mean())
    solved = torch.linalg.solve(products, targets) / synthesis.output_scale
    # What enters is divided by the root of its tracked magnitude, which a training follows.
    to_rgb.magnitude_ema.copy_(magnitude)
    to_rgb.weight.copy_(solved[:-1].t()[..., None, None] / to_rgb.style_gain * magnitude.sqrt())
    to_rgb.bias.copy_(solved[-1])


def _pixels(maps: Tensor) -> Tensor:
    """Reshape [N, C, H, W] into rows of channels, [N H W, C] in float64."""
    return maps.permute(0, 2, 3, 1).flatten(0, 2).double()
