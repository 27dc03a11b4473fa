"""Estimates of a recording's time and size before it is begun."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from viz.export.codecs import KEY_S
from viz.recording.scenes import SLIT_ASPECT, frame_count
from viz.state.recording import FRAMES, STILLS, FileFormat, Quality, RecordingState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.protocol.result import NetworkResult

FULL_HD_S, NATIVE_S = 0.03, 0.003
"""To compose and encode a frame, roughly; the two rates of benchmarks.recording differ by it."""
LAYERS = 16
"""Pictures of a film of layers, roughly."""
ROOM = 0.97, 0.88
"""Share of a frame's width and height that pictures take where titles stand above them."""

# A frame takes so many bytes a pixel of the networks, times the enlargement to a power: measured on
# films of the bundled networks along the default walk, at native size, 4×, 1080p and 4K.
BYTES_PER_PIXEL: dict[FileFormat, float] = {
    "mp4": 0.147,
    "webm": 0.11,
    "mov": 1.1,
    "gif": 0.76,
    "png": 3.35,
}
GROWTH: dict[FileFormat, float] = {"mp4": 1.27, "webm": 1.4, "mov": 1.56, "gif": 1.25, "png": 0.31}
SMOOTH: dict[FileFormat, float] = {"webm": 0.47, "mov": 1.4, "gif": 4.4, "png": 16.0}
"""Factor of a smoothly enlarged film's size."""
SMOOTH_MP4 = 0.081
"""Smoothly enlarged, a frame of an MP4 takes that much of a native one's bytes times the area."""
KEY_BYTES_PER_PIXEL, KEY_GROWTH, SMOOTH_KEY_GROWTH = 0.72, 1.08, 1.22
"""The same of frames that MP4 and WebM films hold in full: the first, and one every two seconds."""
QUALITY: dict[Quality, float] = {"small": 0.47, "good": 1.0, "best": 1.9}
"""Factor of the size of an MP4 or WebM film of each quality."""


def estimate(
    recording: RecordingState, drawn: Sequence[NetworkResult]
) -> tuple[float, float] | None:
    """Estimate the seconds and bytes of a recording; None before anything has been drawn.

    Args:
        recording: What is to be recorded.
        drawn: The newest results of the networks.
    """
    pictures = [one.picture for one in drawn if one.picture is not None]
    if not pictures or recording.subject == "flight":
        return None
    each_s = [(one.mapping_ms + one.synthesis_ms) / 1e3 for one in drawn if one.picture is not None]
    columns, rows, rendered = _arrangement(recording, len(pictures))
    if recording.subject in ("grid", "seeds", "mix", "layers"):
        pictures, each_s = pictures[:1], [rendered * each_s[0]]
    frames = frame_count(recording)
    written = 1 if recording.subject in STILLS else frames
    encoding_s = NATIVE_S if recording.size == "native" else FULL_HD_S
    seconds = frames * sum(each_s) + written * encoding_s
    side = max(max(picture.shape[:2]) for picture in pictures)
    zoom = _zoom(recording, columns, rows, side)
    return seconds, _bytes(recording, written, columns * rows * side**2, zoom)


def _arrangement(recording: RecordingState, count: int) -> tuple[int, int, int]:
    """Return a frame's columns and rows of pictures, and how many of them one network draws."""
    columns, rows = recording.columns, recording.rows
    match recording.subject:
        case "grid" | "seeds":
            return columns, rows, columns * rows
        case "mix":
            return columns + 1, rows + 1, (columns + 1) * (rows + 1)
        case "layers":
            return math.isqrt(LAYERS), math.isqrt(LAYERS), 1
        case "spectrum":
            return 2 + SLIT_ASPECT, count, 1
        case _:
            pass
    if recording.slit or recording.subject == "slit":
        return 1 + SLIT_ASPECT, count, 1
    shown = count + (count - 1) * recording.difference
    return (1, shown, 1) if recording.size == "portrait" else (shown, 1, 1)


def _zoom(recording: RecordingState, columns: int, rows: int, side: int) -> float:
    """Return how much pictures of a side are enlarged in columns and rows."""
    if recording.size == "native":
        return float(recording.scale)
    width, height = FRAMES[recording.size]
    zoom = min(ROOM[0] * width / (columns * side), ROOM[1] * height / (rows * side))
    return math.floor(zoom) if zoom >= 1 and not recording.smooth else zoom


def _bytes(recording: RecordingState, frames: int, pixels: int, zoom: float) -> float:
    """Return the bytes of frames with so many pixels of the networks, enlarged."""
    file: FileFormat = "png" if recording.subject in STILLS else recording.file
    is_smooth = recording.smooth and zoom > 1
    size = pixels * BYTES_PER_PIXEL[file] * math.pow(zoom, GROWTH[file])
    if is_smooth and file == "mp4":
        size = pixels * BYTES_PER_PIXEL[file] * max(1.0, SMOOTH_MP4 * zoom**2)
    elif is_smooth:
        size *= SMOOTH[file]
    if file not in ("mp4", "webm"):
        return frames * size
    growth = SMOOTH_KEY_GROWTH if is_smooth else KEY_GROWTH
    key = max(size, pixels * KEY_BYTES_PER_PIXEL * math.pow(zoom, growth))
    keys = math.ceil(frames / (KEY_S * recording.fps))
    return QUALITY[recording.quality] * (keys * key + (frames - keys) * size)


def size_text(size: float) -> str:
    """Return a number of bytes as text, as in `1.4 MB`."""
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 999.5:
            return f"{size:.0f} {unit}" if size >= 10 else f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} GB"
