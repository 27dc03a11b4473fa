"""Timing shared by the benchmarks, and the machine they ran on."""

from __future__ import annotations

import os
import platform
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ops.cpu import build

if TYPE_CHECKING:
    from collections.abc import Callable


def median_s(call: Callable[[], object], repeats: int, *, warmup: int = 1) -> float:
    """Median wall-clock seconds of `call` over `repeats` runs, after `warmup` uncounted ones."""
    for _ in range(warmup):
        call()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


@dataclass(frozen=True)
class Machine:
    """The machine that figures were measured on."""

    processor: str
    gpu: str | None
    """The first CUDA device."""
    cores: int
    """Logical ones."""
    threads: int
    """PyTorch's, unless the benchmark's options say otherwise."""
    system: str
    python: str
    torch: str
    load: float | None
    """Programs that wanted a core in the minute before, on average: near 0 if the machine was
    free. None where the system does not tell."""

    @classmethod
    def here(cls) -> Machine:
        """Describe this machine, now."""
        features = build.cpu_features().splitlines()
        models = (line.split(":")[1].strip() for line in features if line.startswith("model name"))
        return cls(
            processor=next(models, platform.machine()),
            gpu=torch.cuda.get_device_name(0) if torch.cuda.is_available() else None,
            cores=os.cpu_count() or 1,
            threads=torch.get_num_threads(),
            system=platform.system(),
            python=platform.python_version(),
            torch=torch.__version__,
            load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        )

    def __str__(self) -> str:
        """Describe it in one line."""
        parts = [self.processor, self.gpu, f"{self.threads} threads", f"PyTorch {self.torch}"]
        if self.load is not None:
            parts.append(f"load {self.load:.1f} at the start")
        return ", ".join(part for part in parts if part)
