"""The mapping network: from the latent z to the intermediate latent w."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from generator.config import LR_MULTIPLIER
from generator.modulation import EqualLinear

if TYPE_CHECKING:
    from collections.abc import Sequence

AVERAGE_DECAY = 0.998
"""Weight of the old mean when the mean w is updated."""


class MappingNetwork(nn.Module):
    """Fully connected layers from z, and a class label, to w.

    Args:
        z_dim, c_dim, w_dim: Sizes of latent, label (0 for none) and intermediate latent.
        num_ws: Copies of w, one for each layer of the synthesis network that takes one.
        features: Numbers that enter the first layer, z and embedded label together, and those that
            leave each layer, `w_dim` at last.
        class_features: Numbers that describe a class in a table, from which its label is embedded;
            each class has a mean of its own then (Sauer et al. 2022, "StyleGAN-XL"). None without.
    """

    w_avg: Tensor
    """Running mean of w, [w_dim], or [c_dim, w_dim] of each class; see `average`."""

    def __init__(
        self,
        z_dim: int,
        c_dim: int,
        w_dim: int,
        num_ws: int,
        features: Sequence[int],
        class_features: int | None = None,
    ) -> None:
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim = z_dim, c_dim, w_dim
        self.num_ws, self.depth = num_ws, len(features) - 1
        self.has_class_means = class_features is not None
        if class_features is not None:
            self.class_table = nn.Parameter(torch.randn(c_dim, class_features), False)
            self.embed = EqualLinear(class_features, features[0] - z_dim)
        elif c_dim:
            self.embed = EqualLinear(c_dim, features[0] - z_dim)
        for i, (before, after) in enumerate(pairwise(features)):
            self.add_module(f"fc{i}", EqualLinear(before, after, lr_multiplier=LR_MULTIPLIER))
        means = (c_dim, w_dim) if self.has_class_means else (w_dim,)
        self.register_buffer("w_avg", torch.zeros(means))

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
            ValueError: z or c has the wrong shape, a label is missing, or means of classes are to
                be updated.
        """
        if update_average and self.has_class_means:
            raise ValueError("a network with a mean w for each class cannot be trained here")
        x = _normalise(self._check(z, "z", self.z_dim))
        label = None
        if self.c_dim:
            if c is None:
                raise ValueError(f"this network needs a class label c, [N, {self.c_dim}]")
            label = self._check(c, "c", self.c_dim)
            if label.shape[0] != x.shape[0]:
                raise ValueError(f"z and c must have equal lengths, got {len(x)} and {len(label)}")
            x = torch.cat([x, _normalise(self._embedded(label))], dim=1)
        for i in range(self.depth):
            # The gain passes through the leaky ReLU, which only sees signs.
            x = F.leaky_relu(self.get_submodule(f"fc{i}")(x, gain=math.sqrt(2)), 0.2)

        if update_average:
            with torch.no_grad():
                self.w_avg.copy_(x.detach().mean(dim=0).lerp(self.w_avg, AVERAGE_DECAY))
        mean = None if psi == 1 else self.average(label)
        return self.spread(x, psi=psi, cutoff=cutoff, mean=mean)

    def average(self, c: Tensor | None = None) -> Tensor:
        """The mean w that truncation goes towards: [w_dim], or [N, w_dim] of labels [N, c_dim].

        Only networks with a mean for each class look at the label; without one it is the mean of
        all classes, and between classes the mean of theirs.
        """
        if not self.has_class_means:
            return self.w_avg
        if c is None:
            return self.w_avg.mean(dim=0)
        shares = c.to(self.w_avg) / c.sum(dim=1, keepdim=True).clamp_min(1e-8)
        return shares @ self.w_avg

    def spread(
        self,
        w: Tensor,
        *,
        psi: float = 1.0,
        cutoff: int | None = None,
        mean: Tensor | None = None,
    ) -> Tensor:
        """A copy of w for each layer of the synthesis network, truncated.

        Args:
            w: [N, w_dim].
            psi, cutoff: As in `forward`.
            mean: What it is truncated towards, [w_dim] or [N, w_dim]; None for `average()`.

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
        mean = self.average() if mean is None else mean
        truncated = torch.lerp(mean.expand_as(w), w, psi)[:, None].expand_as(ws)
        cutoff = self.num_ws if cutoff is None else cutoff
        return torch.cat([truncated[:, :cutoff], ws[:, cutoff:]], dim=1)

    def _embedded(self, label: Tensor) -> Tensor:
        """What the label adds to z, [N, features]."""
        if not self.has_class_means:
            embedded: Tensor = self.embed(label)
            return embedded
        described = self.embed(label @ self.class_table, gain=math.sqrt(2))
        return F.leaky_relu(described, 0.2)

    def _check(self, x: Tensor, name: str, size: int) -> Tensor:
        if x.ndim != 2 or x.shape[1] != size:
            raise ValueError(f"{name} must be [N, {size}], got {list(x.shape)}")
        return x.to(self.w_avg.dtype)


def _normalise(x: Tensor) -> Tensor:
    """Scale each row to unit mean square."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)
