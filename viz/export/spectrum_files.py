"""The window's spectra as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from viz.protocol.result import Spectrum


def write_window_spectra(path: Path, spectra: Mapping[str, tuple[Spectrum, str]]) -> None:
    """Write spectra to a `.png`, `.csv` or `.npz` file.

    Args:
        path: The file; its ending says what kind.
        spectra: By name: the spectrum and the colour of its curves, as in `#1a6fb5`.

    Raises:
        ValueError: there is no spectrum.
        OSError: the file cannot be written.
    """
    # matplotlib takes most of a second to load: only those who save wait for it.
    from train.reports.spectrum_files import PlottedSpectrum, write_spectra

    plotted = [
        PlottedSpectrum(
            name=name,
            power_db=one.power_db,
            radial_db=one.radial_db,
            rate=one.rate,
            values=_values(one),
            colour=colour,
        )
        for name, (one, colour) in spectra.items()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_spectra(path, plotted)


def _values(spectrum: Spectrum) -> dict[str, float]:
    known = {
        "planes": spectrum.planes,
        "cutoff": spectrum.cutoff,
        "stopband": spectrum.stopband,
        "nyquist": spectrum.nyquist,
        "outside_db": spectrum.outside_db,
    }
    return {name: float(value) for name, value in known.items() if value is not None}
