"""What the command line asks of the visualizer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to start the visualizer."""

    networks: tuple[str, ...] = ()
    """Files, run folders or `bundled:NAME`; none: the bundled ones."""
    session: Path | None = None
    """Session file to open."""
    offscreen: bool = False
    """Draw without any display."""
    screenshot: Path | None = None
    """Write the settled window to this PNG, and end."""
    clip: Path | None = None
    """Write a few seconds of the window to this MP4, and end."""
    clip_seconds: float = 4.0
    size: tuple[int, int] = (1600, 900)
    """Window size in pixels."""
    device: str = "auto"
    theme: Literal["dark", "light"] | None = None
    """None: as the session says."""
