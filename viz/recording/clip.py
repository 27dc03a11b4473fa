"""Films: frames to an MP4."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def write_clip(path: Path, frames: Iterable[NDArray[np.uint8]], *, fps: int = 25) -> int:
    """Write frames to a film, all at once: the file appears when it is complete.

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
    if fps < 1:
        raise ValueError(f"fps must be at least 1, got {fps}")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        count = _write_video(draft, _cropped(frames), fps)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _cropped(frames: Iterable[NDArray[np.uint8]]) -> Iterable[NDArray[np.uint8]]:
    """The frames as [even height, even width, 3], checked."""
    size: tuple[int, ...] | None = None
    for frame in frames:
        if frame.ndim != 3 or frame.shape[2] not in (3, 4) or min(frame.shape[:2]) < 2:
            raise ValueError(f"a frame must be [height, width, 3 or 4], got {frame.shape}")
        if size is not None and frame.shape[:2] != size:
            raise ValueError(f"all frames must have the size {size}, got {frame.shape[:2]}")
        size = frame.shape[:2]
        yield np.ascontiguousarray(frame[: size[0] // 2 * 2, : size[1] // 2 * 2, :3])
    if size is None:
        raise ValueError("a clip needs at least one frame")


def _write_video(path: Path, frames: Iterable[NDArray[np.uint8]], fps: int) -> int:
    count = 0
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps))
        stream.options = {"crf": "18", "preset": "veryfast"}
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            if count == 0:
                stream.height, stream.width = frame.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            count += 1
        container.mux(stream.encode(None))
    return count
