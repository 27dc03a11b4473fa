"""Wide stills of a network's plane as a job; `viz.render.jobs.wallpaper` carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from viz.protocol.jobs import Task
from viz.protocol.request import Request


@dataclass(frozen=True, slots=True)
class WallpaperTask(Task):
    """Draw a part of a plane, pixel for pixel, to a PNG file."""

    request: Request
    """Says which network, and where in latent space."""
    slot: int
    place: tuple[float, float]
    """In the middle, in picture widths."""
    angle_rad: float
    """The plane turned about it, anticlockwise."""
    size: tuple[int, int]
    """Height and width in pixels."""
    path: str
    session: str
    """Text of the session that the file is to carry."""

    @property
    def title(self) -> str:
        """Name for the status line."""
        height, width = self.size
        return f"{Path(self.path).name}, {width} × {height}"

    @property
    def writes(self) -> bool:
        """It makes a file."""
        return True

    def made(self, result: object) -> Path | None:
        """Return the file, once it is written."""
        return Path(self.path) if Path(self.path).exists() else None
