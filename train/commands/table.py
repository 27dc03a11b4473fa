"""`python -m train table`: the paper's table, of any networks and data sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro
from rich.progress import Progress, TaskID

from train.config.presets import KINDS
from train.data.dataset import ImageDataset
from train.metrics.measure import EQUIVARIANCE, check_ready
from train.reports.table import ResultTable, measure_row, measure_yardstick, named_networks
from train.reports.table_files import SUFFIXES, markdown, write_table
from train.threads import ready_threads

if TYPE_CHECKING:
    from rich.console import Console

DEMO_DATA = Path("data/relief-64-heldout.zip")


@dataclass(frozen=True, kw_only=True)
class Table:
    """The paper's table, of your networks: distance, equivariance, size and speed.

    Writes Markdown, CSV and a plot, the paper's figures beside your own.
    """

    networks: tyro.conf.Positional[tuple[str, ...]] = ()
    """Network files or run folders; default: the bundled networks."""
    data: tuple[Path, ...] = ()
    """Zips or folders of held-out pictures; default: data/relief-64-heldout.zip, once prepared.
    A network is compared with those of its own size."""
    yardstick_data: tuple[Path, ...] = ()
    """Training pictures that belong to them, in the same order: their own distance, as they are
    and blurred by a 64th of their side, is measured, too."""
    metric: str = "kid_effnet"
    """Distance to the data: kid_effnet, fd_effnet, or kid or fid with the Inception weights."""
    pictures: int = 2000
    """Pictures drawn by each network for the distance; the published figures take 50,000."""
    samples: int = 1000
    """Latents for the equivariance, each shifted and turned; the paper takes 50,000."""
    seed: int = 0
    """Seed of the latents."""
    out: Path = Path("out/table")
    """Files to write, without an ending."""
    threads: int | None = None
    """Threads to compute with; default: one per core."""

    def __call__(self, console: Console) -> int:
        """Measure, write and print; returns the exit code."""
        self._check()
        threads = ready_threads(self.threads)
        paths = self.data or ((DEMO_DATA,) if DEMO_DATA.is_file() else ())
        if not paths:
            console.print(
                f"no distance to pictures: name --data, or make {DEMO_DATA} with "
                "python -m train prepare relief",
                style="yellow",
                highlight=False,
            )
        data = [ImageDataset.load(path) for path in paths]
        self.out.parent.mkdir(parents=True, exist_ok=True)
        rows = []
        with Progress(console=console, transient=True) as progress:
            yardsticks = [
                measure_yardstick(
                    ImageDataset.load(training),
                    held_out,
                    metric=self.metric,
                    pictures=self.pictures,
                    seed=self.seed,
                )
                for training, held_out in zip(self.yardstick_data, data, strict=False)
            ]
            for name, source in named_networks(self.networks):
                bar = progress.add_task(name)

                def note(what: str, done: int, total: int, bar: TaskID = bar) -> None:
                    progress.update(bar, description=what, completed=done, total=total)

                rows.append(
                    measure_row(
                        name,
                        source,
                        data,
                        metric=self.metric,
                        pictures=self.pictures,
                        samples=self.samples,
                        seed=self.seed,
                        note=note,
                    )
                )
                progress.remove_task(bar)
        table = ResultTable(
            rows=tuple(sorted(rows, key=lambda row: KINDS.index(row.kind))),
            metric=self.metric,
            data=tuple(map(str, paths)),
            pictures=self.pictures,
            samples=self.samples,
            seed=self.seed,
            threads=threads,
            yardsticks=tuple(yardsticks),
        )
        written = [self.out.with_name(self.out.name + suffix) for suffix in SUFFIXES]
        for path in written:
            write_table(path, table)
        print(markdown(table))
        console.print(", ".join(map(str, written)), highlight=False, soft_wrap=True)
        return 0

    def _check(self) -> None:
        """Check all arguments before hours of measuring."""
        check_ready((self.metric,))
        if self.metric in EQUIVARIANCE:
            raise ValueError(f"the equivariance is always measured; {self.metric} is no distance")
        if self.samples < 1:
            raise ValueError(f"samples must be at least 1, got {self.samples}")
        if len(self.yardstick_data) > max(len(self.data), 1):
            raise ValueError("name as many --data as --yardstick-data")
