"""The signal that a question of the lab names."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from generator.files.pictures import eight_bit
from viz.protocol import lab_signals
from viz.protocol.lab import LARGEST_SIDE, MoveKind, Signal

LARGEST_FILE = 64 << 20
LARGEST_PICTURE = 64_000_000
"""Pixels of a picture that is read from a file."""
NOISE_DEVIATIONS = 2.5
"""Deviation of the noise, within ± 1."""
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")


@lru_cache(maxsize=8)
def signal_of(signal: Signal, move: MoveKind) -> Tensor:
    """One period of the signal, [side, side] float64; not to be changed.

    A signal that is to be turned keeps only what fits the grid in every direction.

    Raises:
        ValueError: there is no signal, or its file cannot be read or is no picture.
    """
    match signal.kind:
        case "impulse":
            plane = lab_signals.impulse(signal.side)
        case "zone plate":
            plane = lab_signals.zone_plate(signal.side, signal.band)
        case "sine":
            plane = lab_signals.sine(signal.side, signal.frequency, signal.angle_rad)
        case "noise":
            plane = lab_signals.noise(signal.side, signal.seed)
        case _:
            plane = lab_signals.faded(_given(signal))
    is_limited = signal.kind != "sine" and (signal.band < 0.5 or move == "turn")
    plane = lab_signals.band_limited(plane, signal.band) if is_limited else plane
    if signal.kind == "impulse":
        plane = plane / max(np.abs(plane).max(), 1e-12)
    if signal.kind == "noise":
        plane = plane / max(NOISE_DEVIATIONS * plane.std(), 1e-12)
    return torch.as_tensor(plane)


def _given(signal: Signal) -> lab_signals.Plane:
    if signal.samples is not None:
        return signal.samples.array.astype(np.float64)
    if not signal.file:
        raise ValueError("there is nothing to take the signal from yet")
    path = Path(signal.file)
    try:
        stat = path.stat()
        return read_picture(path, min(signal.side, LARGEST_SIDE), stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror or error}") from None


@lru_cache(maxsize=4)
def read_picture(path: Path, side: int, size: int, modified_ns: int) -> lab_signals.Plane:
    """The middle of an image file as a grey picture, [side, side], −1…1.

    Args:
        path: PNG, JPEG, WebP, BMP or TIFF.
        side: Samples wanted along one axis.
        size, modified_ns: Of the file, so that it is read again when it has changed.

    Raises:
        ValueError: it is no such picture, or too large.
        OSError: it cannot be read.
    """
    if size > LARGEST_FILE:
        raise ValueError(f"{path.name} has {size >> 20} MB, at most {LARGEST_FILE >> 20} are read")
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > LARGEST_PICTURE:
                raise ValueError(f"{path.name} has more than {LARGEST_PICTURE // 10**6} megapixels")
            image.draft("L", (4 * side, 4 * side))
            grey = eight_bit(image).convert("L")
    except (UnidentifiedImageError, SyntaxError, Image.DecompressionBombError):
        raise ValueError(f"{path.name} is no picture that can be read") from None
    shortest = min(grey.size)
    left, top = (grey.width - shortest) // 2, (grey.height - shortest) // 2
    square = grey.crop((left, top, left + shortest, top + shortest))
    small = square.resize((side, side), Image.Resampling.LANCZOS)
    return np.asarray(small, np.float64) / 127.5 - 1
