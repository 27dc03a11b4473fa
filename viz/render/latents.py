"""Places in latent space, meaning the same to every network: seeds, blends, walks, truncation."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from generator import Generator, seed_z
from generator.directions import style_directions
from generator.seeds import seed_class
from viz.protocol.request import LatentPoint, LayerEdits, WBasis, WStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from viz.protocol.latent import GivenLatent

W_SAMPLES = 512
FIRST_SAMPLE_SEED = 1_000_000_000
FIRST_WALK_SEED = 2_000_000_000
REMEMBERED_WS = 1024
REMEMBERED_DIRECTIONS = 16
PARALLEL = 1e-4
"""Directions are the same if so little of one is left beside the other."""

Classes = tuple[tuple[int, float], ...]
NO_EDITS = LayerEdits()


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and deviation of a network's w."""

    mean: Tensor
    """[w_dim]."""
    deviation: float
    """Root of the mean squared distance of w from the mean."""
    deviations: Tensor
    """[w_dim], that of each component."""


class LatentSpace:
    """The latent space of one network; remembers what the mapping gave.

    Args:
        net: A generator, as `generator.load_network` gives it.
    """

    def __init__(self, net: Generator) -> None:
        self._net = net
        self._given_directions: dict[GivenLatent, Tensor] = {}
        self._apart_directions: dict[tuple[WStep, ...], Tensor] = {}
        self._style_directions: dict[tuple[int, int], Tensor] = {}
        self._remembered: OrderedDict[tuple[int, Classes], Tensor] = OrderedDict()
        self._spread: Spread | None = None
        self._planes: dict[int, tuple[Tensor, Tensor]] = {}
        self._principal: Tensor | None = None

    @property
    def spread(self) -> Spread:
        """Mean and deviation of W, over the classes of a network that has some."""
        if self._spread is None:
            w = self._samples()
            mean = w.mean(0)
            variances = (w - mean).square().mean(0)
            self._spread = Spread(mean, float(variances.sum().sqrt()), variances.sqrt())
        return self._spread

    def _samples(self) -> Tensor:
        """The w that stand for all, [W_SAMPLES, w_dim], each of the class that its seed chooses."""
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
        if walk_seed not in self._planes:
            spread = self.spread
            first = FIRST_WALK_SEED + 2 * walk_seed
            u = functional.normalize(self.w(first) - spread.mean, dim=0)
            v = self.w(first + 1) - spread.mean
            v = functional.normalize(v - (v @ u) * u, dim=0)
            # Of one walk at a time: its plane serves all its pictures.
            self._planes = {walk_seed: (u * spread.deviation, v * spread.deviation)}
        return self._planes[walk_seed]

    def z(self, point: LatentPoint) -> NDArray[np.float32]:
        """The z of a place, of each of the seeds that blend to it: [seeds, z_dim].

        None, [0, z_dim], where a w was given.
        """
        if point.given is not None:
            kept = point.given.kind == "z"
            return point.given.values() if kept else np.empty((0, self._net.z_dim), np.float32)
        return _z_of(tuple(seed for seed, _weight in point.seeds), self._net.z_dim)

    def w_at(self, point: LatentPoint) -> Tensor:
        """The w of a place, [w_dim], or [num_ws, w_dim] where one was given for every layer.

        float32, without truncation.

        Raises:
            ValueError: a latent was given that does not fit this network.
        """
        if point.given is not None:
            return self._given(point.given, point.classes) + self._walked(point)
        w = torch.zeros_like(self.w(point.seeds[0][0], point.classes))
        for seed, weight in point.seeds:
            w = w + weight * self.w(seed, point.classes)
        return w + self._walked(point)

    def _walked(self, point: LatentPoint) -> Tensor:
        """Return the offset of the walk from its place, [w_dim]."""
        if not any(point.walk):
            return self._net.mapping.w_avg.new_zeros(self._net.w_dim)
        u, v = self.plane(point.walk_seed)
        return point.walk[0] * u + point.walk[1] * v

    def _given(self, given: GivenLatent, classes: Classes) -> Tensor:
        net, device = self._net, self._net.mapping.w_avg.device
        values = torch.from_numpy(given.values()).to(device)
        expected = {"z": (1, net.z_dim), "w": (1, net.w_dim), "ws": (net.num_ws, net.w_dim)}
        rows, columns = expected[given.kind]
        if values.shape != (rows, columns):
            own = f"w+ {rows} × {columns}" if given.kind == "ws" else f"{given.kind} {columns}"
            raise ValueError(
                f"{given.name or 'the latent'} is a {given.words}, this network's {own}"
            )
        if given.kind == "z":
            return self._map_z(values, self._labels((0,), classes or ((0, 1.0),)))[0]
        return values if given.kind == "ws" else values[0]

    @property
    def principal(self) -> Tensor:
        """The principal directions of W, each one deviation of w along it long: [count, w_dim].

        Härkönen et al. 2020, "GANSpace". Their signs are those of their largest entries, so they
        stay.
        """
        if self._principal is None:
            w = self._samples()
            _, lengths, rows = torch.linalg.svd(w - w.mean(0), full_matrices=False)
            largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
            deviations = lengths / (len(w) - 1) ** 0.5
            self._principal = rows * largest.sign() * deviations[:, None]
        return self._principal

    def _direction(self, steps: Sequence[WStep]) -> Tensor:
        """The direction of the last of some steps, one deviation of w along it long: [w_dim].

        Zero where this network lacks it, or where the steps before leave nothing of it.
        """
        *before, step = steps
        if step.apart and before:
            return self._apart_direction(before, step)
        if step.given is not None:
            return self._given_direction(step.given)
        if step.source == "styles":
            return self._style_direction(step)
        if step.component < len(self.principal):
            return self.principal[step.component]
        return torch.zeros_like(self.principal[0])

    def _apart_direction(self, before: Sequence[WStep], step: WStep) -> Tensor:
        key = tuple(replace(one, amount=0.0) for one in (*before, step))
        if key not in self._apart_directions:
            alone = self._direction([replace(step, apart=False)])
            others = [self._direction([replace(one, apart=False)]) for one in before]
            rows = functional.normalize(torch.stack(others), dim=1)
            _, lengths, common = torch.linalg.svd(rows, full_matrices=False)
            common = common[lengths > PARALLEL]
            rest = alone - (alone @ common.t()) @ common
            if rest.norm() <= PARALLEL * alone.norm():
                rest = torch.zeros_like(rest)
            if len(self._apart_directions) >= REMEMBERED_DIRECTIONS:
                self._apart_directions.clear()
            self._apart_directions[key] = self._one_deviation(rest)
        return self._apart_directions[key]

    def _one_deviation(self, direction: Tensor) -> Tensor:
        """A direction with the length of one deviation of w along it, [w_dim]."""
        w = self._samples()
        unit = direction.to(w)
        unit = unit / unit.norm().clamp_min(1e-12)
        return unit * ((w - w.mean(0)) @ unit).std()

    def _given_direction(self, given: GivenLatent) -> Tensor:
        """A direction from elsewhere, one deviation of w along it long: [w_dim].

        Raises:
            ValueError: it does not fit this network.
        """
        if given not in self._given_directions:
            if given.columns != self._net.w_dim or given.rows != 1:
                raise ValueError(
                    f"{given.name or 'the direction'} has {given.columns} numbers, this network's "
                    f"w {self._net.w_dim}"
                )
            if len(self._given_directions) >= REMEMBERED_DIRECTIONS:
                self._given_directions.clear()
            direction = torch.from_numpy(given.values()[0])
            self._given_directions[given] = self._one_deviation(direction)
        return self._given_directions[given]

    def _style_direction(self, step: WStep) -> Tensor:
        """A direction of the styles' weights, one deviation of w along it long: [w_dim].

        Zero where the step's layers take no styles, or have not so many directions.
        """
        layers = step.first_layer, min(step.last_layer, self._net.num_ws - 1)
        if layers not in self._style_directions:
            w = self._samples()
            try:
                rows = style_directions(self._net, *layers).to(w)
            except ValueError:
                rows = w.new_zeros(1, w.shape[1])
            self._style_directions[layers] = rows * ((w - w.mean(0)) @ rows.t()).std(0)[:, None]
        rows = self._style_directions[layers]
        return rows[step.component] if step.component < len(rows) else torch.zeros_like(rows[0])

    def scores(self, ws: Tensor, basis: WBasis) -> Tensor:
        """Each w from the mean, in deviations along each component: [..., components].

        Args:
            ws: [..., w_dim].
            basis: The components.
        """
        centred = ws - self.spread.mean
        if basis == "axes":
            return centred / self.spread.deviations.clamp_min(1e-12)
        squares = self.principal.square().sum(1)
        kept = squares > 1e-6 * squares[0]  # the last directions of few samples have no length
        inverse = torch.where(kept, 1 / squares.clamp_min(1e-30), 0.0)
        return (centred @ self.principal.t()) * inverse

    def offset(self, values: Sequence[float], basis: WBasis) -> Tensor:
        """The w [w_dim] that so many deviations along the first components add."""
        mean = self.spread.mean
        count = min(len(values), len(mean) if basis == "axes" else len(self.principal))
        amounts = mean.new_tensor(values[:count])
        if basis == "principal":
            return amounts @ self.principal[:count]
        w = torch.zeros_like(mean)
        w[:count] = amounts * self.spread.deviations[:count]
        return w

    def ws_at(
        self,
        point: LatentPoint,
        *,
        psi: float,
        cutoff: int | None,
        edits: LayerEdits = NO_EDITS,
    ) -> Tensor:
        """Return the input of the synthesis for a place: [1, num_ws, w_dim] float32.

        Args:
            point: The place.
            psi: 1 leaves w alone, 0 puts the mean in its place.
            cutoff: So many first entries are truncated; None: all.
            edits: What single entries take instead or besides.
        """
        spread = self._net.mapping.spread
        w = self.w_at(point)
        if point.given is None:
            mean = self._mean(point.seeds, point.classes)
        else:
            mean = self._mean(((0, 1.0),), point.classes or ((0, 1.0),))
        ws = spread(w.view(-1, w.shape[-1]), psi=psi, cutoff=cutoff, mean=mean)
        if w.ndim == 2:  # a w for every layer: of each only what goes into its own layer
            ws = torch.diagonal(ws, dim1=0, dim2=1).mT[None].contiguous()
        chosen = [layer for layer in edits.mix_layers if 0 <= layer < ws.shape[1]]
        if chosen:
            other = self.w(edits.mix_seed, point.classes)
            mean = self._mean(((edits.mix_seed, 1.0),), point.classes)
            ws[:, chosen] = spread(other[None], psi=psi, cutoff=cutoff, mean=mean)[:, chosen]
        for index, step in enumerate(edits.steps):
            if step.amount:
                moved = slice(step.first_layer, step.last_layer + 1)
                ws[:, moved] += step.amount * self._direction(edits.steps[: index + 1])
        for offsets in edits.offsets:
            if offsets.layer < ws.shape[1]:
                ws[:, offsets.layer] += self.offset(offsets.values, offsets.basis)
        return ws

    def _mean(self, seeds: Sequence[tuple[int, float]], classes: Classes) -> Tensor | None:
        """The mean that truncation goes towards, [w_dim]; None for networks with a single one."""
        mapping = self._net.mapping
        if not mapping.has_class_means:
            return None
        labels = self._labels([seed for seed, _weight in seeds], classes)
        weights = mapping.w_avg.new_tensor([weight for _seed, weight in seeds])
        return weights @ mapping.average(labels)

    def _map(self, seeds: tuple[int, ...], classes: Classes) -> Tensor:
        """The w of seeds, [len(seeds), w_dim] float32."""
        return self._map_z(seed_z(seeds, self._net.z_dim), self._labels(seeds, classes))

    def _labels(self, seeds: Sequence[int], classes: Classes) -> Tensor | None:
        """Return the class labels of seeds, [len(seeds), c_dim]; None for networks without classes.

        Never all zero, which no network has seen in its training.
        """
        z_dim, c_dim = self._net.z_dim, self._net.c_dim
        if not c_dim:
            return None
        labels = torch.zeros(len(seeds), c_dim)
        for row, seed in zip(labels, seeds, strict=True):
            for index, weight in classes or ((seed_class(seed, z_dim, c_dim), 1.0),):
                row[index % c_dim] += weight
        return labels

    def _map_z(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """The w of z [N, z_dim] with labels [N, c_dim], [N, w_dim] float32."""
        device = self._net.mapping.w_avg.device
        given = labels if labels is None else labels.to(device)
        ws: Tensor = self._net.mapping(z.to(device), given)
        return ws[:, 0].float()


@lru_cache(maxsize=64)
def _z_of(seeds: tuple[int, ...], z_dim: int) -> NDArray[np.float32]:
    """The z of seeds, [seeds, z_dim], read-only: while a walk goes on, they stay the same."""
    z = seed_z(seeds, z_dim).numpy()
    z.flags.writeable = False
    return z
