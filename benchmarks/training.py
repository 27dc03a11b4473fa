"""Images per second of the trainer's full step, beside the same step on the reference operations.

    python -m benchmarks.training

One figure covers both networks' updates, the averaged generator and the R1 penalty every 16th
step. The reference operations are what serves where no compiler is found: each side runs in a
process of its own, the reference's with no compiler to find.
"""

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import torch
import tyro
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks.timing import machine
from ops.dispatch import native_unavailable
from train.config import Precision, Preset, preset
from train.dataset import ImageDataset
from train.memory import keep_freed_memory
from train.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure."""

    kinds: tuple[Preset, ...] = ("stylegan3-t",)
    """Systems to train, at the demo size: 64², 14 layers."""
    batch: int = 16
    """Pictures per step."""
    reference_batch: int = 4
    """Pictures per step of the reference, whose time per picture hardly depends on it."""
    precision: tuple[Precision, ...] = ("fp32", "bf16")
    """Precisions of the convolutions."""
    threads: int | None = None
    """Threads; default: one per core."""
    skip_reference: bool = False
    """Leave out the reference, which takes minutes."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One process's task."""

    kind: Preset
    batch: int
    precision: Precision
    threads: int | None
    reference: bool

    def images_per_second(self) -> float:
        """Train and time; the reference must run where no compiler is found."""
        if self.reference != (native_unavailable() is not None):
            raise RuntimeError(f"wrong backend: {native_unavailable() or 'native kernels'}")
        if self.threads:
            torch.set_num_threads(self.threads)
        keep_freed_memory()
        config = dataclasses.replace(
            preset(self.kind), batch=self.batch, precision=self.precision, kimg=1.0
        )
        generator = torch.Generator().manual_seed(0)
        pictures: Tensor = torch.randint(
            256, (256, 64, 64, 3), dtype=torch.uint8, generator=generator
        )
        trainer = Trainer(config, ImageDataset.from_arrays(pictures.numpy()))
        # Step 0 and every 16th after it carry the R1 penalty. The reference needs no warm-up: its
        # step takes minutes.
        steps = 2 if self.reference else config.r1_interval + 1
        seconds = []
        for _ in range(steps):
            start = time.perf_counter()
            trainer.step()
            seconds.append(time.perf_counter() - start)
        with_penalty = seconds[0] if self.reference else seconds[-1]
        plain = seconds[1] if self.reference else statistics.median(seconds[2:-1])
        cycle = with_penalty + (config.r1_interval - 1) * plain
        return self.batch * config.r1_interval / cycle


def measure_apart(measurement: Measurement) -> float:
    """Run a measurement in a process of its own."""
    environment = dict(os.environ)
    with tempfile.TemporaryDirectory() as empty_cache:
        if measurement.reference:
            environment |= {"CXX": "no-compiler", "XDG_CACHE_HOME": empty_cache}
        run = subprocess.run(
            [
                sys.executable,
                "-m",
                "benchmarks.training",
                json.dumps(dataclasses.asdict(measurement)),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return float(run.stdout)


def main(options: Options) -> None:
    """Measure and print the table."""
    console = Console(width=100)
    if options.threads:
        torch.set_num_threads(options.threads)
    table = Table(
        "system", "operations", "precision", "batch", "images/s", "ratio",
        title=f"training step, 64², 14 layers\n{machine()}",
    )  # fmt: skip
    for kind in options.kinds:
        tasks = [
            Measurement(kind=kind, batch=options.batch, precision=p, threads=options.threads,
                        reference=False)
            for p in options.precision
        ]  # fmt: skip
        if not options.skip_reference:
            tasks.insert(
                0, dataclasses.replace(
                    tasks[0], reference=True, precision="fp32", batch=options.reference_batch
                ),
            )  # fmt: skip
        slowest = None
        for task in tasks:
            with console.status(f"{kind}, {'reference' if task.reference else 'native'}"):
                rate = measure_apart(task)
            slowest = rate if task.reference else slowest
            table.add_row(
                kind,
                "reference" if task.reference else "native",
                task.precision,
                str(task.batch),
                f"{rate:.2f}",
                f"{rate / slowest:.0f}×" if slowest else "–",
            )
    console.print(table)


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1].startswith("{"):
        print(Measurement(**json.loads(sys.argv[1])).images_per_second())
    else:
        main(tyro.cli(Options, description=__doc__))
