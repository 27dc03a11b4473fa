"""The mapping network: from the latent z to the intermediate latent w."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from generator.modulation import EqualLinear

if TYPE_CHECKING:
    from collections.abc import Sequence

LR_MULTIPLIER = 0.01
"""Learning rate of the mapping network relative to the synthesis network's."""

AVERAGE_DECAY = 0.998
"""Weight of the old mean when the mean w is updated."""


class MappingNetwork(nn.Module):
    """Fully connected layers from z, and a class label, to w.

    Args:
        z_dim, c_dim, w_dim: Sizes of latent, label (0 for none) and intermediate latent.
        num_ws: Copies of w, one for each layer of the synthesis network that takes one.
        features: Numbers that enter the first layer, z and embedded label together, and those that
            leave each layer, `w_dim` at last.
    """

    w_avg: Tensor
    """Running mean of w, [w_dim]."""

    def __init__(
        self, z_dim: int, c_dim: int, w_dim: int, num_ws: int, features: Sequence[int]
    ) -> None:
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim = z_dim, c_dim, w_dim
        self.num_ws, self.depth = num_ws, len(features) - 1
        if c_dim:
            self.embed = EqualLinear(c_dim, features[0] - z_dim)
        for i, (before, after) in enumerate(pairwise(features)):
            self.add_module(f"fc{i}", EqualLinear(before, after, lr_multiplier=LR_MULTIPLIER))
        self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(
        self,
        z: Tensor,
        c: Tensor | None = None,
        *,
        psi: float = 1.0,
        cutoff: int | None = None,
        update_average: bool = False,
    ) -> Tensor:
        """Map latents to intermediate latents.

        Args:
            z: [N, z_dim], standard normal.
            c: Labels, [N, c_dim]; None for an unconditional network.
            psi: Truncation: 1 keeps w, 0 replaces it by the mean.
            cutoff: Number of copies that are truncated, counted from the first; None for all.
            update_average: Let this batch take part in the running mean (in training).

        Returns:
            [N, num_ws, w_dim].

        Raises:
            ValueError: z or c has the wrong shape, or a label is missing.
        """
        x = _normalise(self._check(z, "z", self.z_dim))
        if self.c_dim:
            if c is None:
                raise ValueError(f"this network needs a class label c, [N, {self.c_dim}]")
            label = self._check(c, "c", self.c_dim)
            if len(label) != len(x):
                raise ValueError(f"z and c must have equal lengths, got {len(x)} and {len(label)}")
            x = torch.cat([x, _normalise(self.embed(label))], dim=1)
        for i in range(self.depth):
            # The gain passes through the leaky ReLU, which only sees signs.
            x = F.leaky_relu(self.get_submodule(f"fc{i}")(x, gain=math.sqrt(2)), 0.2)

        if update_average:
            with torch.no_grad():
                self.w_avg.copy_(x.detach().mean(dim=0).lerp(self.w_avg, AVERAGE_DECAY))
        return self.spread(x, psi=psi, cutoff=cutoff)

    def spread(self, w: Tensor, *, psi: float = 1.0, cutoff: int | None = None) -> Tensor:
        """A copy of w for each layer of the synthesis network, truncated.

        Args:
            w: [N, w_dim].
            psi, cutoff: As in `forward`.

        Returns:
            [N, num_ws, w_dim], no view of w: callers mix styles in place.

        Raises:
            ValueError: `cutoff` is negative.
        """
        if cutoff is not None and cutoff < 0:
            raise ValueError(f"cutoff must be 0 or more, got {cutoff}")
        ws = w[:, None].repeat(1, self.num_ws, 1)
        if psi == 1:
            return ws
        truncated = self.w_avg.lerp(w, psi)[:, None].expand_as(ws)
        cutoff = self.num_ws if cutoff is None else cutoff
        return torch.cat([truncated[:, :cutoff], ws[:, cutoff:]], dim=1)

    def _check(self, x: Tensor, name: str, size: int) -> Tensor:
        if x.ndim != 2 or x.shape[1] != size:
            raise ValueError(f"{name} must be [N, {size}], got {list(x.shape)}")
        return x.to(self.w_avg.dtype)


def _normalise(x: Tensor) -> Tensor:
    """Scale each row to unit mean square."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)
