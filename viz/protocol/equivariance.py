"""The live comparison of a moved picture with the picture of the moved input, as plain data.

It is part of a request and of its result (`viz.protocol.request`, `viz.protocol.result`). What
takes longer is in `viz.protocol.equivariance_tasks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

PictureMove = Literal["translation", "fractional", "rotation"]
"""By whole pixels of the picture, by any distance, or about the picture's centre."""
SweepDirection = Literal["right", "down", "diagonal"]
"""Direction of growing shifts: to one side, or equally to both."""


@dataclass(frozen=True, slots=True)
class Move:
    """One way of moving a picture."""

    kind: PictureMove
    right: float = 0.0
    """In fractions of the picture's width; 0 for turns, as is the next."""
    down: float = 0.0
    angle_rad: float = 0.0
    """Anticlockwise; 0 for translations."""

    @staticmethod
    def of(kind: PictureMove, right: float, down: float, angle_rad: float) -> Move:
        """Make a move without what its kind does not use, so that equal moves compare equal."""
        if kind == "rotation":
            return Move(kind, angle_rad=angle_rad)
        return Move(kind, right, down)

    @property
    def amounts(self) -> list[list[float]] | list[float]:
        """Amounts as `generator.equivariance.comparison.Moves` takes them."""
        if self.kind == "rotation":
            return [self.angle_rad]
        return [[self.right, self.down]]


@dataclass(frozen=True, slots=True)
class EquivarianceRequest:
    """Compare the moved picture, or layer, of one network with that of its moved input."""

    slot: int | None
    """Index into `Request.networks`; None: every network is compared."""
    move: Move
    layer: str = ""
    """Name as in the layer table; empty: the picture."""
    channel: int = 0
    """Channel of that layer; one beyond the last gives the last."""


@dataclass(frozen=True, slots=True, eq=False)
class EquivarianceView:
    """The comparison a request asked for."""

    asked: EquivarianceRequest
    expected: NDArray[np.uint8] | NDArray[np.float32]
    """Picture drawn unmoved, then moved: [height, width, 4] RGBA, transparent where it is not
    known; of a layer [height, width] float32, not a number there."""
    moved: NDArray[np.uint8] | NDArray[np.float32]
    """Picture drawn from the moved input, likewise."""
    error_db: NDArray[np.float32]
    """Mean square error at each pixel, [height, width]; 0 dB is the whole range, not a number
    where nothing is known."""
    psnr_db: float
    """Over all valid pixels; not a number where there are none."""
    valid_share: float
    """Share of the pixels that are compared, 0…1."""
    deviation: float
    """Deviation of the layer's channel, a quarter of its range; ½ for pictures (−1 to 1)."""
    took_ms: float
