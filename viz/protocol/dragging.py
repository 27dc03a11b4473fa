"""Dragging points of a picture, as work of the render worker.

Places are measured from the picture's middle in the length that transforms count in, x to the
right, y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from viz.protocol.jobs import JobState, Task
from viz.protocol.latent import GivenLatent
from viz.protocol.request import Request
from viz.protocol.strokes import Place, Stroke

DragSpace = Literal["w", "w+"]


@dataclass(frozen=True, slots=True)
class DragTask(Task):
    """Drag what lies at handles to targets."""

    request: Request
    """Says which network, and where its picture is."""
    slot: int
    pairs: tuple[tuple[Place, Place], ...]
    """Handles and their targets."""
    reach: float = 0.0
    """What lies farther than this from all handles must not change; 0: everything may."""
    free: tuple[Stroke, ...] = ()
    """What may change, painted: all else is held, wherever the handles are. None: as `reach` says.
    """
    space: DragSpace = "w+"
    radius: float = 5.0
    """As in `generator.dragging.DragOptions`; so the next three."""
    rate: float = 0.05
    steps: int = 120
    move_first: bool = True

    @property
    def source(self) -> str:
        """The network."""
        return self.request.networks[self.slot]

    @property
    def title(self) -> str:
        """Name for the status line."""
        return "Dragging points"

    def told(self, state: JobState, result: object) -> str:
        """Return the status line for when it is done."""
        if not isinstance(result, DragStep) or state != "done":
            return f"{self.title}: {'ended' if state == 'cancelled' else state}."
        note = f"{result.note}. " if result.note else ""
        if not result.step:
            return note.strip() or "The handles are at their targets."
        steps = f"{result.step} step{'s' if result.step > 1 else ''}"
        if result.arrived:
            return f"{note}All handles have arrived, after {steps}."
        return f"{note}After {steps} the farthest handle is {result.distance_px:.1f} px away."


@dataclass(frozen=True, slots=True)
class DraggedPlace:
    """The place that a drag has come to in a network."""

    latent: GivenLatent | None
    """What stands in the latent's place, without truncation; None: it is as before."""
    x: float = 0.0
    """How the input has been moved, after its transform: to the right."""
    y: float = 0.0
    """Downwards."""
    angle_rad: float = 0.0
    """Turned about the picture's middle, anticlockwise, before that."""


@dataclass(frozen=True, slots=True, eq=False)
class DragStep:
    """How far a drag has come."""

    step: int
    image: NDArray[np.uint8]
    """[height, width, 4]."""
    handles: tuple[Place, ...]
    """Where the handles have come to."""
    distance_px: float
    """How far the farthest one is from its target."""
    place: DraggedPlace
    note: str = ""
    """What a move of the input has done, in one line."""
    arrived: bool = False
    """All handles are at their targets."""
