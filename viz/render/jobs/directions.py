"""Learns directions of w from pictures that were chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from generator.directions import learned_direction
from viz.protocol.directions import LearnDirectionTask, LearnedStep
from viz.protocol.latent import GivenLatent
from viz.render import devices
from viz.render.jobs.runner import Progress, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from viz.render.renderer import Renderer


@steps.register(LearnDirectionTask)
def _(task: LearnDirectionTask, renderer: Renderer) -> Iterator[Progress]:
    latents = renderer.networks.get(task.source, devices.choose_device(task.device)).latents

    def w_of(seeds: Sequence[int]) -> Tensor:
        return torch.stack([latents.w(seed, task.classes) for seed in seeds])

    with torch.inference_mode():
        learned = learned_direction(w_of(task.more), w_of(task.less))
    count = len(task.more) + len(task.less)
    direction = GivenLatent.of("w", learned.direction.cpu().numpy(), f"learned from {count}")
    yield Progress(1.0, 1.0, LearnedStep(direction, learned.accuracy))
