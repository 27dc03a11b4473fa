"""Content and format of a recording: parts of the state. Its motion is that of the stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from viz.state.inputs import SEED_COUNT
from viz.state.ranges import ranged

Subject = Literal["compare", "slit", "grid", "layers", "spectrum", "seeds", "mix", "flight"]
FileFormat = Literal["mp4", "webm", "mov", "gif", "png"]
Size = Literal["native", "1080p", "2160p", "square", "portrait"]
Quality = Literal["small", "good", "best"]
Rate = Literal[25, 30, 60]

UNMOVED: frozenset[Subject] = frozenset({"seeds", "mix"})
"""Subjects in which nothing moves."""
STILLS = UNMOVED | {"slit"}
"""Subjects that become one picture."""
FRAMES: dict[Size, tuple[int, int]] = {
    "1080p": (1920, 1080),
    "2160p": (3840, 2160),
    "square": (1080, 1080),
    "portrait": (1080, 1920),
}
"""Width and height of a film's frames in pixels; native ones are as large as the pictures."""
MOST_FRAMES = 100_000


@dataclass(slots=True)
class RecordingState:
    """Content and format of a recording."""

    subject: Subject = "compare"
    frames: int = ranged(240, 1, MOST_FRAMES)
    fps: Rate = 30
    file: FileFormat = "mp4"
    size: Size = "1080p"
    """`native`: pixel for pixel, times `scale`; the others in pixels: `FRAMES`."""
    scale: int = ranged(1, 1, 16)
    smooth: bool = False
    """Enlarge pictures smoothly instead of showing their pixels as squares."""
    quality: Quality = "good"
    """How closely an MP4 or WebM film follows its frames."""
    titles: bool = True
    """Name, kind and equivariance of each network above its picture."""
    difference: bool = False
    """Add pictures of how the others differ from the first network."""
    slit: bool = False
    """Add the slit scan of each network beside its picture, as it builds up."""
    layer: str = ""
    """The layer whose channels are shown; empty: one channel of every layer."""
    columns: int = ranged(4, 1, 32)
    """Columns of a grid of seeds."""
    rows: int = ranged(3, 1, 32)
    seeds: list[int] = field(default_factory=list, metadata={"low": 0, "high": SEED_COUNT - 1})
    """Seeds of a grid's pictures, or of a matrix's rows; none: those from the place on."""
    column_seeds: list[int] = field(
        default_factory=list, metadata={"low": 0, "high": SEED_COUNT - 1}
    )
    """Seeds of a matrix's columns; none: those from the second seed of style mixing on."""


@dataclass(slots=True)
class SlitScanState:
    """The line whose pixels are stacked, picture after picture, in fractions of the picture."""

    on: bool = False
    """Take a column from every new picture."""
    x0: float = ranged(0.5, 0.0, 1.0)
    y0: float = ranged(0.0, 0.0, 1.0)
    x1: float = ranged(0.5, 0.0, 1.0)
    y1: float = ranged(1.0, 0.0, 1.0)
    length: int = ranged(240, 16, 2048)
    """Pictures that are kept; older ones go."""
    drawing: bool = False
    """The next drag on a picture draws the line."""

    @property
    def line(self) -> tuple[float, float, float, float]:
        """Start and end: (x0, y0, x1, y1)."""
        return self.x0, self.y0, self.x1, self.y1
