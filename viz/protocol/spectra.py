"""Power spectra in the window: averages ordered of the worker, and what is compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from viz.protocol.jobs import Task
from viz.protocol.request import BandLimit, Request, SpectrumRequest
from viz.protocol.result import Spectrum

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class AverageTask(Task):
    """Average the spectra of networks over many latents, one seed after the other."""

    sources: tuple[str, ...]
    """Networks, as in a request."""
    spectrum: SpectrumRequest
    samples: int
    seed: int = 0
    """Seed of the first latent; the others follow."""
    psi: float = 1.0
    cutoff: int | None = None
    """Truncation, as in a request."""
    whitening: tuple[float, float] | None = None
    """Mean and deviation of 8-bit pixels that pictures are whitened by; None: those of each
    network's own pictures."""
    device: str = "auto"

    @property
    def title(self) -> str:
        """Name for the status line."""
        what = self.spectrum.layer or "pictures"
        return f"Spectrum of {what}, {self.samples} latents"


@dataclass(frozen=True, slots=True)
class DataTask(Task):
    """Average the spectra of a data set's pictures."""

    path: str
    """Zip or folder."""
    samples: int
    """Pictures at most, evenly taken."""
    beta: float = 8.0
    pad: int = 4

    @property
    def title(self) -> str:
        """Name for the status line."""
        return f"Spectrum of {Path(self.path).name}"


@dataclass(frozen=True, slots=True)
class AliasingTask(Task):
    """The energy above the band limit after each step of every layer of every network.

    The result has an entry for each network: its steps in drawing order, or None so far.
    """

    request: Request
    """Says where the networks stand (see `viz.protocol.equivariance_tasks.latents_only`)."""
    limit: BandLimit
    """The frequency from which on it counts; StyleGAN2 has only the cutoff, half its rate."""
    beta: float
    """Shape of the Kaiser window."""
    latents: int = 1
    """1: the latent of the request; more: so many random ones, over which energies are summed (see
    `viz.protocol.equivariance_tasks.for_random_latents`)."""

    @property
    def title(self) -> str:
        """Name for the status line."""
        return "Aliasing of every layer"

    @property
    def quiet(self) -> bool:
        """Nobody has ordered it by hand."""
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """Average over the latents or pictures so far."""

    spectra: dict[str, Spectrum]
    """By source; a data set's alone under its path."""
    samples: int
    """Latents or pictures in it."""
    whitening: tuple[float, float] | None = None
    """Mean and deviation of the pixels, 0…255, of a data set."""


def frequencies(spectrum: Spectrum) -> NDArray[np.float64]:
    """Return the frequencies of the radial profile, in cycles per picture width."""
    count = len(spectrum.radial_db)
    return (np.arange(count) + 0.5) / count * spectrum.rate / 2


def slices(spectrum: Spectrum) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Power in dB along 0° and along 45°, from frequency 0.

    Returns:
        Two [n // 2]: entry i lies at i/n · rate along x, and at √2 · i/n · rate on the diagonal.
    """
    middle = spectrum.power_db.shape[0] // 2
    return spectrum.power_db[middle, middle:], spectrum.power_db.diagonal()[middle:]


def difference(first: Spectrum, second: Spectrum) -> NDArray[np.float32]:
    """Return the first spectrum minus the second, in dB, on the first one's frequencies.

    Frequencies that the second does not have are not a number.
    """
    columns, rows = (_places(first, second, axis) for axis in (1, 0))
    other = np.full(first.power_db.shape, np.nan, np.float32)
    inside = (rows >= 0)[:, None] & (columns >= 0)[None, :]
    other[inside] = second.power_db[np.ix_(rows[rows >= 0], columns[columns >= 0])].ravel()
    return first.power_db - other


def _places(first: Spectrum, second: Spectrum, axis: int) -> NDArray[np.int64]:
    """For each of the first one's frequencies the nearest of the second; -1: there is none."""
    count, other = first.power_db.shape[axis], second.power_db.shape[axis]
    cycles = (np.arange(count) - count // 2) / count * first.rate
    places = np.rint(cycles / second.rate * other).astype(np.int64) + other // 2
    return np.where((places >= 0) & (places < other), places, -1)


def edges(spectrum: Spectrum) -> list[tuple[str, float]]:
    """Frequencies worth drawing, as (name, cycles per picture), the lowest first.

    Those a signal has: pictures have no cutoff of their own, and StyleGAN2 no stopband.
    """
    found = (
        ("cutoff", spectrum.cutoff if spectrum.layer else None),
        ("stopband", spectrum.stopband),
        ("nyquist", spectrum.nyquist),
        ("inner", spectrum.inner_rate / 2),
    )
    return sorted(((name, at) for name, at in found if at), key=lambda pair: pair[1])


def outline(at: float, radial: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The closed curve, x and y, where a low-pass filter cuts: a square, or a disc's rim."""
    if radial:
        angle = np.linspace(0, 2 * np.pi, 97)
        return at * np.cos(angle), at * np.sin(angle)
    return at * np.array([-1.0, 1, 1, -1, -1]), at * np.array([-1.0, -1, 1, 1, -1])
