"""Measurements of equivariance in the background: tasks and their results.

They are carried out by `viz.render.jobs.equivariance`, where the worker is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from viz.protocol.equivariance import Move, SweepDirection
from viz.protocol.jobs import Task
from viz.protocol.request import LatentPoint, Placement, Request

SWEEP_PX = 8
"""Longest shift of a sweep."""
SWEEP_STEPS_PER_PX = 8
SWEEP_STEPS: dict[SweepDirection, tuple[int, int]] = {
    "right": (1, 0),
    "down": (0, 1),
    "diagonal": (1, 1),
}
"""Pixels to the right and downwards for each pixel of a sweep."""
SWEEP_STEP_DEG = 5


def latents_only(request: Request) -> Request:
    """A request with all left out that has no influence on the latents, nor on who draws them."""
    return Request(
        networks=request.networks,
        place=_unmoved(request.place),
        own_places=tuple((slot, _unmoved(place)) for slot, place in request.own_places),
        edits=request.edits,
        changes=request.changes,
        psi=request.psi,
        cutoff=request.cutoff,
        device=request.device,
        threads=request.threads,
    )


def for_random_latents(request: Request) -> Request:
    """A request of `latents_only` without the latents: others are drawn, whatever is shown.

    Their classes stay, and how they are truncated and mixed.
    """

    def anywhere(place: Placement) -> Placement:
        return Placement(LatentPoint(seeds=(), classes=place.latent.classes))

    return replace(
        request,
        place=anywhere(request.place),
        own_places=tuple((slot, anywhere(place)) for slot, place in request.own_places),
    )


def at_random_latent(request: Request, slot: int, seed: int) -> Request:
    """A request of `for_random_latents` with the network in a slot at the latent of a seed."""
    latent = replace(request.place_of(slot).latent, seeds=((seed, 1.0),))
    return replace(request, own_places=((slot, Placement(latent)),))


def _unmoved(place: Placement) -> Placement:
    return Placement(place.latent)


@dataclass(frozen=True, slots=True)
class SweepTask(Task):
    """PSNR of every network's picture against the shift, or the angle."""

    request: Request
    """Says where the networks stand (see `latents_only`)."""
    turning: bool
    along: SweepDirection = "right"
    """Direction of the shift."""

    @property
    def title(self) -> str:
        """Name for the status line."""
        return "EQ against angle" if self.turning else "EQ against shift"

    @property
    def quiet(self) -> bool:
        """Nobody has ordered it by hand."""
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """The curves so far."""

    amounts: NDArray[np.float64]
    """[points]: pixels along the direction, or degrees anticlockwise; rising."""
    psnr_db: NDArray[np.float64]
    """[networks, points]; not a number where it is not known yet, or the network failed."""


def sweep_amounts(turning: bool) -> NDArray[np.float64]:
    """The points of a sweep: pixels of each network's own picture, or degrees."""
    if turning:
        return np.arange(-180.0, 180.0 + SWEEP_STEP_DEG, SWEEP_STEP_DEG)
    return np.arange(SWEEP_PX * SWEEP_STEPS_PER_PX + 1) / SWEEP_STEPS_PER_PX


def coarse_to_fine(count: int) -> list[int]:
    """All of 0 … count - 1, every eighth first, so that a curve shows early."""
    order: list[int] = []
    seen: set[int] = set()
    for stride in (8, 4, 2, 1):
        for index in range(0, count, stride):
            if index not in seen:
                seen.add(index)
                order.append(index)
    return order


@dataclass(frozen=True, slots=True)
class LayersTask(Task):
    """Equivariance of every layer of one network."""

    request: Request
    """Says where the networks stand (see `latents_only`)."""
    slot: int
    move: Move
    latents: int = 1
    """1: the latent of the request; more: so many random ones (see `for_random_latents`)."""

    @property
    def title(self) -> str:
        """Name for the status line."""
        return "EQ of every layer"

    @property
    def quiet(self) -> bool:
        """Nobody has ordered it by hand."""
        return True


@dataclass(frozen=True, slots=True, eq=False)
class LayerLevel:
    """One layer's figures, as in `generator.equivariance.layers`."""

    layer: str
    db: float
    """Not a number where its maps are too small to be moved."""
    channel_db: NDArray[np.float32]
    valid_share: float
    latents: int = 1
    """Latents measured so far, over which the levels are pooled."""
    interval: tuple[float, float] = (math.nan, math.nan)
    """95 % interval of `db`; not numbers for a single latent."""
    channel_interval: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    """The same of every channel; None for a single latent."""


@dataclass(frozen=True, slots=True)
class MetricTask(Task):
    """EQ-T, EQ-T_frac and EQ-R of networks, over random latents."""

    networks: tuple[str, ...]
    """Sources, as in `Request`."""
    samples: int
    seed: int
    device: str = "auto"

    @property
    def title(self) -> str:
        """Name for the status line."""
        return f"EQ-T, EQ-T_frac, EQ-R over {self.samples:,} samples"


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric in dB with its 95 % interval."""

    db: float
    low_db: float
    high_db: float


@dataclass(frozen=True, slots=True)
class MetricFigures:
    """The three metrics of one network so far."""

    source: str
    samples: int
    eq_t: Figure
    eq_t_frac: Figure
    eq_r: Figure
