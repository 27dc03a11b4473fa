"""f(t(z)) against t(f(z)): what the signal lab measures, and what it shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ops.spectra import power_spectrum, to_db
from viz.protocol.lab import (
    BEST_DB,
    BINS,
    DENSE,
    LabCurve,
    LabCurveTask,
    LabView,
    LabViewTask,
    Lane,
    Move,
    Trace,
)
from viz.render.lab.moves import sampled, shifted, turning, weights
from viz.render.lab.operations import Way, ways
from viz.render.lab.source import signal_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

LINE_POINTS = 1024
SHIFTS = torch.linspace(0.0, 2.0, 33, dtype=torch.float64)
"""Shifts of a curve, in pixels: two periods of what repeats with every pixel."""
TURNS = torch.linspace(0.0, np.pi, 19, dtype=torch.float64)
"""Turns of a curve, in radians."""
CURVE_DISC, CURVE_RADIUS = 0.3, 20.0
"""Radius of the disc in which a curve's turns are compared: at most this share of the side, and
so many pixels, which is enough to measure by."""
SMALLEST_DISC = 4.0
FLOOR_DB = -100.0

IDENTITY = Way(lambda z: z, rate=1.0, offset=0.0, reach=0.0, limit=0.5)


def views(task: LabViewTask) -> Iterator[LabView | None]:
    """The operation at one move, for the eye.

    Yields:
        None after each part of the work, in the end what was asked for.

    Raises:
        ValueError: the signal or the filter cannot be had; one line for the user.
    """
    z = signal_of(task.signal, task.move.kind)
    before = yield from _moving(z, IDENTITY, task.move, len(z))
    loudest = _power(before).max()
    both = ways(task.operation)
    yield None
    first = yield from _lane(z, before, both[0], task, loudest)
    second = yield from _lane(z, before, both[1], task, loudest)
    yield LabView(
        input=_trace(before, IDENTITY, len(z), task.cut, loudest),
        lanes=(first, second),
        band_limits=(both[0].limit, both[1].limit),
    )


def curves(task: LabCurveTask) -> Iterator[LabCurve | None]:
    """Measure how well moves commute with the operation, for more and more of them.

    Yields:
        Curves with all their moves, what is not known yet being not a number; None between.

    Raises:
        ValueError: the signal or the filter cannot be had; one line for the user.
    """
    z = signal_of(task.signal, task.of)
    both = ways(task.operation)
    after = [way.apply(z[None])[0] for way in both]
    moves = SHIFTS if task.of == "shift" else TURNS
    db = np.full((2, len(moves)), np.nan, np.float32)
    for at, amount in enumerate(moves.tolist()):
        move = Move(task.of, amount)
        before = yield from _moving(z, IDENTITY, move, len(z))
        for index, way in enumerate(both):
            wanted = torch.ones_like(after[index], dtype=torch.bool)
            if task.of == "turn":
                wanted = _disc(len(z), way, min(CURVE_DISC * len(z), CURVE_RADIUS))
            last = yield from _moving(after[index], way, move, len(z), wanted)
            error = way.apply(before[None])[0] - last
            db[index, at] = commutation_db(last[wanted], error[wanted])
            yield None
        yield LabCurve(moves.numpy(), db.copy())


def commutation_db(reference: Tensor, error: Tensor) -> float:
    """Energy of a signal without its mean over that of an error, in dB, at most `BEST_DB`.

    A signal that is constant has nothing to move: that is the best there is.
    """
    signal = float((reference - reference.mean()).square().sum())
    wrong = float(error.square().sum())
    if wrong <= signal * 10 ** (-BEST_DB / 10):
        return BEST_DB
    return 10 * float(np.log10(max(signal, 1e-30) / wrong))


def _lane(
    z: Tensor, before: Tensor, way: Way, task: LabViewTask, loudest: Tensor
) -> Generator[None, None, Lane]:
    """One way of doing the operation; yields after each part of the work."""
    side = len(z)
    first = way.apply(before[None])[0]
    yield None
    known = torch.ones_like(first, dtype=torch.bool)
    if task.move.kind == "turn":
        known = _disc(side, way, side / 2)
    wanted = known.clone()
    wanted[_row(first, way, side, task.cut)] = True
    last = yield from _moving(way.apply(z[None])[0], way, task.move, side, wanted)
    error = first - last
    return Lane(
        moved_first=_trace(first, way, side, task.cut, loudest),
        moved_last=_line(last, way, side, task.cut),
        error=torch.where(known, error, torch.nan).float().numpy(),
        db=commutation_db(last[known], error[known]),
    )


def _moving(
    signal: Tensor, way: Way, move: Move, side: int, wanted: Tensor | None = None
) -> Generator[None, None, Tensor]:
    """A signal on the grid of a way's output, moved by what is given in the input's pixels.

    Samples that are not wanted may be left 0. Yields after each part of the work.
    """
    if move.kind == "shift":
        return shifted(signal, torch.tensor([move.amount * way.rate]))[0]
    wanted = torch.ones_like(signal, dtype=torch.bool) if wanted is None else wanted
    parts = []
    for part in turning(signal, move.amount, _centre(way, side), wanted):
        parts.append(part)
        yield None
    found = torch.zeros_like(signal)
    found[wanted] = torch.cat(parts)
    return found


def _centre(way: Way, side: int) -> float:
    """The input's centre, in samples of the output."""
    return ((side - 1) / 2 - way.offset) * way.rate


def _disc(side: int, way: Way, radius: float) -> Tensor:
    """The samples of an output that depend on nothing beyond the input's circle, of `radius`."""
    place = torch.arange(round(side * way.rate), dtype=torch.float64) / way.rate + way.offset
    squared = (place - (side - 1) / 2).square()
    inner = max(min(radius, side / 2 - way.reach - 1), SMALLEST_DISC)
    return (squared[:, None] + squared) <= inner**2


def _trace(signal: Tensor, way: Way, side: int, cut: float, loudest: Tensor) -> Trace:
    place = (torch.arange(DENSE, dtype=torch.float64) + 0.5) * (side / DENSE) - 0.5
    place = (place - way.offset) * way.rate
    return Trace(
        samples=signal.float().numpy(),
        rate=way.rate,
        offset=way.offset,
        dense=sampled(signal, place, place).float().numpy(),
        power_db=to_db(_power(signal) / loudest, floor_db=FLOOR_DB).float().numpy(),
        row=signal[_row(signal, way, side, cut)].float().numpy(),
        line=_line(signal, way, side, cut),
    )


def _line(signal: Tensor, way: Way, side: int, cut: float) -> np.ndarray:
    """The continuous signal along the cut."""
    place = torch.linspace(-0.5, side - 0.5, LINE_POINTS, dtype=torch.float64)
    row = signal[_row(signal, way, side, cut)]
    return (weights((place - way.offset) * way.rate, len(row)) @ row).float().numpy()


def _row(signal: Tensor, way: Way, side: int, cut: float) -> int:
    """The row of an output nearest to the cut."""
    at = (cut * side - 0.5 - way.offset) * way.rate
    return min(max(round(at), 0), len(signal) - 1)


def _power(signal: Tensor) -> Tensor:
    """The power spectrum, [BINS, BINS] or the next size that fits, in the signal's own units."""
    pad = max(1, BINS // len(signal))
    return power_spectrum(signal, mean=float(signal.mean()), pad=pad).clamp_min(1e-30)
