"""Drags points of pictures, a step at a time."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from generator import to_uint8
from generator.dragging import DragOptions, DragPair, DragProgress, drag_steps
from viz.protocol.dragging import DraggedPlace, DragStep, DragTask
from viz.protocol.latent import GivenLatent
from viz.protocol.request import LayerEdits
from viz.protocol.strokes import painted
from viz.protocol.transforms import snapped
from viz.render import devices, feature_maps
from viz.render.jobs.runner import REPORT_EVERY_S, Progress, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from generator import Generator
    from generator.dragging import Dragged
    from generator.projection import Pose
    from viz.protocol.strokes import Place
    from viz.render.layer_edits import Edits
    from viz.render.renderer import Renderer


@steps.register(DragTask)
def _(task: DragTask, renderer: Renderer) -> Iterator[Progress]:
    return _Drag(task, renderer).steps()


class _Drag:
    """One drag of a picture on the stage."""

    def __init__(self, task: DragTask, renderer: Renderer) -> None:
        request = task.request
        devices.use_threads(request.threads)
        self._task = task
        net, ws, edits = renderer.latents(request, task.slot)
        self._net: Generator = net
        self._edits: Edits = edits
        self._ws = ws.clone()  # what was drawn in inference takes no part in searches
        loaded = renderer.networks.get(request.networks[task.slot], ws.device)
        with torch.inference_mode():
            mixed = LayerEdits(request.edits.mix_seed, request.edits.mix_layers)
            self._given = loaded.latents.ws_at(
                request.place_of(task.slot).latent,
                psi=request.psi,
                cutoff=request.cutoff,
                edits=mixed,
            ).clone()
        """The latent without what directions and offsets add, which stay where they are."""

    def steps(self) -> Iterator[Progress]:
        task, net, place = self._task, self._net, self._task.request.place_of(self._task.slot)
        matrix = snapped(place.transform, net.resolution) if place.snap else place.transform
        options = DragOptions(
            space=task.space,
            radius=task.radius,
            rate=task.rate,
            steps=task.steps,
            move_first=task.move_first,
        )
        pairs = [DragPair(*self._pixels(handle), *self._pixels(to)) for handle, to in task.pairs]
        run = drag_steps(
            net, self._ws, torch.tensor(matrix, dtype=torch.float64).view(3, 3), pairs,
            self._mask(pairs), options, edits=self._edits,
        )  # fmt: skip
        drawn_at = 0.0
        while True:
            try:
                now = next(run)
            except StopIteration as end:
                dragged: Dragged = end.value
                break
            if time.perf_counter() - drawn_at < REPORT_EVERY_S:
                yield Progress(now.step, task.steps)
                continue
            yield Progress(now.step, task.steps, self._step(now, now.step))
            drawn_at = time.perf_counter()
        last = replace(self._step(dragged, dragged.steps), arrived=dragged.arrived)
        yield Progress(task.steps, task.steps, last)

    def _step(self, now: DragProgress | Dragged, step: int) -> DragStep:
        request, (height, width) = self._task.request, self._net.size
        with torch.inference_mode():
            picture = self._net.synthesis(
                now.ws,
                transform=now.transform,
                canvas=(request.extent * height, request.extent * width),
                noise=request.noise,
                edits=self._edits,
            )
            latent = None
            if step:
                given = (self._given + now.ws - self._ws)[0].float().cpu().numpy()
                latent = GivenLatent.of("ws", given, "dragged")
        pose: Pose = now.pose
        return DragStep(
            step,
            feature_maps.rgba(to_uint8(picture), opacity=request.opacity),
            tuple(self._place(row) for row in now.places.tolist()),
            now.distance_px,
            DraggedPlace(latent, pose.x, pose.y, pose.angle_rad),
            now.note,
        )

    def _mask(self, pairs: Sequence[DragPair]) -> Tensor | None:
        """What may change, [H, W]; None: all.

        It is what has been painted, else discs around the handles and the ways to their targets.
        """
        height, width = self._net.size
        if self._task.free:
            paint = painted(self._task.free, (height, width), self._net.resolution)
            return torch.from_numpy(paint)
        if not self._task.reach:
            return None
        reach = self._task.reach * self._net.resolution
        rows, columns = torch.arange(height)[:, None] + 0.5, torch.arange(width) + 0.5
        free = torch.zeros(height, width, dtype=torch.bool)
        for one in pairs:
            right, down = one.to_x - one.x, one.to_y - one.y
            length = max(right**2 + down**2, 1e-12)
            along = ((columns - one.x) * right + (rows - one.y) * down) / length
            along = along.clamp(0, 1)
            x, y = one.x + along * right, one.y + along * down
            free |= (columns - x).square() + (rows - y).square() <= reach**2
        return free

    def _pixels(self, place: Place) -> Place:
        """From the middle in picture widths to pixels from the corner."""
        height, width = self._net.size
        unit = self._net.resolution
        return place[0] * unit + width / 2, place[1] * unit + height / 2

    def _place(self, pixels: Sequence[float]) -> Place:
        """The way back."""
        height, width = self._net.size
        unit = self._net.resolution
        return (pixels[0] - width / 2) / unit, (pixels[1] - height / 2) / unit
