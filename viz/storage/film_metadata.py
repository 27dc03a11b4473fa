"""The session that a film carries, read without decoding any picture."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from viz.storage.session import LARGEST_FILE

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

SESSION_KEY = "alias-free-visualizer session"
"""Name of the session among the texts of a picture or a film."""
FILM_SUFFIXES = (".mp4", ".webm", ".mov", ".gif")
"""Endings of the films that are written and read here."""
MOST_READ = 64 << 20
"""Bytes of a film that are read on the search for its metadata."""
GIF_TAIL = LARGEST_FILE + LARGEST_FILE // 64
"""Bytes at the end of a GIF in which its comment is looked for: a session in blocks of 255."""


def film_session(path: Path) -> str | None:
    """Return the text of the session that a film carries; None if there is none.

    Raises:
        ValueError: it is no film.
        OSError: the file cannot be read.
    """
    if path.suffix.lower() == ".gif":
        return _gif_session(path)
    import av  # loading FFmpeg takes a while, and few sessions come from films

    # As what its ending says, and by no name: a playlist could name other files, and addresses.
    kind = path.suffix.lower().removeprefix(".")
    with path.open("rb") as file:
        try:
            with av.open(_Bounded(file), format=kind) as film:
                found = {
                    name.lower().replace("_", " "): text for name, text in film.metadata.items()
                }
        except (av.FFmpegError, UnicodeError):
            raise ValueError(f"{path.name} is no film") from None
    return found.get(SESSION_KEY)


class _Bounded:
    """A file that seems to end once `MOST_READ` bytes have been read, wherever they stood."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MOST_READ
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes."""
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data


def _gif_session(path: Path) -> str | None:
    """Return the session in the comment at the end of a GIF."""
    with path.open("rb") as file:
        if file.read(4) != b"GIF8":
            raise ValueError(f"{path.name} is no GIF")
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - GIF_TAIL))
        data = file.read(GIF_TAIL)
    at = data.rfind(b"\x21\xfe\xff" + SESSION_KEY.encode())
    if at < 0:
        return None
    at, text = at + 2, bytearray()
    while at < len(data) and (length := data[at]):
        text += data[at + 1 : at + 1 + length]
        at += 1 + length
    return text.decode(errors="replace").partition("\n")[2]
