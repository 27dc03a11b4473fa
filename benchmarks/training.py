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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from benchmarks import report
from benchmarks.apart import answer, measure_apart, use_default_layout
from generator.config import Kind
from generator.ranks import joined_ranks
from train.config.presets import preset
from train.config.training import Precision, TrainConfig
from train.data.dataset import ImageDataset
from train.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

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
        ).for_data(size=(self.size, self.size), c_dim=0)
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


def rates(**task: Any) -> dict[str, float]:
    """Measure the rates of a `Measurement` given as a dict."""
    return Measurement(**task).figures()


def measure(options: Options) -> Iterator[report.Sheet]:
    """Train every system on pictures of every size, each way of doing it in turn."""
    if options.threads:
        torch.set_num_threads(options.threads)
    sheet = report.Sheet(
        f"training step, batch {options.batch}, 14 layers",
        ["system", "side", "operations", "processes", "precision"],
        {
            "step images/s": "{:.2f}",
            "step ratio": "{:.2g}×",
            "G fwd+bwd images/s": "{:.2f}",
            "G ratio": "{:.2g}×",
        },
    )
    for kind, size in itertools.product(options.kinds, options.sizes):
        first: dict[str, float] = {}
        for task in _tasks(options, kind, size):
            operations = "reference" if task.reference else "native"
            status = f"{kind}, {size}², {operations}, {task.processes} processes"
            with report.PROGRESS.status(status):
                found = measure_apart(
                    "benchmarks.training",
                    dataclasses.asdict(task),
                    reference=task.reference,
                    processes=task.processes,
                )
            if task.processes > 1:
                del found["generator"]  # nothing of it is shared
            first = first or found
            figures = (one for n in ("step", "generator") for one in _columns(n, found, first))
            names = (kind, f"{size}", operations, f"{task.processes}", task.precision)
            sheet.add(*names, *figures)
    yield sheet


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


def _columns(
    name: str, found: dict[str, float], first: dict[str, float]
) -> tuple[float | None, float | None]:
    """Return a rate and its ratio to the first."""
    if name not in found:
        return None, None
    return found[name], None if found is first else found[name] / first[name]


if __name__ == "__main__" and not answer(rates):
    report.run(measure, Options, __doc__)
