"""Handles and targets on a picture, and how it is dragged: a part of the state."""

from __future__ import annotations

from dataclasses import dataclass, field

from viz.protocol.dragging import DragSpace
from viz.state.ranges import ranged

MOST_PAIRS = 16
MOST_STROKES = 64


@dataclass(slots=True)
class DragPairState:
    """A handle and its target, from the picture's middle as in `TransformState`."""

    x: float = ranged(0.0, -2.0, 2.0)
    y: float = ranged(0.0, -2.0, 2.0)
    to_x: float = ranged(0.0, -2.0, 2.0)
    to_y: float = ranged(0.0, -2.0, 2.0)


@dataclass(slots=True)
class StrokeState:
    """A stroke of the brush that paints what may change."""

    xs: list[float] = field(default_factory=list, metadata={"low": -2.0, "high": 2.0})
    """Where the brush has been, from the picture's middle as in `TransformState`."""
    ys: list[float] = field(default_factory=list, metadata={"low": -2.0, "high": 2.0})
    radius: float = ranged(0.08, 0.005, 0.5)
    erases: bool = False
    """It takes away what earlier strokes have painted."""

    @property
    def places(self) -> list[tuple[float, float]]:
        """Places that the brush has been at, one after the other."""
        return list(zip(self.xs, self.ys, strict=False))


@dataclass(slots=True)
class DraggingState:
    """The tool that drags points."""

    on: bool = False
    """The hand sets handles and targets on the pictures, instead of moving them."""
    slot: int = ranged(0, 0, 3)
    """Network whose picture they are on."""
    pairs: list[DragPairState] = field(default_factory=list)
    space: DragSpace = "w+"
    radius: float = ranged(5.0, 1.0, 16.0)
    """What lies so near a handle goes with it, in samples of the layer that is looked at."""
    rate: float = ranged(0.05, 0.005, 0.5)
    """Step in deviations of w."""
    steps: int = ranged(120, 10, 1000)
    """Most steps."""
    reach: float = ranged(0.0, 0.0, 1.0)
    """What lies farther from all handles stays, in picture widths; 0: everything may change."""
    paints: bool = False
    """The hand paints what may change, instead of setting handles."""
    brush: float = ranged(0.08, 0.005, 0.5)
    """Radius of the brush, in picture widths."""
    strokes: list[StrokeState] = field(default_factory=list)
    """What may change, painted; all else is held. Without any, as `reach` says."""
    move_first: bool = True
    """Let the input move first where that explains the pairs."""


def go_to_slot(dragging: DraggingState, slot: int) -> None:
    """Go on with the picture of a slot; what was set and painted on another one goes."""
    if dragging.slot != slot:
        dragging.slot, dragging.pairs, dragging.strokes = slot, [], []
