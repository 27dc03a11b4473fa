"""Latents from seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable


def seed_z(seeds: Iterable[int], z_dim: int) -> Tensor:
    """Latents of the given seeds, by the convention that the published pictures use.

    Args:
        seeds: Whole numbers from 0 to 2**32 - 1.
        z_dim: Numbers per latent.

    Returns:
        [len(seeds), z_dim] float32: `numpy.random.RandomState(seed).randn(1, z_dim)` each.

    Raises:
        ValueError: a seed is out of range.
    """
    rows = []
    for seed in seeds:
        if not 0 <= seed < 2**32:
            raise ValueError(f"seed must be 0 to {2**32 - 1}, got {seed}")
        rows.append(np.random.RandomState(seed).randn(z_dim).astype(np.float32))
    if not rows:
        return torch.empty(0, z_dim)
    return torch.from_numpy(np.stack(rows))
