"""Images per second of the trainer's full step, beside the same step on the reference operations.

    python -m benchmarks.training

One figure covers both networks' updates, the averaged generator and the R1 penalty every 16th
step; the other is the generator alone, forward + backward. Each side runs in a process of its own.
"""

import dataclasses
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
from train.config import Precision
from train.dataset import ImageDataset
from train.presets import preset
from train.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure."""

    kinds: tuple[Kind, ...] = ("stylegan3-t",)
    """Systems to train, at the demo size: 64², 14 layers."""
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
        )
        generator = torch.Generator().manual_seed(0)
        pictures: Tensor = torch.randint(
            256, (256, 64, 64, 3), dtype=torch.uint8, generator=generator
        )
        trainer = Trainer(config, ImageDataset.from_arrays(pictures.numpy()))
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
        "system", "operations", "precision", "batch", "step images/s", "ratio",
        "G fwd+bwd images/s", "ratio",
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
                    tasks[0], reference=True, precision="fp32"
                ),
            )  # fmt: skip
        slowest: dict[str, float] = {}
        for task in tasks:
            with console.status(f"{kind}, {'reference' if task.reference else 'native'}"):
                rates = measure_apart(
                    "benchmarks.training", dataclasses.asdict(task), reference=task.reference
                )
            slowest = rates if task.reference else slowest
            table.add_row(
                kind,
                "reference" if task.reference else "native",
                task.precision,
                str(task.batch),
                *(
                    text
                    for name, rate in rates.items()
                    for text in (f"{rate:.2f}", f"{rate / slowest[name]:.0f}×" if slowest else "–")
                ),
            )
    console.print(table)


if __name__ == "__main__" and not answer(measure):
    main(tyro.cli(Options, description=__doc__))
