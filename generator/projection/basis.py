"""The latent space as a search sees it: w in deviations along its principal directions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from generator.network import Generator

SAMPLES = 4096
_LEAST_DEVIATION = 1e-3
"""Smallest deviation, against the largest: along such directions w hardly ever differs."""


@dataclass(frozen=True)
class LatentBasis:
    """Principal directions of a network's w."""

    mean: Tensor
    """[w_dim]."""
    rows: Tensor
    """Directions times the deviation of w along them, [w_dim, w_dim]."""
    inverse: Tensor
    """Undoes `rows`, [w_dim, w_dim]."""

    @classmethod
    @torch.no_grad()
    def of(cls, net: Generator, seed: int) -> LatentBasis:
        """Find the directions in a sample of w; with classes, of all classes alike."""
        random = torch.Generator().manual_seed(seed)
        count = max(SAMPLES, 2 * net.w_dim)
        w, _ = random_latents(net, count, random)
        mean = w.mean(0)
        # On the CPU: Metal has no singular values.
        _, lengths, directions = torch.linalg.svd((w - mean).cpu(), full_matrices=False)
        lengths, directions = lengths.to(w), directions.to(w)
        deviations = (lengths / math.sqrt(count)).clamp_min(_LEAST_DEVIATION * float(lengths[0]))
        rows = deviations[:, None] * directions
        return cls(mean, rows, directions.t() / deviations)

    def w(self, x: Tensor) -> Tensor:
        """[…, w_dim] of places in deviations, [..., w_dim]."""
        return self.mean + x @ self.rows

    def x(self, w: Tensor) -> Tensor:
        """The place in deviations of w, [..., w_dim]."""
        return (w - self.mean) @ self.inverse


def random_latents(
    net: Generator, count: int, random: torch.Generator
) -> tuple[Tensor, Tensor | None]:
    """Draw w without truncation, [count, w_dim], and the class of each, [count], where there are.

    The classes are dealt in turn, so that all of them are tried.
    """
    device = net.mapping.w_avg.device
    found, classes = [], None
    if net.c_dim:
        classes = torch.randperm(net.c_dim, generator=random).repeat(-(-count // net.c_dim))[:count]
    for first in range(0, count, 512):
        size = min(512, count - first)
        z = torch.randn(size, net.z_dim, generator=random).to(device)
        label = None
        if classes is not None:
            label = torch.nn.functional.one_hot(classes[first : first + size], net.c_dim)
            label = label.to(device, torch.float32)
        found.append(net.mapping(z, label)[:, 0])
    return torch.cat(found), classes
