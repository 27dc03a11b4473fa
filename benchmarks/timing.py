"""Timing shared by the benchmarks."""

import platform
import statistics
import time
from collections.abc import Callable

import torch

from ops.cpu import build


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


def machine() -> str:
    """One line that says what the figures were measured on."""
    name = next(
        (
            line.split(":")[1].strip()
            for line in build.cpu_features().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return f"{name}, {torch.get_num_threads()} threads, PyTorch {torch.__version__}"
