"""Which precision is faster here: measured, because processors differ by a factor of four."""

import dataclasses
import statistics
import time
from typing import Literal

from train.config import TrainConfig
from train.dataset import ImageDataset
from train.trainer import Trainer

# The first step builds kernels and the second still warms up caches.
_WARM_UP = 2
_MEASURED = 3


def step_seconds(config: TrainConfig, data: ImageDataset, device: str = "cpu") -> float:
    """Seconds of one step of a fresh training, without the penalties of its first step."""
    trainer = Trainer(config, data, device=device)
    durations = []
    for _ in range(_WARM_UP + _MEASURED):
        start = time.perf_counter()
        trainer.step()
        durations.append(time.perf_counter() - start)
    return statistics.median(durations[_WARM_UP:])


def measured_precision(
    config: TrainConfig, data: ImageDataset, device: str = "cpu"
) -> tuple[Literal["fp32", "bf16"], float]:
    """The faster precision for this training on this machine, and its seconds per step."""
    seconds = {
        name: step_seconds(dataclasses.replace(config, precision=name), data, device)
        for name in ("fp32", "bf16")
    }
    if seconds["bf16"] < seconds["fp32"]:
        return "bf16", seconds["bf16"]
    return "fp32", seconds["fp32"]
