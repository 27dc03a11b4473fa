"""Handles and targets on a picture, and how it is dragged: a part of the state."""

from __future__ import annotations

from dataclasses import dataclass, field

from viz.protocol.dragging import DragSpace
from viz.state.ranges import ranged

MOST_PAIRS = 16


@dataclass(slots=True)
class DragPairState:
    """A handle and its target, from the picture's middle as in `TransformState`."""

    x: float = ranged(0.0, -2.0, 2.0)
    y: float = ranged(0.0, -2.0, 2.0)
    to_x: float = ranged(0.0, -2.0, 2.0)
    to_y: float = ranged(0.0, -2.0, 2.0)


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
    move_first: bool = True
    """Let the input move first where that explains the pairs."""
