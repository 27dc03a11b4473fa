"""Places in latent space, meaning the same to every network: seeds, blends, walks, truncation."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from generator import Generator, seed_z
from viz.protocol import LatentPoint, LayerEdits

W_SAMPLES = 512
FIRST_SAMPLE_SEED = 1_000_000_000
FIRST_WALK_SEED = 2_000_000_000
REMEMBERED_WS = 1024

Classes = tuple[tuple[int, float], ...]
NO_EDITS = LayerEdits()


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
        self._remembered: OrderedDict[tuple[int, Classes], Tensor] = OrderedDict()
        self._spread: Spread | None = None
        self._principal: Tensor | None = None

    @property
    def spread(self) -> Spread:
        """Mean and deviation of W, from samples of the mapping without any class."""
        if self._spread is None:
            w = self._samples()
            mean = w.mean(0)
            deviation = (w - mean).square().sum(1).mean().sqrt()
            self._spread = Spread(mean, float(deviation))
        return self._spread

    def _samples(self) -> Tensor:
        """The w that stand for all, [W_SAMPLES, w_dim], without any class."""
        seeds = range(FIRST_SAMPLE_SEED, FIRST_SAMPLE_SEED + W_SAMPLES)
        return self._map(tuple(seeds), ())

    def w(self, seed: int, classes: Classes = ()) -> Tensor:
        """The w of a seed, [w_dim] float32, without truncation."""
        key = (seed, classes)
        if key not in self._remembered:
            self._remembered[key] = self._map((seed,), classes)[0]
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

    def z(self, point: LatentPoint) -> NDArray[np.float32]:
        """The z of the seeds that blend to a place, [seeds, z_dim]."""
        return seed_z([seed for seed, _weight in point.seeds], self._net.z_dim).numpy()

    def w_at(self, point: LatentPoint) -> Tensor:
        """The w of a place, [w_dim] float32, without truncation."""
        w = torch.zeros_like(self.w(point.seeds[0][0], point.classes))
        for seed, weight in point.seeds:
            w = w + weight * self.w(seed, point.classes)
        if any(point.walk):
            u, v = self.plane(point.walk_seed)
            w = w + point.walk[0] * u + point.walk[1] * v
        return w

    def principal(self, component: int) -> Tensor:
        """A principal direction of W, one deviation of w along it long; zero beyond the last.

        Härkönen et al. 2020, "GANSpace". Its sign is that of its largest entry, so it stays.
        """
        if self._principal is None:
            w = self._samples()
            _, lengths, rows = torch.linalg.svd(w - w.mean(0), full_matrices=False)
            largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
            deviations = lengths / (len(w) - 1) ** 0.5
            self._principal = rows * largest.sign() * deviations[:, None]
        if component >= len(self._principal):
            return torch.zeros_like(self._principal[0])
        return self._principal[component]

    def ws_at(
        self,
        point: LatentPoint,
        *,
        psi: float,
        cutoff: int | None,
        edits: LayerEdits = NO_EDITS,
    ) -> Tensor:
        """What the synthesis takes for a place: [1, num_ws, w_dim] float32.

        Args:
            point: The place.
            psi: 1 leaves w alone, 0 puts the mean in its place.
            cutoff: So many first entries are truncated; None: all.
            edits: What single entries take instead or besides.
        """
        spread = self._net.mapping.spread
        ws = spread(self.w_at(point)[None], psi=psi, cutoff=cutoff)
        chosen = [layer for layer in edits.mix_layers if 0 <= layer < ws.shape[1]]
        if chosen:
            other = self.w(edits.mix_seed, point.classes)
            ws[:, chosen] = spread(other[None], psi=psi, cutoff=cutoff)[:, chosen]
        for step in edits.steps:
            moved = slice(step.first_layer, step.last_layer + 1)
            ws[:, moved] += step.amount * self.principal(step.component)
        return ws

    def _map(self, seeds: tuple[int, ...], classes: Classes) -> Tensor:
        """The w of seeds, [len(seeds), w_dim] float32."""
        net = self._net
        device = net.mapping.w_avg.device
        labels = None
        if net.c_dim:
            labels = torch.zeros(len(seeds), net.c_dim, device=device)
            for index, weight in classes:
                labels[:, index % net.c_dim] += weight
        return net.mapping(seed_z(seeds, net.z_dim).to(device), labels)[:, 0].float()
