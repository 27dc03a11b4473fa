"""The aliasing meter: every step of every layer, network by network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator.steps import Step, StepTracer
from viz.protocol.spectra import AliasingTask
from viz.render.jobs.runner import Progress, steps
from viz.render.measure.spectra import METER_CHANNELS, step_level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator import Generator, LayerEdit
    from viz.protocol.result import StepLevel
    from viz.render.renderer import Renderer

LAYERS_AT_ONCE = 5
"""Traced in one step, for which the network is drawn once: the next picture waits for a step."""


@steps.register(AliasingTask)
def _(task: AliasingTask, renderer: Renderer) -> Iterator[Progress]:
    count = len(task.request.networks)
    strips: list[tuple[StepLevel, ...] | None] = [None] * count
    for slot in range(count):
        try:
            net, ws, edits = renderer.latents(task.request, slot)
        except ValueError:
            continue  # its own picture says why
        levels: list[StepLevel] = []
        names = [layer.name for layer in net.synthesis.layers]
        for first in range(0, len(names), LAYERS_AT_ONCE):
            group = frozenset(names[first : first + LAYERS_AT_ONCE])
            levels += _levels(task, net, ws, edits, group)
            share = (first + len(group)) / len(names)
            if share == 1:
                strips[slot] = tuple(levels)
            yield Progress(slot + share, count, tuple(strips) if share == 1 else None)


@torch.inference_mode()
def _levels(
    task: AliasingTask,
    net: Generator,
    ws: Tensor,
    edits: Mapping[str, LayerEdit],
    layers: frozenset[str],
) -> list[StepLevel]:
    """Energy that the steps of some layers leave above the band limit."""
    levels: list[StepLevel] = []

    def take(step: Step) -> None:
        levels.append(step_level(step, task.limit, task.beta))

    noise = task.request.noise
    tracer = StepTracer(
        net, ws, take, layers=layers, channels=METER_CHANNELS, noise=noise, edits=edits
    )
    net.synthesis(ws, noise=noise, edits=edits, taps=tracer)
    return levels
