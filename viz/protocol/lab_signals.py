"""The signals of the lab: one period each of a periodic signal, so that nothing has borders.

All are [side, side] float64, between −1 and 1 but for noise. Frequencies are in cycles per sample.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FADE = 0.125
"""Share of each side over which what is not periodic fades into its mean."""

Plane = NDArray[np.float64]


def impulse(side: int) -> Plane:
    """A single 1 in the middle."""
    signal = np.zeros((side, side))
    signal[side // 2, side // 2] = 1.0
    return signal


def sine_bins(side: int, frequency: float, angle_rad: float) -> tuple[int, int]:
    """The whole periods (to the right, down) that a sine has along the two sides."""
    right = round(frequency * side * math.cos(angle_rad))
    down = round(-frequency * side * math.sin(angle_rad))
    return right, down


def sine(side: int, frequency: float, angle_rad: float) -> Plane:
    """A plane wave whose normal stands at an angle to the x axis; periods rounded to whole ones."""
    right, down = sine_bins(side, frequency, angle_rad)
    place = np.arange(side)
    return np.sin(2 * np.pi * (right * place + down * place[:, None]) / side)


def zone_plate(side: int, band: float) -> Plane:
    """Rings whose frequency grows with their radius, to `band` in the middle of each side."""
    place = np.arange(side) - (side - 1) / 2
    squared = place**2 + place[:, None] ** 2
    rings = np.cos(2 * np.pi * band * squared / side)
    return rings * smooth_step((side / 2 - np.sqrt(squared)) / (FADE * side))


def noise(side: int, seed: int) -> Plane:
    """White Gaussian noise of deviation 1."""
    return np.random.default_rng(seed).standard_normal((side, side))


def band_limited(signal: Plane, band: float) -> Plane:
    """The signal without its frequencies above `band` in any direction."""
    side = len(signal)
    frequency = np.fft.fftfreq(side)
    inside = np.hypot(frequency, frequency[:, None]) <= band + 1e-9
    return np.fft.ifft2(np.fft.fft2(signal) * inside).real


def faded(picture: Plane) -> Plane:
    """A picture made periodic: towards its borders it becomes its mean."""
    side = len(picture)
    place = np.arange(side) + 0.5
    ramp = smooth_step(np.minimum(place, side - place) / (FADE * side))
    mean = picture.mean()
    periodic: Plane = mean + (picture - mean) * ramp * ramp[:, None]
    return periodic


def smooth_step(x: Plane) -> Plane:
    """0 below 0, 1 above 1, half a cosine between."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(x, 0.0, 1.0))


def middle(picture: NDArray[np.floating], largest: int) -> NDArray[np.floating]:
    """The middle of a picture, square, with an even number of samples, at most `largest`.

    Args:
        picture: [height, width], both at least 2.
        largest: Even.
    """
    height, width = picture.shape
    side = min(height, width, largest) // 2 * 2
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]
