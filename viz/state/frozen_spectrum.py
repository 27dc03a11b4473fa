"""A frozen power spectrum as text, so that it travels in sessions like any other field.

Levels are kept in tenths of a decibel. The signal is real, so one half of the plane tells all.
"""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.protocol.request import StepName
from viz.protocol.result import Spectrum

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS_PER_DB = 10
SMALLEST, LARGEST = 2, 2048
"""Points along one axis; a session has room for four of the largest."""
HIGHEST_RATE = 1e6


@dataclass(frozen=True, slots=True)
class FrozenSpectrum:
    """A spectrum as it was; its fields are those of `viz.protocol.result.Spectrum`.

    Raises:
        ValueError: the levels or a figure do not fit their description.
    """

    size: int
    """Points along each axis."""
    data: str
    """Rows of frequency 0 … 1/2 in FFT order, then the rings, as steps from level to level:
    little-endian int16, deflated, in base64."""
    rate: float
    cutoff: float
    nyquist: float
    inner_rate: float
    planes: int
    stopband: float | None = None
    outside_db: float | None = None
    layer: str = ""
    step: StepName | None = None
    radial: bool = False

    def __post_init__(self) -> None:
        if not SMALLEST <= self.size <= LARGEST:
            raise ValueError(f"must have {SMALLEST} to {LARGEST} points along an axis")
        figures = (self.cutoff, self.nyquist, self.inner_rate, self.stopband or 0.0)
        if not 0 < self.rate <= HIGHEST_RATE or not all(0 <= x <= HIGHEST_RATE for x in figures):
            raise ValueError(f"must have frequencies up to {HIGHEST_RATE:g} cycles per picture")
        if self.outside_db is not None and not math.isfinite(self.outside_db):
            raise ValueError("must have a finite figure")
        self.levels()

    @staticmethod
    def of(spectrum: Spectrum) -> FrozenSpectrum:
        """Keep a spectrum.

        Raises:
            ValueError: it is too large, or holds what is no number.
        """
        power, rings = spectrum.power_db, spectrum.radial_db
        if not (np.isfinite(power).all() and np.isfinite(rings).all()):
            raise ValueError("the spectrum holds what is no number")
        half = np.fft.ifftshift(power)[: len(power) // 2 + 1]
        levels = np.rint(np.concatenate([half.ravel(), rings]) * STEPS_PER_DB).astype("<i2")
        packed = zlib.compress(np.diff(levels, prepend=levels.dtype.type(0)).tobytes(), 9)
        data = base64.b64encode(packed).decode("ascii")
        return FrozenSpectrum(size=len(power), data=data, **_shared(spectrum))

    def levels(self) -> NDArray[np.float32]:
        """Return all levels in dB: the half plane's rows, then the rings."""
        count = (self.size // 2 + 1) * self.size + ring_count(self.size)
        try:
            inflater = zlib.decompressobj()
            raw = inflater.decompress(base64.b64decode(self.data, validate=True), 2 * count)
        except (binascii.Error, zlib.error, ValueError):
            raise ValueError("is no deflated base64") from None
        if len(raw) != 2 * count or inflater.unconsumed_tail:
            raise ValueError(f"does not hold {self.size} × {self.size} levels")
        steps = np.frombuffer(raw, "<i2")
        return np.cumsum(steps, dtype=np.int16).astype(np.float32) / np.float32(STEPS_PER_DB)


@lru_cache(maxsize=8)
def thawed(frozen: FrozenSpectrum) -> Spectrum:
    """Return the spectrum that was kept, always the same object, so it is not drawn anew."""
    levels = frozen.levels()
    size, rows = frozen.size, frozen.size // 2 + 1
    half = levels[: rows * size].reshape(rows, size)
    # The power at −f is that at f.
    mirrored = np.roll(half[(size - 1) // 2 : 0 : -1, ::-1], 1, axis=1)
    return Spectrum(
        power_db=np.fft.fftshift(np.concatenate([half, mirrored])),
        radial_db=levels[rows * size :],
        **_shared(frozen),
    )


def _shared(of: Spectrum | FrozenSpectrum) -> dict[str, Any]:
    """Return the fields that both have, besides the levels."""
    names = (field.name for field in fields(FrozenSpectrum))
    return {name: getattr(of, name) for name in names if name not in ("size", "data")}


def ring_count(size: int) -> int:
    """Count the rings of the radial profile of `size` points (see `ops.spectra.radial_profile`)."""
    return max(1, size // 4)
