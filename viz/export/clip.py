"""Clips of the window: frames to an MP4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.export.film import Film

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


def write_clip(path: Path, frames: Iterable[NDArray[np.uint8]], *, fps: int = 25) -> int:
    """Write frames to a film, in place of one that is there.

    Args:
        path: Ends in .mp4; the film is H.264, which plays everywhere.
        frames: [height, width, 3 or 4] uint8 each, all of one size; alpha is left out. An odd
            last row or column is cut off, as H.264 halves the colours' resolution.
        fps: Frames a second, at least 1.

    Returns:
        The number of frames written.

    Raises:
        ValueError: another ending, no frames, or frames of different sizes.
        OSError: the file cannot be written.
    """
    if path.suffix.lower() != ".mp4":
        raise ValueError(f"a clip must end in .mp4, got {path.name}")
    with Film(path, fps=fps, overwrite=True) as film:
        for frame in frames:
            film.add(frame)
    return film.frames
