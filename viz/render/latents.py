"""Places in latent space, meaning the same to every network: seeds, blends, walks, truncation."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from generator import Generator, seed_z
from viz.protocol import LatentPoint

W_SAMPLES = 512
FIRST_SAMPLE_SEED = 1_000_000_000
FIRST_WALK_SEED = 2_000_000_000
REMEMBERED_WS = 1024


@dataclass(frozen=True, slots=True)
class Spread:
    """Where a network's w lie."""

    mean: Tensor
    """[w_dim]."""
    deviation: float
    """Root of the mean squared distance of w from the mean."""


class LatentSpace:
    """The latent space of one network; remembers what the mapping gave.

    Args:
        net: A generator, as `generator.load_network` gives it.
    """

    def __init__(self, net: Generator) -> None:
        self._net = net
        self._remembered: OrderedDict[tuple[int, int | None], Tensor] = OrderedDict()
        self._spread: Spread | None = None

    @property
    def spread(self) -> Spread:
        """Mean and deviation of W, from samples of the mapping without any class."""
        if self._spread is None:
            seeds = range(FIRST_SAMPLE_SEED, FIRST_SAMPLE_SEED + W_SAMPLES)
            w = self._map(tuple(seeds), None)
            mean = w.mean(0)
            deviation = (w - mean).square().sum(1).mean().sqrt()
            self._spread = Spread(mean, float(deviation))
        return self._spread

    def w(self, seed: int, class_index: int | None = None) -> Tensor:
        """The w of a seed, [w_dim] float32, without truncation."""
        key = (seed, class_index)
        if key not in self._remembered:
            self._remembered[key] = self._map((seed,), class_index)[0]
            while len(self._remembered) > REMEMBERED_WS:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(key)
        return self._remembered[key]

    def plane(self, walk_seed: int) -> tuple[Tensor, Tensor]:
        """Two directions in W for a walk: orthogonal, each one deviation long.

        They lead from the mean towards the w of two seeds, so they are directions in which this
        network's pictures really differ.
        """
        spread = self.spread
        first = FIRST_WALK_SEED + 2 * walk_seed
        u = functional.normalize(self.w(first) - spread.mean, dim=0)
        v = self.w(first + 1) - spread.mean
        v = functional.normalize(v - (v @ u) * u, dim=0)
        return u * spread.deviation, v * spread.deviation

    def w_at(self, point: LatentPoint) -> Tensor:
        """The w of a place, [w_dim] float32, without truncation."""
        w = torch.zeros_like(self.w(point.seeds[0][0], point.class_index))
        for seed, weight in point.seeds:
            w = w + weight * self.w(seed, point.class_index)
        if any(point.walk):
            u, v = self.plane(point.walk_seed)
            w = w + point.walk[0] * u + point.walk[1] * v
        return w

    def ws_at(self, point: LatentPoint, *, psi: float, cutoff: int | None) -> Tensor:
        """What the synthesis takes for a place: [1, num_ws, w_dim] float32.

        Args:
            point: The place.
            psi: 1 leaves w alone, 0 puts the mean in its place.
            cutoff: So many first entries are truncated; None: all.
        """
        return self._net.mapping.spread(self.w_at(point)[None], psi=psi, cutoff=cutoff)

    def _map(self, seeds: tuple[int, ...], class_index: int | None) -> Tensor:
        """The w of seeds, [len(seeds), w_dim] float32."""
        net = self._net
        device = net.mapping.w_avg.device
        classes = None
        if net.c_dim:
            classes = torch.zeros(len(seeds), net.c_dim, device=device)
            if class_index is not None:
                classes[:, class_index % net.c_dim] = 1
        return net.mapping(seed_z(seeds, net.z_dim).to(device), classes)[:, 0].float()
