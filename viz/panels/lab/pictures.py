"""Pictures of the signal lab's results, made for the size at which they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gui_utils.colormaps import ColormapName, colourise

if TYPE_CHECKING:
    from viz.protocol.lab import Trace

ERROR_DB = (-60.0, 0.0)
"""Errors drawn darkest and brightest; 0 dB is the full scale of signals, 1."""
POWER_DB = (-80.0, 0.0)

Plane = NDArray[np.floating]
Pixels = NDArray[np.uint8]


def samples_and_signal(trace: Trace, side: int, zoom: int, size: int) -> Pixels:
    """Draw the middle of a signal: the left half as samples, the right half continuous.

    Args:
        trace: The signal.
        side: Side of the whole area in pixels of the input.
        zoom: Magnification of the middle.
        size: Side of the picture in screen pixels.

    Returns:
        [size, size, 3] uint8; −1 is black, 1 white.
    """
    low, high = window(side, zoom)
    squares = _resized(
        np.pad(trace.samples, 2, mode="wrap"),
        [(edge - trace.offset) * trace.rate + 0.5 + 2 for edge in (low, high)],
        size,
        Image.Resampling.BOX,
    )
    dense = len(trace.dense) / side
    smooth = _resized(
        np.pad(trace.dense, 4, mode="wrap"),
        [(edge + 0.5) * dense + 4 for edge in (low, high)],
        size,
        Image.Resampling.BICUBIC,
    )
    both = squares
    both[:, size // 2 :] = smooth[:, size // 2 :]
    return colourise(both, -1.0, 1.0, "grey")


def error_map(error: Plane, offset: float, rate: float, side: int, zoom: int, size: int) -> Pixels:
    """Draw the magnitude of an error in dB, [size, size, 3]; unknown is mid-grey."""
    low, high = window(side, zoom)
    with np.errstate(divide="ignore"):
        decibels = 20 * np.log10(np.abs(error))
    decibels = np.clip(decibels, *ERROR_DB)
    unknown = np.isnan(error)
    decibels[unknown] = ERROR_DB[0]
    edges = [(edge - offset) * rate + 0.5 + 2 for edge in (low, high)]
    shown = _resized(np.pad(decibels, 2, mode="wrap"), edges, size, Image.Resampling.BOX)
    if unknown.any():
        grey = np.pad(unknown.astype(np.float32), 2, mode="wrap")
        shown[_resized(grey, edges, size, Image.Resampling.BOX) > 0.5] = np.nan
    return colourise(shown, *ERROR_DB, _MAGMA)


def spectrum(trace: Trace, widest: float, size: int, outside: Pixels) -> Pixels:
    """Draw the power spectrum over ± `widest` cycles/px on both axes, [size, size, 3].

    Args:
        trace: The signal; its own spectrum extends to ± rate/2.
        widest: Half the width of the picture, in cycles per pixel of the input.
        size: Side of the picture in screen pixels.
        outside: Colour of frequencies beyond the signal's own spectrum, [3].
    """
    own = max(1, round(size * trace.rate / 2 / widest))
    colours = colourise(trace.power_db, *POWER_DB, _MAGMA)
    inner = np.asarray(Image.fromarray(colours).resize((own, own), Image.Resampling.BILINEAR))
    picture = np.empty((size, size, 3), np.uint8)
    picture[:] = outside
    at = (size - own) // 2
    picture[at : at + own, at : at + own] = inner
    return picture


def window(side: int, zoom: float) -> tuple[float, float]:
    """Return the visible part of an axis, in pixels of the input."""
    middle, half = (side - 1) / 2, side / zoom / 2
    return middle - half, middle + half


_MAGMA: ColormapName = "magma"


def _resized(values: Plane, edges: list[float], size: int, how: Image.Resampling) -> Plane:
    """Resize a square part of a plane, between two edges measured from its first sample's edge."""
    low, high = (min(max(edge, 0.0), len(values)) for edge in edges)
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.array(image.resize((size, size), how, box=(low, low, high, high)))
