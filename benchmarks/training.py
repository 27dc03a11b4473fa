"""Images per second of the trainer's full step, beside the same step on the reference operations.

    python -m benchmarks.training --kinds stylegan2 stylegan3-t stylegan3-r --sizes 64 128
    python -m benchmarks.training --processes 1 2 --threads 1 --precision fp32 --skip-reference

One figure covers both networks' updates, the averaged generator and the R1 penalty every 16th
step; the other is the generator alone, forward + backward. Each side runs in processes of its own.
Several processes share the batch as under `torchrun`, each with the threads that `--threads` says;
the ratio to one process tells how the rate grows.
"""

import dataclasses
import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import tyro
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks.apart import answer, measure_apart, use_default_layout
from benchmarks.timing import machine
from generator.config import Kind
from generator.ranks import joined_ranks
from train.config.presets import preset
from train.config.training import Precision, TrainConfig
from train.data.dataset import ImageDataset
from train.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure."""

    kinds: tuple[Kind, ...] = ("stylegan3-t",)
    """Systems to train, with the demo's networks of 14 layers."""
    sizes: tuple[int, ...] = (64,)
    """Sides of the pictures, pixels."""
    processes: tuple[int, ...] = (1,)
    """Numbers of processes that share a batch, native operations only."""
    batch: int = 16
    """Pictures per step."""
    precision: tuple[Precision, ...] = ("fp32", "bf16")
    """Precisions of the convolutions."""
    threads: int | None = None
    """Threads; default: one per core."""
    skip_reference: bool = False
    """Leave out the reference, which takes minutes."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One process's task."""

    kind: Kind
    size: int
    processes: int
    batch: int
    precision: Precision
    threads: int | None
    reference: bool

    def figures(self) -> dict[str, float]:
        """Images per second of the full `step`, and of the `generator`'s forward + backward."""
        if self.threads:
            torch.set_num_threads(self.threads)
        config = dataclasses.replace(
            preset(self.kind), batch=self.batch, precision=self.precision, kimg=1.0
        ).for_data(resolution=self.size, c_dim=0)
        generator = torch.Generator().manual_seed(0)
        pictures: Tensor = torch.randint(
            256, (256, self.size, self.size, 3), dtype=torch.uint8, generator=generator
        )
        with joined_ranks("cpu") as (ranks, _):
            data = ImageDataset.from_arrays(pictures.numpy())
            return self._figures(config, Trainer(config, data, ranks=ranks))

    def _figures(self, config: TrainConfig, trainer: Trainer) -> dict[str, float]:
        if self.reference:
            use_default_layout(trainer.generator)
        # Step 0 and every 16th after it carry the R1 penalty. The reference needs no warm-up: its
        # step takes minutes.
        seconds = _times(trainer.step, 2 if self.reference else config.r1_interval + 1)
        with_penalty = seconds[0] if self.reference else seconds[-1]
        plain = seconds[1] if self.reference else statistics.median(seconds[2:-1])
        cycle = with_penalty + (config.r1_interval - 1) * plain

        net = trainer.generator
        ws = net.mapping(torch.randn(self.batch, net.z_dim)).detach()

        def generator_pass() -> None:
            net.synthesis(ws, precision=self.precision).sum().backward()

        passes = _times(generator_pass, 1 if self.reference else 9)
        return {
            "step": self.batch * config.r1_interval / cycle,
            "generator": self.batch / statistics.median(passes[-7:]),
        }


def _times(call: Callable[[], object], count: int) -> list[float]:
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


def measure(**task: Any) -> dict[str, float]:
    """Figures of a `Measurement` given as a dict."""
    return Measurement(**task).figures()


def main(options: Options) -> None:
    """Measure and print the table."""
    console = Console(width=100)
    if options.threads:
        torch.set_num_threads(options.threads)
    table = Table(
        "system", "side", "operations", "processes", "precision", "step images/s", "ratio",
        "G fwd+bwd images/s", "ratio",
        title=f"training step, batch {options.batch}, 14 layers\n{machine()}",
    )  # fmt: skip
    for kind, size in itertools.product(options.kinds, options.sizes):
        first: dict[str, float] = {}
        for task in _tasks(options, kind, size):
            operations = "reference" if task.reference else "native"
            with console.status(f"{kind}, {size}², {operations}, {task.processes} processes"):
                rates = measure_apart(
                    "benchmarks.training",
                    dataclasses.asdict(task),
                    reference=task.reference,
                    processes=task.processes,
                )
            if task.processes > 1:
                del rates["generator"]  # nothing of it is shared
            first = first or rates
            table.add_row(
                kind, f"{size}", operations, f"{task.processes}", task.precision,
                *(text for name in ("step", "generator") for text in _columns(name, rates, first)),
            )  # fmt: skip
    console.print(table)


def _tasks(options: Options, kind: Kind, size: int) -> list[Measurement]:
    """What is measured of a system; ratios are to the first of them."""
    tasks = [
        Measurement(
            kind=kind,
            size=size,
            processes=processes,
            batch=options.batch,
            precision=precision,
            threads=options.threads,
            reference=False,
        )
        for precision in options.precision
        for processes in options.processes
    ]
    if options.skip_reference:
        return tasks
    slow = dataclasses.replace(tasks[0], reference=True, precision="fp32", processes=1)
    return [slow, *tasks]


def _columns(name: str, rates: dict[str, float], first: dict[str, float]) -> tuple[str, str]:
    if name not in rates:
        return "–", "–"
    if rates is first:
        return f"{rates[name]:.2f}", "–"
    return f"{rates[name]:.2f}", f"{rates[name] / first[name]:.2g}×"


if __name__ == "__main__" and not answer(measure):
    main(tyro.cli(Options, description=__doc__))
