"""Design of the low-pass filters between StyleGAN3's layers.

Karras et al. 2021, Section 3.2 and Appendix C: Kaiser-windowed sinc filters, or jinc filters
for the rotation-equivariant networks. All frequencies are in cycles per picture, like the
sampling rates of the layers.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import special
from torch import Tensor

# `scipy.signal` has all of this too, but takes longer to load than a first picture to draw.


def design_lowpass(
    taps: int, cutoff: float, width: float, rate: float, *, radial: bool = False
) -> Tensor | None:
    """Design a Kaiser-windowed low-pass FIR filter.

    Args:
        taps: Length of the filter; 1 means no filter.
        cutoff: Cutoff frequency f_c, below `rate` / 2.
        width: Width of the transition band, 2 f_h.
        rate: Sampling rate the filter runs at.
        radial: Sample the radially symmetric jinc instead of the separable sinc.

    Returns:
        float32 taps that sum to 1: [taps], or [taps, taps] when radial; None when `taps` is 1.

    Raises:
        ValueError: The specification describes no low-pass filter.
    """
    if taps < 1:
        raise ValueError(f"taps must be at least 1, got {taps}")
    if taps == 1:
        return None
    if not 0 < cutoff < rate / 2:
        raise ValueError(f"cutoff must lie between 0 and rate / 2 = {rate / 2:g}, got {cutoff:g}")
    if width <= 0:
        raise ValueError(f"width must be positive, got {width:g}")
    beta = kaiser_beta(kaiser_attenuation_db(taps, width / (rate / 2)))
    if not radial:
        share, places = cutoff / (rate / 2), np.arange(taps) - 0.5 * (taps - 1)
        sinc = share * np.sinc(share * places) * _kaiser(taps, beta)
        return torch.as_tensor(sinc / sinc.sum(), dtype=torch.float32)

    position = (np.arange(taps) - (taps - 1) / 2) / rate
    radius = np.hypot(*np.meshgrid(position, position))
    # J1(2 pi f_c r) / (pi r) has the removable limit f_c at r = 0, met by odd tap counts.
    with np.errstate(invalid="ignore", divide="ignore"):
        jinc = special.j1(2 * np.pi * cutoff * radius) / (np.pi * radius)
    jinc[radius == 0] = cutoff
    window = np.kaiser(taps, beta)
    kernel = jinc * np.outer(window, window)
    return torch.as_tensor(kernel / kernel.sum(), dtype=torch.float32)


def kaiser_attenuation_db(taps: int, width: float) -> float:
    """Return the attenuation that a Kaiser-windowed filter reaches, by Kaiser's formula.

    Args:
        taps: Length of the filter.
        width: Width of the transition band, as a share of half the sampling rate.
    """
    return 2.285 * (taps - 1) * np.pi * width + 7.95


def kaiser_beta(attenuation_db: float) -> float:
    """Return the parameter of the Kaiser window for an attenuation, by Kaiser's formula."""
    if attenuation_db > 50:
        return 0.1102 * (attenuation_db - 8.7)
    if attenuation_db > 21:
        return float(0.5842 * (attenuation_db - 21) ** 0.4 + 0.07886 * (attenuation_db - 21))
    return 0.0


def _kaiser(taps: int, beta: float) -> NDArray[np.float64]:
    """Return the Kaiser window: [taps]."""
    middle = (taps - 1) / 2
    place = (np.arange(taps) - middle) / middle
    window: NDArray[np.float64] = special.i0(beta * np.sqrt(1 - place**2)) / special.i0(beta)
    return window
