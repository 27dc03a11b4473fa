"""Which precision is faster here: measured, because processors differ by a factor of four."""

import dataclasses
import statistics
import time
from typing import Literal

from train.config.training import TrainConfig
from train.data.dataset import ImageDataset
from train.trainer import Trainer

# The first step builds kernels and the second still warms up caches.
_WARM_UP = 2
_MEASURED = 3


def step_seconds(config: TrainConfig, data: ImageDataset, device: str = "cpu") -> float:
    """Measure the mean seconds of a step of a fresh training, with its part in the penalties.

    Penalties come every so many steps only; here R1 comes in the step after the plain ones, and
    the path lengths in the one after that.
    """
    plain_steps = _WARM_UP + _MEASURED
    timed = dataclasses.replace(
        config, r1_interval=plain_steps, path_length_interval=plain_steps + 1
    )
    trainer = Trainer(timed, data, device=device)
    durations = []
    for _ in range(plain_steps + (2 if config.path_length_weight else 1)):
        start = time.perf_counter()
        trainer.step()
        durations.append(time.perf_counter() - start)
    plain = statistics.median(durations[_WARM_UP:plain_steps])
    intervals = (config.r1_interval, config.path_length_interval)
    penalties = zip(durations[plain_steps:], intervals, strict=False)
    return plain + sum(max(took - plain, 0.0) / interval for took, interval in penalties)


def measured_precision(
    config: TrainConfig, data: ImageDataset, device: str = "cpu"
) -> tuple[Literal["fp32", "bf16"], float]:
    """Find the faster precision for this training on this machine, and its seconds per step."""
    seconds = {
        name: step_seconds(dataclasses.replace(config, precision=name), data, device)
        for name in ("fp32", "bf16")
    }
    if seconds["bf16"] < seconds["fp32"]:
        return "bf16", seconds["bf16"]
    return "fp32", seconds["fp32"]
