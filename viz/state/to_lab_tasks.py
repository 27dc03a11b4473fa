"""Tasks that the state of the signal lab stands for."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from viz.protocol.lab import LabCurveTask, LabViewTask, Move, Operation, Samples, Signal, SignalKind
from viz.protocol.lab_signals import middle

if TYPE_CHECKING:
    from viz.protocol.result import NetworkResult
    from viz.state.lab import LabState


def questions(lab: LabState, given: Samples | None) -> tuple[LabViewTask, LabCurveTask] | None:
    """Make the tasks for the worker.

    Args:
        lab: The state.
        given: The channel or the picture, where the signal is one.

    Returns:
        Questions that equal the last ones whenever their answers would; None while what the
        signal is taken from is not there yet.
    """
    signal = signal_of(lab, given)
    if signal is None:
        return None
    operation = operation_of(lab)
    move = Move(lab.move, lab.shift_px if lab.move == "shift" else lab.turn_rad)
    return (
        LabViewTask(signal, operation, move, lab.cut),
        LabCurveTask(signal, operation, lab.move),
    )


def signal_of(lab: LabState, given: Samples | None) -> Signal | None:
    """Make the signal, without settings that make no difference to it."""
    match lab.signal:
        case "sine":
            return Signal(
                kind="sine", side=lab.side, frequency=lab.frequency, angle_rad=lab.angle_rad
            )
        case "noise":
            return Signal(kind="noise", side=lab.side, band=lab.band, seed=lab.noise_seed)
        case "picture" if lab.file:
            return Signal(kind="picture", side=lab.side, band=lab.band, file=lab.file)
        case "channel" | "picture":
            if given is None:
                return None
            return Signal(kind=lab.signal, side=given.side, band=lab.band, samples=given)
        case _:
            return Signal(kind=lab.signal, side=lab.side, band=lab.band)


def operation_of(lab: LabState) -> Operation:
    """Make the operation, without settings that make no difference to it."""
    kind, taps, cutoff, radial = lab.operation, lab.taps, lab.cutoff, lab.radial
    match kind:
        case "convolution" if lab.kernel == "1×1":
            return Operation(kind=kind, kernel=lab.kernel)
        case "convolution":
            return Operation(kind=kind, kernel=lab.kernel, taps=taps, cutoff=cutoff)
        case "upsampling":
            return Operation(kind=kind, naive=lab.naive, taps=taps, cutoff=cutoff, radial=radial)
        case "downsampling":
            return Operation(kind=kind, taps=taps, cutoff=cutoff, radial=radial)
        case "nonlinearity":
            return Operation(
                kind=kind, taps=taps, cutoff=cutoff, radial=radial, m=lab.m, slope=lab.slope
            )


def given_samples(lab: LabState, result: NetworkResult | None) -> Samples | None:
    """Take the samples of the signal from a network's result: the first map shown, or the picture.

    A channel keeps its samples, of which the middle is taken; its largest magnitude becomes 1. A
    picture is made grey and as small as the signal is.
    """
    if result is None or (lab.signal == "picture" and lab.file):
        return None
    return _samples_of(lab.signal, lab.side, result)


@lru_cache(maxsize=2)  # asked again with every frame
def _samples_of(kind: SignalKind, side: int, result: NetworkResult) -> Samples | None:
    if kind == "channel" and result.maps is not None:
        channel = middle(result.maps.maps[0], side)
        largest = max(float(np.abs(channel).max()), 1e-12)
        return Samples.of(channel / largest)
    if kind == "picture" and result.picture is not None:
        grey = Image.fromarray(result.picture).convert("L")
        small = grey.resize((side, side), Image.Resampling.LANCZOS)
        return Samples.of(np.asarray(small, np.float32) / 127.5 - 1)
    return None
