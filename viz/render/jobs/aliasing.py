"""The aliasing meter: every step of every layer, network by network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator.steps import Step, StepTracer
from viz.protocol.equivariance_tasks import at_random_latent
from viz.protocol.spectra import AliasingTask
from viz.render.jobs.runner import Progress, steps
from viz.render.measure.spectra import METER_CHANNELS, StepEnergy, pooled_level, step_energy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator import Generator, LayerEdit
    from viz.protocol.result import StepLevel
    from viz.render.renderer import Renderer

LAYERS_AT_ONCE = 5
"""Traced in one step, for which the network is drawn once: the next picture waits for a step."""


@steps.register(AliasingTask)
def _(task: AliasingTask, renderer: Renderer) -> Iterator[Progress]:
    count, latents = len(task.request.networks), task.latents
    strips: list[tuple[StepLevel, ...] | None] = [None] * count
    for slot in range(count):
        energies: list[list[StepEnergy]] = []
        for index in range(latents):
            request = task.request
            if latents > 1:
                request = at_random_latent(request, slot, index)
            try:
                net, ws, edits = renderer.latents(request, slot)
            except ValueError:
                break  # its own picture says why
            found: list[StepEnergy] = []
            names = [layer.name for layer in net.synthesis.layers]
            for first in range(0, len(names), LAYERS_AT_ONCE):
                group = frozenset(names[first : first + LAYERS_AT_ONCE])
                found += _energies(task, net, ws, edits, group)
                share = (first + len(group)) / len(names)
                if share == 1:
                    energies.append(found)
                    pooled = map(pooled_level, zip(*energies, strict=True))
                    strips[slot] = tuple(pooled)
                done = slot * latents + index + share
                yield Progress(done, count * latents, tuple(strips) if share == 1 else None)


@torch.inference_mode()
def _energies(
    task: AliasingTask,
    net: Generator,
    ws: Tensor,
    edits: Mapping[str, LayerEdit],
    layers: frozenset[str],
) -> list[StepEnergy]:
    """Energy that the steps of some layers leave above the band limit."""
    energies: list[StepEnergy] = []

    def take(step: Step) -> None:
        energies.append(step_energy(step, task.limit, task.beta))

    noise = task.request.noise
    tracer = StepTracer(
        net, ws, take, layers=layers, channels=METER_CHANNELS, noise=noise, edits=edits
    )
    net.synthesis(ws, noise=noise, edits=edits, taps=tracer)
    return energies
