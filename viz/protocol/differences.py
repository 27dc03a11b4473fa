"""Differences of two pictures, in dB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def difference_db(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the difference of two pictures at each pixel, in dB.

    Args:
        first, second: [height, width, 4] uint8; where one is transparent nothing is known.

    Returns:
        [height, width] float32: mean square over the colours in dB, 0 dB for black against white;
        minus infinity where they are equal, not-a-number where nothing is known.

    Raises:
        ValueError: the pictures differ in size.
    """
    if first.shape != second.shape:
        sizes = " and ".join(f"{one.shape[1]}×{one.shape[0]}" for one in (first, second))
        raise ValueError(f"pictures of {sizes} cannot be compared pixel by pixel")
    apart = (first[..., :3].astype(np.float32) - second[..., :3]) / 255
    with np.errstate(divide="ignore"):
        level: NDArray[np.float32] = 10 * np.log10(np.square(apart).mean(-1))
    level[(first[..., 3] < 255) | (second[..., 3] < 255)] = np.nan
    return level


def mean_db(level_db: NDArray[np.float32]) -> float | None:
    """Return the mean square of a difference in dB; None where nothing is known or all is equal."""
    known = level_db[~np.isnan(level_db)]
    power = float(np.mean(10 ** (known.astype(np.float64) / 10))) if known.size else 0.0
    return 10 * float(np.log10(power)) if power > 0 else None
