"""Latents from seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable


def seed_class(seed: int, z_dim: int, c_dim: int) -> int:
    """The class that a seed chooses, by the convention of the original visualizer.

    Args:
        seed: 0 to 2**32 - 1.
        z_dim: Numbers per latent, which are drawn before the class.
        c_dim: Classes, at least 1.

    Raises:
        ValueError: the seed is out of range, or there is no class.
    """
    if c_dim < 1:
        raise ValueError(f"c_dim must be at least 1, got {c_dim}")
    random = _random(seed)
    random.randn(z_dim)
    return int(random.randint(c_dim))


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
    rows = [_random(seed).randn(z_dim).astype(np.float32) for seed in seeds]
    if not rows:
        return torch.empty(0, z_dim)
    return torch.from_numpy(np.stack(rows))


def _random(seed: int) -> np.random.RandomState:
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be 0 to {2**32 - 1}, got {seed}")
    return np.random.RandomState(seed)
