"""Stills: the pictures, pixel for pixel, side by side in a PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from viz.export.codecs import write_png

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


def write_still(path: Path, pictures: Sequence[NDArray[np.uint8]], session: str = "") -> None:
    """Write pictures side by side, top edges aligned, nothing resampled.

    Args:
        path: Where to; its folder is made if it is missing.
        pictures: [height, width, 4] uint8 each, at least one.
        session: Text of the session that the file is to carry; empty: none.

    Raises:
        ValueError: there is no picture.
        OSError: the file cannot be written.
    """
    beside = joined(pictures)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, beside, session)


def joined(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pictures side by side, top edges aligned: [height, width, 4] uint8.

    Raises:
        ValueError: there is no picture.
    """
    if not pictures:
        raise ValueError("there is no picture yet")
    height = max(picture.shape[0] for picture in pictures)
    columns = [
        np.pad(picture, ((0, height - picture.shape[0]), (0, 0), (0, 0))) for picture in pictures
    ]
    return np.concatenate(columns, axis=1)
