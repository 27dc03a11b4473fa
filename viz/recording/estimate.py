"""About how long a recording takes and how large it gets, before it is begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.recording.scenes import frame_count
from viz.state.recording import FOLLOWING, STILLS, FileFormat, RecordingState, Size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.protocol.result import NetworkResult

FULL_HD_S, NATIVE_S = 0.03, 0.003
"""To compose and encode a frame, roughly; the two rates of benchmarks.recording differ by it."""
BYTES_PER_PIXEL: dict[tuple[FileFormat, Size], float] = {
    ("mp4", "native"): 0.16,
    ("webm", "native"): 0.3,
    ("gif", "native"): 1.0,
    ("png", "native"): 3.0,
    ("mp4", "1080p"): 1.0,
    ("webm", "1080p"): 1.1,
    ("gif", "1080p"): 6.0,
    ("png", "1080p"): 12.0,
}
"""Of the networks' own pixels, for each frame: measured on the bundled networks."""


def estimate(
    recording: RecordingState, drawn: Sequence[NetworkResult]
) -> tuple[float, float] | None:
    """Seconds and bytes of a recording, roughly; None while there is nothing to tell it from.

    Args:
        recording: What is to be recorded.
        drawn: The newest results of the networks.
    """
    pictures = [one for one in drawn if one.picture is not None]
    if not pictures or recording.subject in FOLLOWING:
        return None
    each_s = [(one.mapping_ms + one.synthesis_ms) / 1e3 for one in pictures]
    pixels = [
        one.picture.shape[0] * one.picture.shape[1] for one in pictures if one.picture is not None
    ]
    cells = recording.columns * recording.rows
    match recording.subject:
        case "grid" | "seeds":
            each_s, pixels = [each_s[0] * cells], [pixels[0] * cells]
        case "mix":
            cells = (recording.columns + 1) * (recording.rows + 1)
            each_s, pixels = [each_s[0] * cells], [pixels[0] * cells]
        case "layers":
            each_s, pixels = each_s[:1], [pixels[0] * 16]
        case _:
            pass
    frames = frame_count(recording)
    written = 1 if recording.subject in STILLS else frames
    file: FileFormat = "png" if recording.subject in STILLS else recording.file
    encoding_s = FULL_HD_S if recording.size == "1080p" else NATIVE_S
    seconds = frames * sum(each_s) + written * encoding_s
    scale = recording.scale if recording.size == "native" else 1
    return seconds, written * sum(pixels) * scale * BYTES_PER_PIXEL[file, recording.size]


def size_text(size: float) -> str:
    """Bytes for people, as in `1.4 MB`."""
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 999.5:
            return f"{size:.0f} {unit}" if size >= 10 else f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} GB"
