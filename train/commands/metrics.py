"""`python -m train metrics`."""

import json
from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from generator import load_network
from train.data.dataset import ImageDataset
from train.metrics.measure import MetricValue, check_ready, measure
from train.threads import ready_threads


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Measure networks beside a data set."""

    networks: tyro.conf.Positional[tuple[str, ...]]
    """Network files or run folders."""
    data: Path
    """Zip or folder of the pictures they should look like: held-out ones, if there are any."""
    metrics: tuple[str, ...] = ("kid_effnet", "fd_effnet", "eq_t", "eq_t_frac", "eq_r")
    """Which: eq_t eq_t_frac eq_r kid_effnet fd_effnet precision_effnet recall_effnet need nothing
    more; fid kid is precision recall need the Inception weights, ppl those of VGG-16."""
    samples: int = 2000
    """Pictures generated; the published figures take 50,000."""
    seed: int = 0
    """Seed of the latents."""
    threads: int | None = None
    """Threads to compute with; default: one per core."""
    json: bool = False
    """Print JSON instead of a table."""

    def __call__(self, console: Console) -> int:
        """Carry the command out; returns the exit code."""
        check_ready(self.metrics)
        ready_threads(self.threads)
        data = ImageDataset.load(self.data)
        measured: dict[str, list[MetricValue]] = {}
        with Progress(console=console, transient=True) as progress:
            for source in self.networks:
                net = load_network(source)
                bar = progress.add_task(source)

                def note(what: str, done: int, total: int, bar: TaskID = bar) -> None:
                    progress.update(bar, description=what, completed=done, total=total)

                measured[source] = measure(
                    net, data, self.metrics, samples=self.samples, seed=self.seed, note=note
                )
                progress.remove_task(bar)
        if self.json:
            print(json.dumps({name: _as_json(values) for name, values in measured.items()}))
            return 0
        table = Table(box=None, header_style="bold")
        table.add_column(f"{self.samples} samples")
        for name in self.metrics:
            table.add_column(name, justify="right")
        for source, values in measured.items():
            table.add_row(source, *(str(value) for value in values))
        Console().print(table)
        return 0


def _as_json(values: list[MetricValue]) -> dict[str, dict[str, float | None]]:
    return {one.name: {"value": one.value, "deviation": one.deviation} for one in values}
