"""A run folder that has kept averages, written without a training."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from PIL import Image

from generator import NetworkConfig, build_network
from train.averages import PowerAverage, save_averages
from train.config.training import TrainConfig
from train.runs.folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Generator

LENGTHS = (0.05, 0.1)
CONFIG = NetworkConfig(
    kind="stylegan3-t",
    resolution=16,
    z_dim=16,
    w_dim=16,
    channel_base=256,
    channel_max=16,
    layers=4,
)


def write_average_run(folder: Path, snapshots: int = 8, steps: int = 4) -> Path:
    """Write a run whose weights move all the time, with its averages of two lengths."""
    net, other = build_network(CONFIG, seed=1), build_network(CONFIG, seed=2)
    averages = [PowerAverage(net, length) for length in LENGTHS]
    with RunFolder.create(folder) as run:
        for snapshot in range(1, snapshots + 1):
            for step in range(steps):
                towards(net, other, 0.1)
                seen = (snapshot - 1) * 1000 + (step + 1) * 1000 // steps
                for average in averages:
                    average.update(images_seen=seen, batch_size=1000 // steps)
            save_averages(run.path, averages, 1000 * snapshot)
        run.save_network(net, snapshots, {"kimg": snapshots}, Image.new("RGB", (32, 16)))
    config = TrainConfig(network=CONFIG, average_lengths=LENGTHS, kimg=float(snapshots))
    stored = {"data": "/a/set.zip", "config": config.to_dict()}
    (folder / "config.json").write_text(json.dumps(stored))
    return folder


@torch.no_grad()
def towards(net: Generator, other: Generator, share: float) -> None:
    """Move a network's weights a share of the way to another's."""
    for own, target in zip(net.parameters(), other.parameters(), strict=True):
        own.lerp_(target, share)
