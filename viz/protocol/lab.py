"""Tasks of the signal lab for the render worker, and their results: frozen, picklable data.

Frequencies are in cycles per sample of the input's grid, lengths in its pixels. Fields that a kind
of signal or operation does not use stand at their defaults, so that equal questions are equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from viz.protocol.jobs import BriefTask

SignalKind = Literal["impulse", "zone plate", "sine", "noise", "channel", "picture"]
OperationKind = Literal["convolution", "upsampling", "downsampling", "nonlinearity"]
SteadyKernel = Literal["1×1", "radial"]
NaiveUpsampling = Literal["nearest", "bilinear"]
MoveKind = Literal["shift", "turn"]

Zoom = Literal[1, 2, 4, 8]

ZOOMS: tuple[Zoom, ...] = (1, 2, 4, 8)
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
"""Endings of the image files a signal can be taken from."""
LARGEST_SIDE = 128
"""Samples along one axis of a signal."""
DENSE = 256
"""Points along one axis of the pictures of continuous signals."""
BINS = 128
"""Points along one axis of a spectrum."""
BEST_DB = 120.0
"""Agreement beyond this is rounding, and called so much."""


@dataclass(frozen=True, slots=True)
class Samples:
    """A grey picture that can be compared and hashed: [side, side] float32, about −1…1."""

    side: int
    data: bytes

    @classmethod
    def of(cls, values: NDArray[np.floating]) -> Samples:
        """Keep a square array."""
        return cls(len(values), np.ascontiguousarray(values, np.float32).tobytes())

    @property
    def array(self) -> NDArray[np.float32]:
        """[side, side]; not to be changed."""
        return np.frombuffer(self.data, np.float32).reshape(self.side, self.side)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Input of an operation."""

    kind: SignalKind
    side: int = 64
    """Samples along one axis; even. Channels and pictures in `samples` have their own."""
    frequency: float = 0.0
    """Frequency of the sine in cycles/px, rounded to whole periods."""
    angle_rad: float = 0.0
    """Angle of the sine's wave normal to the x axis, anticlockwise."""
    band: float = 0.5
    """Highest frequency in any direction; 0.5: all that the grid holds."""
    seed: int = 0
    """Seed of the noise."""
    samples: Samples | None = None
    """Samples of a layer's channel or a network's picture."""
    file: str = ""
    """An image file, where `samples` is None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Operation on the signal, done naively and as the theory wants it."""

    kind: OperationKind
    kernel: SteadyKernel = "radial"
    """Kernel of the convolution beside the 3×3 one."""
    naive: NaiveUpsampling = "nearest"
    """The upsampling beside the windowed sinc."""
    taps: int = 6
    """n: taps of the low-pass filter for each sample of the coarser grid."""
    cutoff: float = 0.3
    """Cutoff of the low-pass filter, in cycles per sample of the coarser grid."""
    radial: bool = False
    """A jinc instead of a separable sinc, as in StyleGAN3-R."""
    m: int = 2
    """Factor by which the grid of the nonlinearity is finer."""
    slope: float = 0.0
    """Slope of the leaky ReLU for negative values; 0: ReLU."""


@dataclass(frozen=True, slots=True)
class Move:
    """Shift or turn before the operation, or after it."""

    kind: MoveKind = "shift"
    amount: float = 0.0
    """To the right in pixels, or anticlockwise in radians."""


@dataclass(frozen=True, slots=True)
class LabTask(BriefTask):
    """One signal through one operation."""

    signal: Signal
    operation: Operation

    @property
    def title(self) -> str:
        """Name for errors."""
        return "Signal lab"


@dataclass(frozen=True, slots=True)
class LabViewTask(LabTask):
    """Signals and operation at one move."""

    move: Move = Move()
    cut: float = 0.5
    """Which row is cut along, 0…1 of the height."""


@dataclass(frozen=True, slots=True)
class LabCurveTask(LabTask):
    """Equivariance of the operation over many moves."""

    of: MoveKind = "shift"


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A signal, and one row of it."""

    samples: NDArray[np.float32]
    """[n, n]."""
    rate: float
    """Samples for each pixel of the input."""
    offset: float
    """Place of sample 0, in pixels of the input (whose own sample 0 is at 0)."""
    dense: NDArray[np.float32]
    """[DENSE, DENSE]: the continuous signal over the input's area."""
    power_db: NDArray[np.float32]
    """[BINS, BINS], centred, both axes ± rate/2; 0 dB: the peak of the input's spectrum."""
    row: NDArray[np.float32]
    """[n]: samples on the cut."""
    line: NDArray[np.float32]
    """[points]: the continuous signal on the cut, from one edge of the input to the other."""

    @property
    def places(self) -> NDArray[np.float64]:
        """[n]: where the samples of a row lie, in pixels of the input."""
        return self.offset + np.arange(len(self.row)) / self.rate


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One way of doing the operation: f(t(z)), and how it differs from t(f(z))."""

    moved_first: Trace
    """f(t(z))."""
    moved_last: NDArray[np.float32]
    """[points]: t(f(z)) as a continuous signal on the cut."""
    error: NDArray[np.float32]
    """[n, n]: f(t(z)) − t(f(z)); not a number where a turn leaves it unknown."""
    db: float
    """Energy of t(f(z)) without its mean over that of the error, in dB."""


@dataclass(frozen=True, slots=True, eq=False)
class LabView:
    """The answer to a `LabViewTask`."""

    input: Trace
    """t(z)."""
    lanes: tuple[Lane, Lane]
    """Naive and filtered."""
    band_limits: tuple[float, float]
    """Highest frequency each lane's output may have, in cycles per pixel of the input: the Nyquist
    frequency of its grid, or the cutoff of its filter."""


@dataclass(frozen=True, slots=True, eq=False)
class LabCurve:
    """The answer to a `LabCurveTask`."""

    moves: NDArray[np.float64]
    """[k] in pixels or radians, rising."""
    db: NDArray[np.float32]
    """[2, k]: commutation of the naive and the filtered lane."""
