"""Pictures of data sets and of runs, small enough for the window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generator.shapes import SMALLEST_UNIT, check_learnable
from train.data.picture_source import PictureSource
from viz.storage.sources import is_whole_disk

if TYPE_CHECKING:
    from collections.abc import Callable

PREVIEW_PICTURES, PREVIEW_PX = 24, 64
MOST_FILES = 100_000
"""A folder with more files is looked at only so far."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Preview:
    """A glance at a data set."""

    source: str
    sheet: Picture | None = None
    """Its first pictures side by side, [64, 64 n, 3]."""
    count: int = 0
    complete: bool = True
    """False if there are more pictures than were counted."""
    sizes: tuple[tuple[int, int], ...] = ()
    """Widths and heights among those looked at."""
    labels: bool = False
    problem: str = ""

    @property
    def ready(self) -> bool:
        """True if the trainer takes the data set as it is, as far as it was looked at."""
        if len(self.sizes) != 1:
            return False
        width, height = self.sizes[0]
        try:
            check_learnable((height, width))
        except ValueError:
            return False
        return min(width, height) >= SMALLEST_UNIT


def preview_of(source: str, wanted: Callable[[], bool] = lambda: True) -> Preview | None:
    """Look at some pictures of a data set, spread over all of it.

    Args:
        source: Path of the data set.
        wanted: Returns False once nobody waits for the answer any more.

    Returns:
        What was found; None if it was given up because nobody wants it.
    """
    if is_whole_disk(Path(source)):  # searching all of it would not end
        return Preview(source, problem="this is a whole disk; choose a folder of pictures")
    tiles, sizes = [], set()
    try:
        with PictureSource.open(
            Path(source), lambda files: files <= MOST_FILES and wanted()
        ) as pictures:
            complete = pictures.complete
            labels = complete and pictures.labels() is not None
            count = len(pictures.names)
            for name in pictures.names[:: max(count // PREVIEW_PICTURES, 1)][:PREVIEW_PICTURES]:
                if not wanted():
                    return None
                picture = pictures.decode(name).image
                sizes.add(picture.size)
                side = min(picture.size)
                left, top = (picture.width - side) // 2, (picture.height - side) // 2
                square = picture.crop((left, top, left + side, top + side))
                tiles.append(np.asarray(square.resize((PREVIEW_PX, PREVIEW_PX))))
    except (ValueError, OSError) as error:
        return Preview(source, problem=str(error))
    if not wanted():
        return None
    if not tiles:
        return Preview(source, problem=f"there are no pictures in {Path(source).name}")
    sheet = np.concatenate(tiles, 1)
    return Preview(source, sheet, count, complete, tuple(sorted(sizes)), labels)


def shrunk(path: Path, most_px: int) -> Picture:
    """Read a picture, no side of it longer than `most_px`: [height, width, 3].

    Raises:
        ValueError: the file holds no picture.
        OSError: it cannot be read.
    """
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as opened:
            opened.draft("RGB", (most_px, most_px))
            picture = opened.convert("RGB")
    except (SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} is no picture") from error
    picture.thumbnail((most_px, most_px))
    return np.asarray(picture)
