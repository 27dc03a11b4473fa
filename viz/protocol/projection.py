"""Finding a picture in a network, as work of the render worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from viz.protocol.jobs import JobState, Task
from viz.protocol.latent import GivenLatent


@dataclass(frozen=True, slots=True)
class FindTask(Task):
    """Look for a picture in a network's latent space."""

    path: str
    """The picture."""
    source: str
    """The network (see `NetworkSlot.source`)."""
    device: str = "auto"
    threads: int = 0
    seed: int = 0
    """Seed of the random starts: with the same one everything is repeated."""
    steps: int = 60
    """Steps of the search, and of fitting a w for each layer afterwards."""

    @property
    def title(self) -> str:
        """Name for the status line."""
        return f"Finding {Path(self.path).name}"

    def told(self, state: JobState, result: object) -> str:
        """Return the status line for when it is done."""
        if state == "done" and isinstance(result, Finding):
            return f"{Path(self.path).name} found: {result.psnr_db:.1f} dB."
        return f"{self.title}: {state}."


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """Place of a picture in a network."""

    latent: GivenLatent
    """A w for each layer."""
    x: float
    """Translation to the right, as in `TransformState`; so the next."""
    y: float
    angle_rad: float
    scale: float


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """How far a search has come."""

    stage: str
    """What it is at, in words."""
    target: NDArray[np.uint8]
    """What is looked for, [height, width, 4]."""
    image: NDArray[np.uint8] | None = None
    """The nearest picture so far, likewise."""
    psnr_db: float = 0.0
    """How near."""
    notes: tuple[str, ...] = ()
    """What was done to the picture to fit the network."""
    place: FoundPlace | None = None
    """Where it was found, at the end."""
