"""Energy of a signal above a band limit: where high frequencies are made and removed.

The energy is that of the signal under a Kaiser window, so that its borders do not count as high
frequencies. Every plane's own mean, as the window weighs it, is taken away first: frequency 0 is
then exactly empty and does not leak into its neighbours.

The band is a square, |f_x| ≤ limit and |f_y| ≤ limit, or a disc where filters are radial. The
window blurs the spectrum by about 2.7 / size cycles per pixel (β 8), and what it leaks further
away lies some 60 dB lower: that is the floor of what can be measured.
"""

from __future__ import annotations

import math

import torch
from scipy import fft
from torch import Tensor

from ops.doubles import device_of_doubles
from ops.spectra import ELEMENTS_AT_ONCE, kaiser_window


def band_energy(
    x: Tensor, limit: float, *, radial: bool = False, beta: float = 8.0, pad: int = 2
) -> tuple[float, float]:
    """Energy above a band limit, and energy in all, both without the mean of every plane.

    Args:
        x: [..., H, W], floating; energies are summed over every leading dimension.
        limit: In cycles per pixel, not negative; from 1/2 on (√1/2 on for a disc) nothing is
            above it.
        radial: Whether the band is a disc of that radius instead of a square.
        beta: Shape of the Kaiser window.
        pad: Zero-padding factor; more samples the limit's outline more finely.

    Returns:
        (above, total), not negative.

    Raises:
        ValueError: an argument is out of range, or `x` is empty.
    """
    if x.ndim < 2 or x.numel() == 0:
        raise ValueError(f"x must be [..., H, W] and not empty, got {list(x.shape)}")
    if limit < 0:
        raise ValueError(f"limit must not be negative, got {limit:g}")
    if pad < 1:
        raise ValueError(f"pad must be at least 1, got {pad}")
    x = x.detach().to(device_of_doubles(x.device))
    height, width = x.shape[-2:]
    dtype = torch.float64 if x.dtype == torch.float64 else torch.float32
    window = torch.outer(kaiser_window(height, beta=beta), kaiser_window(width, beta=beta))
    window = window.to(x.device, dtype)
    # A little more padding where that makes the transform quicker.
    rows, columns = (fft.next_fast_len(side * pad, real=True) for side in (height, width))
    down = torch.fft.fftfreq(rows, device=x.device, dtype=torch.float64).abs()
    along = torch.fft.rfftfreq(columns, device=x.device, dtype=torch.float64)
    # The half spectrum stands for both halves, but for the columns that are their own mirror.
    weight = torch.full((len(along),), 2.0, device=x.device, dtype=torch.float64)
    weight[0] = 1.0
    if columns % 2 == 0:
        weight[-1] = 1.0
    grid = torch.hypot(down[:, None], along) if radial else torch.maximum(down[:, None], along)
    outside = grid > limit
    above = total = 0.0
    planes = x.reshape(-1, height, width)
    for part in planes.split(max(1, ELEMENTS_AT_ONCE // (rows * len(along)))):
        part = part.to(dtype)
        mean = (part * window).sum((-2, -1), keepdim=True) / window.sum()
        windowed = (part - mean) * window
        spectrum = torch.fft.fft(torch.fft.rfft(windowed, n=columns, dim=-1), n=rows, dim=-2)
        power = (spectrum.real.square() + spectrum.imag.square()).sum(0).double() * weight
        above += float((power * outside).sum())
        total += float(power.sum())
    return above / (rows * columns), total / (rows * columns)


def above_band_db(
    x: Tensor, limit: float, *, radial: bool = False, beta: float = 8.0, pad: int = 2
) -> float | None:
    """The energy above a band limit over all of it but the mean, in dB; see `band_energy`.

    Returns:
        At most 0; None where no frequency of these samples lies above the limit, or the planes
        are constant.
    """
    highest = math.sqrt(0.5) if radial else 0.5
    if limit >= highest:
        return None
    above, total = band_energy(x, limit, radial=radial, beta=beta, pad=pad)
    if total <= 0:
        return None
    return 10 * math.log10(max(above / total, 1e-12))
