"""Ratios of sums over samples, in decibels, with their 95 % confidence intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLINGS = 1000
"""Bootstrap resamplings; the ends of an interval are then the 25th from either side."""


def ratio_interval(
    above: NDArray[np.float64], below: NDArray[np.float64], seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return ratios of sums over samples in dB, and the ends of their 95 % bootstrap intervals.

    Each resampling counts every sample a Poisson distributed number of times (Chamandy et al.,
    "Estimating uncertainty for massive data streams", 2012), as the metrics' do.

    Args:
        above, below: Numerator and denominator of every sample, [N, ...], not negative.
        seed: Of the resamplings.

    Returns:
        Three arrays [...]: the ratio, not a number where both sums are 0 and infinite where only
        `below` is, and the two ends, not numbers for fewer than two samples.
    """
    count = len(above)
    ratio = _decibels(above.sum(0), below.sum(0))
    if count < 2:
        unknown = np.full_like(ratio, np.nan)
        return ratio, unknown, unknown
    weights = np.random.default_rng(seed).poisson(size=(RESAMPLINGS, count)).astype(np.float64)
    weights = weights[weights.sum(1) > 0]
    resampled = _decibels(np.tensordot(weights, above, 1), np.tensordot(weights, below, 1))
    low, high = np.quantile(resampled, [0.025, 0.975], axis=0, method="nearest")
    return ratio, np.fmin(ratio, low), np.fmax(ratio, high)


def _decibels(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: NDArray[np.float64] = 10 * np.log10(above / below)
    return ratio
