"""Learning a direction of w from choices, as a job; `viz.render.jobs.directions` does it."""

from __future__ import annotations

from dataclasses import dataclass

from viz.protocol.jobs import BriefTask
from viz.protocol.latent import GivenLatent


@dataclass(frozen=True, slots=True)
class LearnDirectionTask(BriefTask):
    """Learn along which direction something grows; its result is a `LearnedStep`."""

    source: str
    """The network, as in `viz.state.inputs.NetworkSlot`."""
    device: str
    more: tuple[int, ...]
    """Seeds of pictures with more of it."""
    less: tuple[int, ...]
    """Seeds of pictures with less of it."""
    classes: tuple[tuple[int, float], ...] = ()
    """As in `viz.protocol.request.LatentPoint`."""

    @property
    def title(self) -> str:
        """Name for the status line."""
        return "learning a direction"


@dataclass(frozen=True, slots=True)
class LearnedStep:
    """A direction that was learned."""

    direction: GivenLatent
    """Of length one."""
    accuracy: float
    """Share of the pictures left out that it puts on their side, 0.5 by chance."""
