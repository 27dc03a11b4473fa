"""Made-up run folders, so that pictures of the Training tab need no training."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from train.config.presets import preset
from train.config.training import TrainConfig
from train.runs import launch, queue

if TYPE_CHECKING:
    from pathlib import Path

GRID, SIDE = (8, 4), 64


def write_runs(folder: Path) -> list[Path]:
    """Write a finished run, and one that was stopped and has warned; return their folders."""
    return [
        write_run(folder / "relief-t", 100, 100, snapshots=25),
        write_run(
            folder / "coasts-of-the-north-r", 37, 200, snapshots=9, warns="the discriminator is "
            "sure of everything: try a larger gamma"
        ),
    ]  # fmt: skip


def write_waiting(folder: Path) -> list[Path]:
    """Write two runs that wait for their turn; return their folders."""
    paths = [folder / name for name in ("relief-128-grown", "relief-turned-r")]
    for path in paths:
        queue.enqueue(folder / "relief.zip", path, preset("stylegan3-t"), launch.Beginning())
    return paths


def write_run(folder: Path, kimg: int, total: int, *, snapshots: int, warns: str = "") -> Path:
    """Write a run that has got as far as `kimg` of `total`, measured at every snapshot."""
    folder.mkdir(parents=True)
    config = TrainConfig.from_dict({**preset("stylegan3-t").to_dict(), "kimg": float(total)})
    stored = {
        "data": "/data/relief-64-train.zip",
        "threads": 1,
        "processes": 2,
        "measured": [[2, 1, 14.1], [1, 2, 9.8], [1, 1, 6.6]],
        "config": config.to_dict(),
    }
    (folder / "config.json").write_text(json.dumps(stored))
    ticks = [_tick(at / 2) for at in range(1, 2 * kimg + 1)]
    (folder / "log.jsonl").write_text("".join(json.dumps(one) + "\n" for one in ticks))
    lines = []
    for index in range(1, snapshots + 1):
        at = kimg * index // snapshots
        name = f"network-{at:06d}.safetensors"
        (folder / name).touch()
        grid(at / total).save(folder / f"samples-{at:06d}.png")
        score = 0.02 + 0.3 * math.exp(-at / 20) + 0.2 * abs(index / snapshots - 0.75)
        result = {"kid_effnet": score}
        lines.append(json.dumps({"snapshot": name, "images": 1000 * at, "results": result}))
    (folder / "metric-kid_effnet.jsonl").write_text("\n".join(lines) + "\n")
    if warns:
        warning = {"images": 900 * kimg, "name": "signs", "message": warns}
        (folder / "warnings.jsonl").write_text(json.dumps(warning) + "\n")
    return folder


def grid(progress: float) -> Image.Image:
    """Draw patterns that get finer with the progress, 0…1."""
    random = np.random.default_rng(4)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    rows = []
    for _ in range(GRID[1]):
        tiles = []
        for _ in range(GRID[0]):
            a, b, phase = random.uniform(2, 12, 3)
            wave = np.sin(a * x + b * y + phase) + progress * np.sin(5 * b * x - 4 * a * y)
            tiles.append(np.clip(128 + 55 * wave, 0, 255))
        rows.append(np.concatenate(tiles, 1))
    pixels = np.concatenate(rows, 0)[..., None] * [0.8, 1.0, 0.9]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _tick(kimg: float) -> dict[str, float]:
    return {
        "step": 250 * kimg,
        "kimg": kimg,
        "images_per_second": 14.1,
        "loss_g": 1.0 + math.exp(-kimg / 10) + 0.1 * math.sin(3 * kimg),
        "loss_d": 0.9 - 0.3 * math.exp(-kimg / 10) + 0.1 * math.cos(5 * kimg),
        "real_sign": 0.4,
        "fake_sign": -0.3,
    }
