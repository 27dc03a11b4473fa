"""The paper's configurations A to R, built and measured without training.

Initial weights are random, so that what is measured is what the architecture alone brings; see
docs/ablation.md for what that leaves out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator import transforms
from generator.ablation.variants import Variant
from generator.equivariance.comparison import Moves, compare
from generator.equivariance.metrics import EquivarianceResult, Score, draw_samples, measure
from generator.network import Generator, build_network

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCE_CONTRAST = 0.5
"""Standard deviation of the pictures that the figures are given for, in a range of -1 to 1."""
_CONTRAST_SAMPLES = 16


@dataclass(frozen=True)
class Measured:
    """One variant, measured with random weights."""

    variant: Variant
    equivariance: EquivarianceResult
    """As if pictures had the contrast `REFERENCE_CONTRAST`."""
    parameters: int
    picture: Tensor
    """[3, H, W], contrast as above."""
    shift_error: Tensor
    """What the picture of the shifted input differs in from the shifted picture, [3, H, W]; 0
    where they cannot be compared."""
    turn_error: Tensor
    """The same after a turn."""


@torch.no_grad()
def measure_variant(
    variant: Variant,
    *,
    samples: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
    **sizes: int,
) -> Measured:
    """Build one with random weights and measure it.

    The metrics relate errors to the range of -1 to 1, and the pictures of untrained networks fill
    it to different degrees. Pictures scaled to `REFERENCE_CONTRAST` would move
    the figures by as many decibels, which is done here.

    Args:
        variant: Which.
        samples: Latents, each shifted and turned once.
        seed: Of the weights and of all other draws.
        progress: Called with samples done and in all.
        **sizes: As in `Variant.config`.

    Raises:
        ValueError: a size or the number of samples is out of range.
    """
    net = build_network(variant.config(**sizes), seed)
    gain = REFERENCE_CONTRAST / _contrast(net, seed)
    result = measure(net, samples=samples, seed=seed, progress=progress)
    louder_db = 20 * math.log10(gain)
    ws = draw_samples(net, seed, [0]).ws
    plain = net.synthesis(ws, transform=transforms.identity())

    def error(moves: Moves) -> Tensor:
        compared = compare(net, ws, moves, plain=plain)
        return gain * ((compared.moved - compared.expected) * compared.mask)[0]

    return Measured(
        variant=variant,
        equivariance=EquivarianceResult(
            _quieter(result.eq_t, louder_db),
            _quieter(result.eq_t_frac, louder_db),
            _quieter(result.eq_r, louder_db),
            samples=samples,
            seed=seed,
        ),
        parameters=sum(parameter.numel() for parameter in net.parameters()),
        picture=gain * plain[0],
        shift_error=error(Moves.of("fractional", [(0.0825, -0.0575)], net.resolution)),
        turn_error=error(Moves.of("rotation", [math.radians(35)], net.resolution)),
    )


def _contrast(net: Generator, seed: int) -> float:
    """Standard deviation within pictures, over some of them."""
    pictures = net.synthesis(draw_samples(net, seed, range(_CONTRAST_SAMPLES)).ws)
    return float(pictures.var(dim=(1, 2, 3)).mean().sqrt())


def _quieter(score: Score, by_db: float) -> Score:
    return Score(score.db - by_db, score.low_db - by_db, score.high_db - by_db)
