"""What a projection leaves behind: a latent, figures, a comparison and a film of the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from generator.drawing.ways import enlarged, picture_of, sheet_of, write_film, write_png
from generator.files.atomic_files import replacing, write_atomically
from generator.files.checkpoint import save_network
from generator.projection.measures import psnr_db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL import Image
    from torch import Tensor

    from generator.projection.options import ProjectionOptions
    from generator.projection.stages import Projection


def comparison_of(projection: Projection) -> Image.Image:
    """Draw the picture looked for, the one found, that of a tuned copy, and their difference.

    The difference is amplified four times about grey.
    """
    shown = [projection.target, projection.image]
    if projection.tuned_image is not None:
        shown.append(projection.tuned_image)
    shown.append(((shown[-1] - projection.target) * 2).clamp(-1, 1))
    return sheet_of([enlarged(picture_of(image)) for image in shown])


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
    write_png(paths[1], comparison_of(projection))
    write_atomically(paths[2], json.dumps(figures_of(projection, source), indent=2).encode())
    last = projection.image if projection.tuned_image is None else projection.tuned_image
    write_film(paths[3], [enlarged(picture_of(image)) for image in (*way, last)])
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
