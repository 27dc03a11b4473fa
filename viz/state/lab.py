"""Settings of the signal lab: a part of the state."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from viz.protocol.lab import (
    MoveKind,
    NaiveUpsampling,
    OperationKind,
    SignalKind,
    SteadyKernel,
    Zoom,
)
from viz.state.ranges import ranged

LabPage = Literal["signals", "spectra", "errors", "plots"]


@dataclass(slots=True)
class LabState:
    """Signal and operation of the signal lab; frequencies in cycles/px of the input."""

    signal: SignalKind = "zone plate"
    side: Literal[32, 64, 128] = 64
    """Samples of the signal along one axis."""
    frequency: float = ranged(0.2, 0.0, 0.5)
    """Frequency of the sine, cycles/px."""
    angle_rad: float = ranged(0.0, -math.pi, math.pi)
    """Direction in which the sine's waves follow each other."""
    band: float = ranged(0.35, 0.02, 0.5)
    """Highest frequency of all other signals; 0.5: all that the pixels hold."""
    noise_seed: int = ranged(0, 0, 9999)
    file: str = ""
    """Image file the picture is taken from; empty: the picture of the network looked into."""
    operation: OperationKind = "nonlinearity"
    kernel: SteadyKernel = "radial"
    """Kernel of the convolution that is compared with the 3×3 one."""
    naive: NaiveUpsampling = "nearest"
    """The upsampling that is compared with the windowed sinc."""
    taps: int = ranged(6, 2, 12)
    """n of the windowed sinc: taps for each sample of the coarser grid."""
    cutoff: float = ranged(0.3, 0.1, 0.5)
    """Cutoff of the windowed sinc, in cycles per sample of the coarser grid."""
    radial: bool = False
    """A jinc, the same in every direction, instead of the separable sinc."""
    m: Literal[1, 2, 4] = 2
    """Oversampling factor of the filtered nonlinearity."""
    slope: float = ranged(0.0, 0.0, 1.0)
    """Slope of the leaky ReLU below zero; 0: ReLU."""
    move: MoveKind = "shift"
    """Movement that the operation should commute with."""
    shift_px: float = ranged(0.3, 0.0, 2.0)
    """Shift to the right, pixels."""
    turn_rad: float = ranged(math.radians(20), 0.0, math.pi)
    """Turn, anticlockwise, radians."""
    page: LabPage = "signals"
    """What is shown where there is no room for everything."""
    zoom: Zoom = 2
    """Magnification of the middle of the signals."""
    cut: float = ranged(0.5, 0.0, 1.0)
    """Row of the cut, in fractions of the height."""
