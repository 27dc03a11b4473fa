"""Equivariance in the background: sweeps, every layer, and the metrics over many samples."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch

from generator.equivariance.comparison import Comparison, Moves, compare
from generator.equivariance.intervals import ratio_interval
from generator.equivariance.layers import LayerScore, layer_scores
from generator.equivariance.metrics import EquivarianceMeter, Score
from generator.transforms import identity
from viz.protocol.equivariance_tasks import (
    SWEEP_STEPS,
    Figure,
    LayerLevel,
    LayersTask,
    MetricFigures,
    MetricTask,
    Sweep,
    SweepTask,
    at_random_latent,
    coarse_to_fine,
    sweep_amounts,
)
from viz.render.devices import choose_device
from viz.render.jobs.runner import Progress, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from viz.render.renderer import Renderer

STEP_S = 0.05
"""A step that takes less is made larger."""
MOST_AT_ONCE = 16


@steps.register(SweepTask)
def _(task: SweepTask, renderer: Renderer) -> Iterator[Progress]:
    points = sweep_amounts(task.turning)
    order = coarse_to_fine(len(points))
    count = len(task.request.networks)
    psnr_db = np.full((count, len(points)), np.nan)
    total, done = float(count * len(points)), 0
    for slot in range(count):
        try:
            place = renderer.latents(task.request, slot)
        except ValueError:
            continue  # its own picture says why
        net, ws, edits = place
        with torch.inference_mode():
            plain = net.synthesis(ws, transform=identity(), edits=edits)
        at_once, first = 1, 0
        while first < len(order):
            some = order[first : first + at_once]
            amounts = points[some]
            if task.turning:
                moves = Moves.of("rotation", np.radians(amounts), net.resolution)
            else:
                shifts = np.outer(amounts / net.resolution, SWEEP_STEPS[task.along])
                moves = Moves.of("fractional", shifts, net.resolution)
            started = time.perf_counter()
            with torch.inference_mode():
                compared: Comparison = compare(net, ws, moves, plain=plain, edits=edits)
                psnr_db[slot, some] = compared.psnr_db()
            first += len(some)
            done += len(some)
            at_once = _next_count(at_once, time.perf_counter() - started)
            yield Progress(done, total, Sweep(points, psnr_db.copy()))


@steps.register(LayersTask)
def _(task: LayersTask, renderer: Renderer) -> Iterator[Progress]:
    sums: dict[str, list[LayerScore]] = {}
    levels: dict[str, LayerLevel] = {}
    for index in range(task.latents):
        request = task.request
        if task.latents > 1:
            request = at_random_latent(request, task.slot, index)
        net, ws, edits = renderer.latents(request, task.slot)
        names = [info.name for info in net.synthesis.layers]
        moves = Moves.of(task.move.kind, task.move.amounts, net.resolution)
        for score in layer_scores(net, ws, moves, edits=edits):
            if score.complete:
                sums.setdefault(score.layer, []).append(score)
                levels[score.layer] = _pooled(sums[score.layer])
            elif index == 0:
                levels[score.layer] = _pooled([score])
            known = float(np.mean(~np.isnan(score.channel_db))) if not score.complete else 1.0
            done = index * len(names) + names.index(score.layer) + known
            # While others follow, a level of another number of latents would stand beside them.
            due = index == 0 or (score.complete and score.layer == names[-1])
            result = tuple(levels.values()) if due else None
            yield Progress(done, task.latents * len(names), result)


def _pooled(scores: Sequence[LayerScore]) -> LayerLevel:
    """Return the level of one layer over the latents that it was measured for, at least one."""
    signal = np.stack([one.signal for one in scores])
    error = np.stack([one.error for one in scores])
    last, several = scores[-1], len(scores) > 1
    channel_db, *channel_ends = ratio_interval(signal, error)
    db, low, high = ratio_interval(signal.sum(1), error.sum(1))
    return LayerLevel(
        layer=last.layer,
        db=float(db) if several else last.db,
        channel_db=channel_db.astype(np.float32) if several else last.channel_db,
        valid_share=last.valid_share,
        latents=len(scores),
        interval=(float(low), float(high)),
        channel_interval=(channel_ends[0], channel_ends[1]) if several else None,
    )


@steps.register(MetricTask)
def _(task: MetricTask, renderer: Renderer) -> Iterator[Progress]:
    device = choose_device(task.device)
    meters = [
        EquivarianceMeter(renderer.networks.get(source, device).net, task.seed)
        for source in task.networks
    ]
    at_once = [1] * len(meters)
    total = float(task.samples * len(meters))
    figures: dict[int, MetricFigures] = {}
    while any(meter.samples < task.samples for meter in meters):
        for index, meter in enumerate(meters):
            left = task.samples - meter.samples
            if left == 0:
                continue
            started = time.perf_counter()
            with torch.inference_mode():
                meter.add(min(at_once[index], left))
            figures[index] = _figures(task.networks[index], meter)
            at_once[index] = _next_count(at_once[index], time.perf_counter() - started)
            done = float(sum(one.samples for one in meters))
            yield Progress(done, total, tuple(figures[i] for i in sorted(figures)))


def _next_count(count: int, took_s: float) -> int:
    """Return the number to compute in the next step."""
    if took_s < STEP_S / 2:
        return min(2 * count, MOST_AT_ONCE)
    return max(1, count // 2) if took_s > 2 * STEP_S else count


def _figures(source: str, meter: EquivarianceMeter) -> MetricFigures:
    result = meter.result()
    scores = (_figure(one) for one in (result.eq_t, result.eq_t_frac, result.eq_r))
    return MetricFigures(source, result.samples, *scores)


def _figure(score: Score) -> Figure:
    return Figure(score.db, score.low_db, score.high_db)
