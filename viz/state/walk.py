"""The drift through W: a closed curve in a random plane, in deviations of each network's own W."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from viz.state.inputs import LatentState

CURVE_SAMPLES = 1024


def walk_at(latent: LatentState) -> tuple[float, float]:
    """Return the drift's offset in its plane, never longer than its radius; (0, 0) without one."""
    radius, turn = latent.walk_radius, 2 * math.pi * latent.walk_phase
    if not latent.walk or not radius:
        return 0.0, 0.0
    if latent.walk_waves == 1:
        return radius * math.cos(turn), radius * math.sin(turn)
    weights, reach = _curve(latent.walk_seed, latent.walk_waves)
    waves = np.arange(1, latent.walk_waves + 1)
    x, y = (np.cos(waves * turn) @ weights[:, 0] + np.sin(waves * turn) @ weights[:, 1]).tolist()
    return radius * x / reach, radius * y / reach


@lru_cache(maxsize=64)
def _curve(seed: int, waves: int) -> tuple[np.ndarray, float]:
    """Draw a closed random curve: weights [waves, cos and sin, x and y], and how far it leads.

    Higher waves weigh less, as in a random walk that is made to close.
    """
    order = np.arange(1, waves + 1)[:, None, None]
    weights = np.random.default_rng(seed).standard_normal((waves, 2, 2)) / order
    angles = 2 * np.pi * np.arange(CURVE_SAMPLES)[:, None] / CURVE_SAMPLES * order[:, 0, 0]
    points = np.cos(angles) @ weights[:, 0] + np.sin(angles) @ weights[:, 1]
    return weights, float(np.hypot(*points.T).max())
