"""The picture that is looked for, fitted and cropped to the square of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from generator.files.pictures import decode, with_channels

if TYPE_CHECKING:
    from pathlib import Path

LEAST_PX = 16
"""Shorter sides of pictures that are too small to look for."""


@dataclass(frozen=True)
class Target:
    """A picture in the size of a network."""

    image: Tensor
    """[1, C, H, W] float32, -1 to 1."""
    notes: tuple[str, ...] = ()
    """What was done to it, a phrase each."""


def read_target(path: Path, size: tuple[int, int], channels: int = 3) -> Target:
    """Read a picture file; its middle is cropped and scaled to the network's size.

    Args:
        path: PNG, JPEG, WebP, AVIF, GIF, BMP or TIFF of any size and depth.
        size: Height and width of the network's pictures.
        channels: Their channels, 1, 3 or 4.

    Raises:
        ValueError: it is no whole picture, or too small or too large; the message names it.
        OSError: it cannot be read.
    """
    if not path.is_file():
        raise ValueError(f"{path.name} is {'no plain file' if path.exists() else 'not there'}")
    with path.open("rb") as file:
        found = decode(file, path.name, channels)
    picture, notes = found.image, []
    width, height = picture.size
    if min(width, height) < LEAST_PX:
        raise ValueError(
            f"{path.name} has {width} × {height} pixels, too few to look for: at least {LEAST_PX} "
            "a side are needed"
        )
    if found.mode.endswith("A") and channels != 4:
        notes.append("what is transparent shows white")
    if found.mode.startswith("I") or found.mode == "F":
        notes.append("scaled from 16 bits to 8")
    if width * size[0] != height * size[1]:
        notes.append(f"cropped from {width} × {height} to its middle")
    if width < size[1] or height < size[0]:
        notes.append(f"enlarged from {width} × {height} to {size[1]} × {size[0]} pixels")
    return Target(target_of(picture, size, channels), tuple(notes))


def target_of(picture: Image.Image, size: tuple[int, int], channels: int = 3) -> Tensor:
    """The middle of a picture in a height and width, [1, C, H, W] float32, -1 to 1."""
    height, width = size
    times = min(picture.width / width, picture.height / height)
    left, top = (picture.width - times * width) / 2, (picture.height - times * height) / 2
    cropped = with_channels(picture, channels).resize(
        (width, height),
        Image.Resampling.LANCZOS,
        box=(left, top, left + times * width, top + times * height),
        reducing_gap=4.0,
    )
    values = np.asarray(cropped, np.float32).reshape(height, width, channels)
    return torch.from_numpy((values.transpose(2, 0, 1) / 127.5 - 1)[None].copy())
