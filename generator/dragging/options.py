"""Options of a drag, the same for notebook and window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from generator.arguments import check_number, check_whole

Space = Literal["w", "w+"]


@dataclass(frozen=True, kw_only=True)
class DragOptions:
    """How a picture is dragged. Lengths are in samples of the layer that is looked at.

    Of pictures of up to 64 pixels a sample is a pixel, of larger ones up to four.
    """

    space: Space = "w+"
    """Change one w for all layers, or one for each layer up to the one that is looked at."""
    layer: str = ""
    """Layer whose maps are looked at; empty: chosen by its sampling rate."""
    radius: float = 5.0
    """What lies so near a handle goes with it."""
    search: float = 4.0
    """How far from where it was last a handle is looked for."""
    rate: float = 0.05
    """Step of Adam in deviations of w."""
    steps: int = 120
    """Most steps."""
    hold: float = 2.0
    """Weight of what must not change, where a mask says so."""
    settle: int = 12
    """Steps that are taken when all handles have arrived, to become what they were."""
    close: float = 0.5
    """Distance from its target at which a handle has arrived."""
    move_first: bool = True
    """Move, and in StyleGAN3-R turn, the input first where that explains the pairs."""
    explained: float = 0.9
    """Share of several pairs' squared distances that a move must explain to be made."""

    def __post_init__(self) -> None:
        if self.space not in get_args(Space):
            raise ValueError(f"the space must be w or w+, got {self.space!r:.20}")
        check_number("the radius", self.radius, 1.0, 32.0)
        check_number("the search radius", self.search, 1.0, 32.0)
        check_number("the rate", self.rate, 1e-4, 1.0)
        check_whole("the number of steps", self.steps, 1, 100_000)
        check_whole("the number of steps at the end", self.settle, 0, 100_000)
        check_number("the weight of what is held", self.hold, 0.0, 1e3)
        check_number("the distance from the target", self.close, 0.05, 8.0)
        check_number("the share that is explained", self.explained, 0.0, 1.0)
