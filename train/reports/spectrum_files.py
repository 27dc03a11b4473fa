"""Power spectra on disk: a printed plot, a table, and arrays. No torch is needed here."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COLOURS = ("#1a6fb5", "#b35f00", "#1a7d55", "#a83f8c")
MAP_INCHES = 3.2
SUFFIXES = (".png", ".npz", ".csv")


@dataclass(frozen=True, eq=False)
class PlottedSpectrum:
    """A power spectrum and what it belongs to."""

    name: str
    power_db: NDArray[np.floating[Any]]
    """Power, [n, n] in dB, n even, zero frequency at [n//2, n//2]; both axes span ± rate/2."""
    radial_db: NDArray[np.floating[Any]]
    """Power averaged over rings, [m] in dB; frequencies (i + ½)/m · rate/2."""
    rate: float
    """Samples per picture width."""
    values: dict[str, float]
    """Other values by name: samples, mean, std, cutoff, outside_db …"""
    colour: str = ""
    """Colour of its curves, as in `#1a6fb5`; empty: by its place."""

    @property
    def slices(self) -> tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]:
        """Take the power along 0° and 45°: entry i lies at i/n · rate, on the diagonal √2 times."""
        middle = self.power_db.shape[0] // 2
        return self.power_db[middle, middle:], self.power_db.diagonal()[middle:]

    @property
    def curves(self) -> dict[str, tuple[NDArray[np.float64], NDArray[np.floating[Any]]]]:
        """List every line that can be drawn: (cycles per sample, dB) by name."""
        along, diagonal = self.slices
        steps = np.arange(len(along)) / self.power_db.shape[0]
        rings = (np.arange(len(self.radial_db)) + 0.5) / len(self.radial_db) / 2
        return {
            "radial": (rings, self.radial_db),
            "0": (steps, along),
            "45": (steps * math.sqrt(2), diagonal),
        }


def write_spectra(path: Path, spectra: Sequence[PlottedSpectrum]) -> None:
    """Write spectra to a file of the kind its ending says.

    - `.png`: heat maps in one colour scale, and slices along 0° and 45° below.
    - `.csv`: spectrum, curve (radial, 0, 45), cycles_per_px, cycles_per_picture, power_db.
    - `.npz`: for spectrum number i `power_db_i`, `radial_db_i`, `slice_0_db_i`, `slice_45_db_i`,
      `rate_i` and its values, and the `names` of all.

    Raises:
        ValueError: no spectrum, or another ending.
        OSError: the file cannot be written.
    """
    if not spectra:
        raise ValueError("there is no spectrum to write")
    match path.suffix:
        case ".png":
            _plot(spectra).savefig(path, dpi=150)
        case ".csv":
            _write_table(path, spectra)
        case ".npz":
            np.savez_compressed(path, **_arrays(spectra))
        case other:
            raise ValueError(f"spectra are written to {', '.join(SUFFIXES)}, got {other or path}")


def _write_table(path: Path, spectra: Sequence[PlottedSpectrum]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["spectrum", "curve", "cycles_per_px", "cycles_per_picture", "power_db"])
        for one in spectra:
            for curve, (frequency, power) in one.curves.items():
                for at, db in zip(frequency, power, strict=True):
                    row = (f"{at:.6f}", f"{at * one.rate:.4f}", f"{db:.3f}")
                    table.writerow([one.name, curve, *row])


def _arrays(spectra: Sequence[PlottedSpectrum]) -> dict[str, Any]:
    arrays: dict[str, Any] = {"names": np.array([one.name for one in spectra])}
    for index, one in enumerate(spectra):
        along, diagonal = one.slices
        arrays |= {
            f"power_db_{index}": one.power_db,
            f"radial_db_{index}": one.radial_db,
            f"slice_0_db_{index}": along,
            f"slice_45_db_{index}": diagonal,
            f"rate_{index}": one.rate,
        }
        arrays |= {f"{name}_{index}": value for name, value in one.values.items()}
    return arrays


def _plot(spectra: Sequence[PlottedSpectrum]) -> Figure:
    columns = len(spectra)
    width = max(2, columns) * MAP_INCHES + 0.9
    figure = Figure(figsize=(width, 2 * MAP_INCHES + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.1, 1))
    low, high = _range(spectra)
    maps = upper.subplots(1, columns, squeeze=False)[0]
    for index, (axes, one) in enumerate(zip(maps, spectra, strict=True)):
        shown = axes.imshow(
            one.power_db,
            cmap="magma",
            vmin=low,
            vmax=high,
            extent=(-0.5, 0.5, 0.5, -0.5),
            interpolation="nearest",
        )
        axes.set_title(one.name, fontsize=9)
        axes.set_xlabel("cycles/px")
        axes.set_xticks([-0.5, -0.25, 0, 0.25, 0.5])
        axes.set_yticks([-0.5, -0.25, 0, 0.25, 0.5])
        if index:
            axes.set_yticklabels([])
    upper.colorbar(shown, ax=maps, label="dB", shrink=0.85)
    for axes, name, title in zip(
        lower.subplots(1, 2, sharey=True), ("0", "45"), ("0°", "45°"), strict=True
    ):
        for index, one in enumerate(spectra):
            frequency, power = one.curves[name]
            colour = one.colour or COLOURS[index % len(COLOURS)]
            axes.plot(frequency, power, color=colour, linewidth=1.2, label=one.name)
        axes.set_title(f"Slice along {title}", fontsize=9)
        axes.set_xlabel("cycles/px")
        axes.set_xlim(0, 0.5 if name == "0" else math.sqrt(0.5))
        axes.set_ylim(low, high)
        axes.grid(alpha=0.25)
    figure.axes[-2].set_ylabel("dB")
    figure.axes[-1].legend(fontsize=8)
    return figure


def _range(spectra: Sequence[PlottedSpectrum]) -> tuple[float, float]:
    """Choose levels that show all but the rarest, in whole tens of dB."""
    values = np.concatenate([one.power_db.ravel() for one in spectra])
    low, high = np.percentile(values, [0.5, 99.99])
    return 10 * math.floor(low / 10), max(10 * math.ceil(high / 10), 10 * math.floor(low / 10) + 10)
