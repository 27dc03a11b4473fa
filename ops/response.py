"""Response of low-pass filters, measured on their taps.

A filter of taps h answers frequency f (cycles per sample) with H(f) = Σ h[n] exp(−2πi f n). Gains
are in dB against that of frequency 0. All other frequencies here are in the units of the sampling
rate that is passed, so that they can be compared with the design (`ops.filters`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ops.filters import kaiser_attenuation_db

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOOR_DB = -140.0
_FINE = 8193
"""Points from 0 to half the sampling rate at which figures are measured."""
_PASSED_DB = -1.0
_HALF_DB = 20 * float(np.log10(0.5))


@dataclass(frozen=True, slots=True)
class FilterFigures:
    """Measurements of a filter; frequencies in the units of its sampling rate."""

    cutoff: float | None
    """Frequency at which half the amplitude is left, −6 dB; None if there is none."""
    passed_to: float | None
    """Lowest frequency with a gain below −1 dB: the transition band begins."""
    stopped_from: float | None
    """Lowest frequency that is attenuated in full: the transition band ends."""
    attenuation_db: float
    """Least attenuation of the frequencies from the stop edge on; positive."""


def gain_db(taps: Tensor, points: int) -> NDArray[np.float64]:
    """Gain of a one-dimensional filter.

    Args:
        taps: [k].
        points: At least 2, and more than half the taps.

    Returns:
        [points] in dB, from frequency 0 to half the sampling rate, both included.

    Raises:
        ValueError: `taps` is no line, or there are too few points.
    """
    size = 2 * (points - 1)
    if taps.ndim != 1 or size < max(2, len(taps)):
        raise ValueError(
            f"taps must be [k], and points more than k/2, got {list(taps.shape)} and {points}"
        )
    return _db(np.abs(np.fft.rfft(taps.detach().cpu().double().numpy(), n=size)))


def gain_map_db(taps: Tensor, points: int) -> NDArray[np.float64]:
    """Gain of a filter over both frequencies.

    Args:
        taps: [k, k], or [k] for a separable one.
        points: Along each axis, at least as many as taps.

    Returns:
        [points, points] in dB, frequency 0 at [points // 2, points // 2], spanning ± half the
        sampling rate as `ops.spectra` does.

    Raises:
        ValueError: `taps` has another shape, or there are too few points.
    """
    if taps.ndim not in (1, 2) or points < max(taps.shape):
        raise ValueError(f"taps must be [k] or [k, k] and no more than {points} points a side")
    grid = taps.detach().cpu().double()
    grid = torch.outer(grid, grid) if grid.ndim == 1 else grid
    return _db(torch.fft.fftshift(torch.fft.fft2(grid, s=(points, points)).abs()).numpy())


def section(taps: Tensor) -> Tensor:
    """The one-dimensional filter that a plane filter is along each axis: the sums of its rows.

    A wave along x meets the taps summed over y (the projection-slice theorem).
    """
    return taps if taps.ndim == 1 else taps.sum(0)


def measure_lowpass(taps: Tensor, rate: float, stop_edge: float) -> FilterFigures:
    """Cutoff, transition band and attenuation of a low-pass filter along an axis.

    Args:
        taps: [k], or [k, k].
        rate: Sampling rate the filter runs at.
        stop_edge: From here on frequencies are meant to be stopped, below `rate` / 2.

    Raises:
        ValueError: `stop_edge` leaves nothing to be stopped.
    """
    if not 0 < stop_edge < rate / 2:
        raise ValueError(f"stop_edge must lie between 0 and {rate / 2:g}, got {stop_edge:g}")
    gain = gain_db(section(taps), _FINE)
    frequency = np.linspace(0, rate / 2, _FINE)
    stopped = np.append(gain[frequency >= stop_edge], _at(stop_edge, frequency, gain))
    attenuation = -float(stopped.max())
    return FilterFigures(
        cutoff=_first_below(frequency, gain, _HALF_DB),
        passed_to=_first_below(frequency, gain, _PASSED_DB),
        stopped_from=_first_below(frequency, gain, -attenuation),
        attenuation_db=attenuation,
    )


def designed_attenuation_db(taps: int, width: float, rate: float) -> float:
    """Return the attenuation by Kaiser's formula for a number of taps and a transition width."""
    return float(kaiser_attenuation_db(taps, width / (rate / 2)))


def _db(amplitude: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(20 * np.log10(np.maximum(amplitude, 1e-30)), FLOOR_DB)


def _at(where: float, frequency: NDArray[np.float64], gain: NDArray[np.float64]) -> float:
    return float(np.interp(where, frequency, gain))


def _first_below(
    frequency: NDArray[np.float64], gain: NDArray[np.float64], level: float
) -> float | None:
    """The first frequency at which the gain crosses a level downwards, between two samples."""
    below = np.flatnonzero(gain <= level + 1e-9)
    if len(below) == 0:
        return None
    i = int(below[0])
    if i == 0:
        return float(frequency[0])
    share = (gain[i - 1] - level) / (gain[i - 1] - gain[i])
    return float(frequency[i - 1] + share * (frequency[i] - frequency[i - 1]))
