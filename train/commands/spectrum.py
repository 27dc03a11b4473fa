"""`python -m train spectrum`: average power spectra as a plot, a table and arrays."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from generator.ranks import joined_ranks
from train.reports.spectrum import measure_spectra
from train.reports.spectrum_files import SUFFIXES, PlottedSpectrum, write_spectra


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """Average power spectra of networks and data sets: heat maps and slices, PNG, NPZ and CSV.

    Pictures are whitened with the mean and deviation of the first data set named, else with each
    network's own. Under `torchrun` the processes share the pictures, each on a GPU where there
    are any.
    """

    sources: tyro.conf.Positional[tuple[Path, ...]]
    """Network files and run folders, zips and folders of pictures."""
    out: Path = Path("out/spectrum")
    """Files to write, without an ending."""
    samples: int = 1000
    """Pictures drawn by each network; of a data set all are taken."""
    seed: int = 0
    """Seed of the first picture."""
    psi: float = 1.0
    """Truncation: 1 is none."""
    batch: int = 8
    """Pictures at a time."""
    beta: float = 8.0
    """Shape of the Kaiser window."""
    pad: int = 4
    """Zero-padding factor."""
    device: str = "auto"
    """cpu, cuda, cuda:N or mps; auto takes a CUDA GPU if there is one, else all cores."""

    def __call__(self, console: Console) -> int:
        """Measure, write and print; returns the exit code."""
        if not self.sources:
            raise ValueError("name at least one network or data set")
        with joined_ranks(self.device) as (ranks, device):
            speaks = ranks.rank == 0
            bars: dict[str, TaskID] = {}
            progress = Progress(console=console, transient=True)
            with progress if speaks else contextlib.nullcontext():

                def show(source: str, done: int, total: int) -> None:
                    if source not in bars:
                        bars[source] = progress.add_task(source, total=total)
                    progress.update(bars[source], completed=done, total=total)

                spectra = measure_spectra(
                    self.sources,
                    samples=self.samples,
                    seed=self.seed,
                    psi=self.psi,
                    batch=self.batch,
                    beta=self.beta,
                    pad=self.pad,
                    device=device,
                    ranks=ranks,
                    show=show,
                )
        if not speaks:
            return 0
        self.out.parent.mkdir(parents=True, exist_ok=True)
        written = [self.out.with_name(self.out.name + suffix) for suffix in SUFFIXES]
        for path in written:
            write_spectra(path, spectra)
        Console().print(_table(spectra))
        console.print(", ".join(map(str, written)), highlight=False, soft_wrap=True)
        return 0


def _table(spectra: list[PlottedSpectrum]) -> Table:
    """Make a table of the spectra at a few frequencies."""
    table = Table(
        title="Average power in dB, whitened, at 1/4, 1/2 and √½ cycles/px", title_justify="left"
    )
    table.add_column("source", overflow="fold", min_width=20)
    for heading in ("pictures", "0° 1/4", "0° 1/2", "45° 1/4", "45° √½"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in spectra:
        along, diagonal = one.slices
        quarter = len(along) // 2
        rest = (along[quarter], along[-1], diagonal[round(quarter / 2**0.5)], diagonal[-1])
        table.add_row(
            one.name,
            f"{one.values['pictures']:.0f}",
            *(f"{level:.2f}" for level in rest),
        )
    return table
