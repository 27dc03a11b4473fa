"""Draws wide stills of a network's plane, a tile in each step of a job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from generator.drawing.png_writer import PngWriter
from generator.drawing.poster import Poster
from viz.protocol.transforms import inverse_of
from viz.protocol.wallpaper import WallpaperTask
from viz.render import devices
from viz.render.jobs.runner import Progress, steps
from viz.storage.film_metadata import SESSION_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.render.renderer import Renderer

STEP_BYTES = 12_000_000
"""Bytes of a tile's largest layer, so that a tile takes about a tenth of a second."""


@steps.register(WallpaperTask)
def _(task: WallpaperTask, renderer: Renderer) -> Iterator[Progress]:
    request = task.request
    devices.use_threads(request.threads)
    net, ws, edits = renderer.latents(request, task.slot)
    turn = inverse_of(shift=(0.0, 0.0), angle_rad=task.angle_rad, shear=0.0, scale=1.0)
    matrix = torch.tensor(turn, dtype=torch.float64).view(3, 3)
    matrix[0, 2], matrix[1, 2] = task.place
    poster = Poster(
        net,
        ws,
        task.size,
        transform=matrix,
        noise=request.noise,
        precision="bf16" if request.precision == "bf16" else "fp32",
        edits=edits,
        tile_bytes=STEP_BYTES,
    )
    rows = poster.tiles()
    total = sum(len(row) for row in rows)
    done = 0
    path = Path(task.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = {SESSION_KEY: task.session}
    with PngWriter(path, *task.size, channels=net.img_channels, texts=texts) as file:
        for row in rows:
            size = row[0].height, poster.width, net.img_channels
            strip = torch.empty(size, dtype=torch.uint8)
            for tile in row:
                strip[:, tile.left : tile.left + tile.width] = poster.draw(tile)
                done += 1
                yield Progress(done, total)
            file.write(strip.numpy())
    yield Progress(total, total, task.path)
