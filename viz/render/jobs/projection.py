"""Finds pictures in networks, a step of the search at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from generator import to_uint8
from generator.projection import ProjectionOptions, projection_steps, read_target
from viz.protocol.latent import GivenLatent
from viz.protocol.projection import Finding, FindTask, FoundPlace
from viz.render import devices, feature_maps
from viz.render.jobs.runner import Progress, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from generator.projection import Projection
    from viz.render.renderer import Renderer

STARTS = 2
"""Starts followed at once: the next picture on the stage waits for a step of all of them."""


@steps.register(FindTask)
def _(task: FindTask, renderer: Renderer) -> Iterator[Progress]:
    devices.use_threads(task.threads)
    device = devices.choose_device(task.device)
    net = renderer.networks.get(task.source, device).net
    target = read_target(Path(task.path), net.size, net.img_channels)
    shown = _rgba(target.image)
    options = ProjectionOptions(
        seed=task.seed, starts=STARTS, search_steps=task.steps, layer_steps=task.steps
    )
    search = projection_steps(net, target.image, options)
    total = 0.0
    finding = Finding("looking around", shown, notes=target.notes)
    yield Progress(0.0, 0.0, finding)
    while True:
        try:
            now = next(search)
        except StopIteration as end:
            projection: Projection = end.value
            break
        total = now.total
        if now.image is None or now.psnr_db is None:
            yield Progress(now.done, total)
            continue
        finding = Finding(now.stage, shown, _rgba(now.image), now.psnr_db, target.notes)
        yield Progress(now.done, total, finding)
    pose, name = projection.pose, Path(task.path).stem
    latent = GivenLatent.of("ws", projection.ws[0].float().cpu().numpy(), name)
    place = FoundPlace(latent, pose.x, pose.y, pose.angle_rad, pose.scale)
    image, level = _rgba(projection.image), projection.psnr_db
    yield Progress(total, total, Finding("found", shown, image, level, target.notes, place))


def _rgba(image: Tensor) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = feature_maps.rgba(to_uint8(image))
    return pixels
