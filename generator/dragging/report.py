"""What a drag leaves behind: a latent, figures, a sheet of before and after, and a film."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from PIL import ImageDraw

from generator.drawing.ways import enlarged, picture_of, sheet_of, write_film, write_png
from generator.files.atomic_files import replacing, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from PIL import Image
    from torch import Tensor

    from generator.dragging.points import DragPair
    from generator.dragging.steps import Dragged

_HANDLE, _TARGET = (220, 30, 30), (30, 70, 220)
_MARK_PX = 7
_OUTLINE_PX = 2


def marked(
    image: Tensor, places: Iterable[Sequence[float]], pairs: Sequence[DragPair]
) -> Image.Image:
    """Draw a picture, enlarged, with its handles in red, targets in blue and the ways left.

    Args:
        image: The picture, [1, C, H, W] of -1…1.
        places: Where the handles are, (x, y) in its pixels.
        pairs: Where they are to go.
    """
    picture = enlarged(picture_of(image))
    times = picture.width / image.shape[3]
    draw = ImageDraw.Draw(picture)
    for (x, y), pair in zip(places, pairs, strict=True):
        here, there = (x * times, y * times), (pair.to_x * times, pair.to_y * times)
        draw.line([here, there], fill="white", width=_OUTLINE_PX)
        for centre, colour in ((there, _TARGET), (here, _HANDLE)):
            draw.circle(centre, _MARK_PX, fill=colour, outline="white", width=_OUTLINE_PX)
    return picture


def write_drag(
    folder: Path,
    name: str,
    dragged: Dragged,
    film: Sequence[Image.Image],
    *,
    source: str,
    pairs: Sequence[DragPair],
) -> list[Path]:
    """Write everything about a drag to a folder.

    Args:
        folder: Where to; it exists.
        name: What the files are called: `NAME.npz`, `NAME.png`, `NAME.json` and `NAME.webp`.
        dragged: The result.
        film: Pictures of one size: the start, those on the way, the end.
        source: The network.
        pairs: What was asked for.

    Returns:
        The files.

    Raises:
        OSError: one cannot be written.
    """
    paths = [folder / f"{name}{ending}" for ending in (".npz", ".png", ".json", ".webp")]
    ws, transform = dragged.ws[0].cpu().numpy(), dragged.transform.numpy()
    with replacing(paths[0]) as file:
        np.savez(file, ws=ws, transform=transform)
    write_png(paths[1], sheet_of([film[0], film[-1]]))
    figures = {
        "network": source,
        "pairs": [[pair.x, pair.y, pair.to_x, pair.to_y] for pair in pairs],
        "reached": [[round(value, 3) for value in place] for place in dragged.places.tolist()],
        "distance_px": round(dragged.distance_px, 3),
        "arrived": dragged.arrived,
        "steps": dragged.steps,
        "input": dragged.note,
    }
    write_atomically(paths[2], json.dumps(figures, indent=2).encode())
    write_film(paths[3], film)
    return paths
