"""What a projection leaves behind: a latent, figures, a comparison and a film of the way."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from generator.files.atomic_files import replacing, write_atomically
from generator.files.checkpoint import save_network
from generator.network import to_uint8
from generator.projection.measures import psnr_db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from generator.projection.options import ProjectionOptions
    from generator.projection.stages import Projection

FILM_PX = 512
"""Least width of a film and of each picture of a comparison."""
_FRAME_MS = 60
_LAST_FRAME_MS = 1500
_MOST_FRAMES = 150
_GAP_PX = 8


def picture_of(image: Tensor) -> Image.Image:
    """[1, C, H, W] of -1…1 as a picture; opacity is left out."""
    values = to_uint8(image[0].float().cpu()).permute(1, 2, 0).numpy()
    return Image.fromarray(values[..., 0] if values.shape[2] == 1 else values[..., :3])


def comparison_of(projection: Projection) -> Image.Image:
    """Draw the picture looked for, the one found, that of a tuned copy, and their difference.

    The difference is amplified four times about grey.
    """
    shown = [projection.target, projection.image]
    if projection.tuned_image is not None:
        shown.append(projection.tuned_image)
    shown.append(((shown[-1] - projection.target) * 2).clamp(-1, 1))
    tiles = [_enlarged(picture_of(image).convert("RGB")) for image in shown]
    side = tiles[0].width
    sheet = Image.new("RGB", (len(tiles) * (side + _GAP_PX) - _GAP_PX, side), "white")
    for index, tile in enumerate(tiles):
        sheet.paste(tile, (index * (side + _GAP_PX), 0))
    return sheet


def write_projection(
    folder: Path,
    name: str,
    projection: Projection,
    way: Sequence[Tensor],
    *,
    source: str,
    options: ProjectionOptions,
) -> list[Path]:
    """Write everything about a projection to a folder.

    Args:
        folder: Where to; it exists.
        name: What the files are called: `NAME.npz`, `NAME.png`, `NAME.json`, `NAME.webp`, and
            `NAME.safetensors` with its card `NAME.md` where a copy of the network was tuned.
        projection: The result.
        way: Pictures on the way to it, [1, C, R, R] each.
        source: The network.
        options: What was asked for.

    Returns:
        The files.

    Raises:
        OSError: one cannot be written.
    """
    paths = [folder / f"{name}{ending}" for ending in (".npz", ".png", ".json", ".webp")]
    pose = projection.pose
    with replacing(paths[0]) as file:
        np.savez(
            file,
            ws=projection.ws[0].cpu().numpy(),
            transform=projection.transform.numpy(),
            pose=np.array([pose.x, pose.y, pose.angle_rad, pose.scale]),
        )
    _save(paths[1], comparison_of(projection), "PNG")
    write_atomically(paths[2], json.dumps(figures_of(projection, source), indent=2).encode())
    last = projection.image if projection.tuned_image is None else projection.tuned_image
    _write_film(paths[3], [*way, last])
    if projection.tuned is not None:
        paths += _write_tuned(folder, name, projection, source=source, options=options)
    return paths


def figures_of(projection: Projection, source: str) -> dict[str, object]:
    """The result as numbers that JSON can hold."""
    pose = projection.pose
    return {
        "network": source,
        "psnr_db": round(projection.psnr_db, 3),
        "tuned_psnr_db": _rounded(projection.tuned_psnr_db),
        "x": pose.x,
        "y": pose.y,
        "angle_rad": pose.angle_rad,
        "scale": pose.scale,
        "class": projection.class_index,
    }


def _rounded(level: float | None) -> float | None:
    return None if level is None else round(level, 3)


def _write_tuned(
    folder: Path, name: str, projection: Projection, *, source: str, options: ProjectionOptions
) -> list[Path]:
    assert projection.tuned is not None
    assert projection.tuned_image is not None
    network, card = folder / f"{name}.safetensors", folder / f"{name}.md"
    info = {**projection.tuned.info, "tuned_from": source, "tuned_for": name}
    preview = picture_of(projection.tuned_image)
    preview.thumbnail((256, 256))
    save_network(network, projection.tuned, info=info, preview=preview)
    level = float(psnr_db(projection.tuned_image, projection.target)[0])
    text = f"""# {name}

![Picture, found, tuned, difference]({name}.png)

A copy of `{source}`, tuned for one picture (pivotal tuning, Roich et al. 2021): it draws the
picture at the latent in `{name}.npz`, and elsewhere nearly what it drew before.

|   |   |
|---|---|
| Tuned from | {source} |
| Steps | {options.tune}, seed {options.seed} |
| PSNR | {projection.psnr_db:.1f} dB before tuning, {level:.1f} dB after |
"""
    write_atomically(card, text.encode())
    return [network, card]


def _write_film(path: Path, way: Sequence[Tensor]) -> None:
    every = -(-len(way) // _MOST_FRAMES)
    kept = [*way[:-1:every], way[-1]]
    frames = [_enlarged(picture_of(image).convert("RGB")) for image in kept]
    times = [_FRAME_MS] * (len(frames) - 1) + [_LAST_FRAME_MS]
    film = io.BytesIO()
    frames[0].save(
        film, "WEBP", save_all=True, append_images=frames[1:], duration=times, loop=0, quality=85
    )
    write_atomically(path, film.getvalue())


def _save(path: Path, picture: Image.Image, kind: str) -> None:
    data = io.BytesIO()
    picture.save(data, kind)
    write_atomically(path, data.getvalue())


def _enlarged(picture: Image.Image) -> Image.Image:
    """Small pictures are shown several times as large, whole pixels each."""
    times = max(1, FILM_PX // picture.width)
    size = picture.width * times, picture.height * times
    return picture.resize(size, Image.Resampling.NEAREST) if times > 1 else picture
