"""Small pictures and small trainings for the tests of the trainer."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from generator import NetworkConfig
from train.config.training import TrainConfig
from train.data.dataset import ImageDataset


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only lose time to a second thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def pixels(count: int, size: int, seed: int = 0) -> np.ndarray:
    """Soft random pictures, [count, size, size, 3] uint8."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (count, 4, 4, 3)).astype(np.uint8)
    enlarged = [Image.fromarray(picture).resize((size, size)) for picture in coarse]
    return np.stack([np.asarray(picture) for picture in enlarged])


def write_pictures(folder: Path, count: int, size: int) -> list[str]:
    """Write `p0.png`, `p1.png`, ... into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"p{index}.png" for index in range(count)]
    for name, picture in zip(names, pixels(count, size), strict=True):
        Image.fromarray(picture).save(folder / name)
    return names


@pytest.fixture
def data() -> ImageDataset:
    """Twelve pictures of 16x16."""
    return ImageDataset.from_arrays(pixels(12, 16))


def tiny(kind: str = "stylegan3-t", **changes: object) -> TrainConfig:
    """A training of 16x16 pictures whose step takes hundredths of a second."""
    network = NetworkConfig(
        kind=kind,
        resolution=16,
        z_dim=8,
        w_dim=8,
        channel_base=64,
        channel_max=8,
        layers=4,
        map_depth=2,
    )
    config = TrainConfig(
        network=network,
        d_channel_base=64,
        d_channel_max=8,
        batch=4,
        kimg=0.04,
        r1_interval=3,
        precision="fp32",
        tick_kimg=0.012,
        snapshot_kimg=0.02,
    )
    return dataclasses.replace(config, **changes)
