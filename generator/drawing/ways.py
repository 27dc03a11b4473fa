"""Pictures and films that show how a search came to its result."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from generator.files.atomic_files import write_atomically
from generator.network import to_uint8

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

FILM_PX = 512
"""Least width of a film and of each picture of a sheet."""
_FRAME_MS = 60
_LAST_FRAME_MS = 1500
MOST_FRAMES = 150
_GAP_PX = 8


def picture_of(image: Tensor) -> Image.Image:
    """Turn [1, C, H, W] of -1…1 into a picture; opacity is left out."""
    values = to_uint8(image[0].float().cpu()).permute(1, 2, 0).numpy()
    return Image.fromarray(values[..., 0] if values.shape[2] == 1 else values[..., :3])


def enlarged(picture: Image.Image) -> Image.Image:
    """Show a small picture several times as large, whole pixels each, in colours."""
    picture = picture.convert("RGB")
    times = max(1, FILM_PX // picture.width)
    size = picture.width * times, picture.height * times
    return picture.resize(size, Image.Resampling.NEAREST) if times > 1 else picture


def sheet_of(tiles: Sequence[Image.Image]) -> Image.Image:
    """Put pictures of one size beside each other."""
    width, height = tiles[0].size
    sheet = Image.new("RGB", (len(tiles) * (width + _GAP_PX) - _GAP_PX, height), "white")
    for index, tile in enumerate(tiles):
        sheet.paste(tile, (index * (width + _GAP_PX), 0))
    return sheet


def write_png(path: Path, picture: Image.Image) -> None:
    """Write a picture to a file, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    data = io.BytesIO()
    picture.save(data, "PNG")
    write_atomically(path, data.getvalue())


def write_film(path: Path, way: Sequence[Image.Image]) -> None:
    """Write a film of at most 150 pictures as WebP; the last one stays longer.

    Raises:
        OSError: it cannot be written.
    """
    every = -(-len(way) // MOST_FRAMES)
    frames = [*way[:-1:every], way[-1]]
    times = [_FRAME_MS] * (len(frames) - 1) + [_LAST_FRAME_MS]
    film = io.BytesIO()
    frames[0].save(
        film, "WEBP", save_all=True, append_images=frames[1:], duration=times, loop=0, quality=85
    )
    write_atomically(path, film.getvalue())
