"""Stills: the pictures, pixel for pixel, side by side in a PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def write_still(path: Path, pictures: Sequence[NDArray[np.uint8]]) -> None:
    """Write pictures side by side, top edges aligned, nothing resampled.

    Args:
        path: Where to; its folder is made if it is missing.
        pictures: [height, width, 4] uint8 each, at least one.

    Raises:
        ValueError: there is no picture.
        OSError: the file cannot be written.
    """
    if not pictures:
        raise ValueError("there is no picture to save yet")
    height = max(picture.shape[0] for picture in pictures)
    columns = [
        np.pad(picture, ((0, height - picture.shape[0]), (0, 0), (0, 0))) for picture in pictures
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(columns, axis=1)).save(path)
