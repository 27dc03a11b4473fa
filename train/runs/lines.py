"""Lines of JSON, as a training's logs hold them: appended one at a time, read with bounds."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from generator.files.atomic_files import open_regular

MOST_LINE_BYTES = 64 << 10
"""Longest line that is read, far above what a trainer writes."""


def append_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Add a line, on a line of its own also where a full disk or a power cut tore the last one.

    Raises:
        ValueError: The file is a link, or no regular file.
        OSError: It cannot be written.
    """
    with open_regular(path, "a+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(end - 1, 0))
        torn = end > 0 and file.read(1) != b"\n"
        file.write(b"\n" * torn + json.dumps(entry).encode() + b"\n")


def whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Read the lines that have an end and are no longer than `MOST_LINE_BYTES`."""
    while line := file.readline(MOST_LINE_BYTES):
        if line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MOST_LINE_BYTES)


def json_object(text: bytes) -> dict[str, Any] | None:
    """Read a JSON object; None if it is none, or torn."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
