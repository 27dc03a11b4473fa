"""The session that a film carries, read without decoding any picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SESSION_KEY = "alias-free-visualizer session"
"""Name of the session among the texts of a picture or a film."""
FILM_SUFFIXES = (".mp4", ".webm", ".gif")
"""Endings of the films that are written and read here."""


def film_session(path: Path) -> str | None:
    """The text of the session that a film carries; None if there is none.

    Raises:
        ValueError: it is no film.
        OSError: the file cannot be read.
    """
    if path.suffix.lower() == ".gif":
        return _gif_session(path.read_bytes())
    import av  # loading FFmpeg takes a while, and few sessions come from films

    try:
        # As what its ending says: a playlist could name other files, and addresses.
        with av.open(str(path), format=path.suffix.lower().removeprefix(".")) as film:
            texts = {name.lower().replace("_", " "): one for name, one in film.metadata.items()}
    except av.FFmpegError as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise ValueError(f"{path.name} is no film") from None
    return texts.get(SESSION_KEY)


def _gif_session(data: bytes) -> str | None:
    if not data.startswith(b"GIF8"):
        raise ValueError("this is no GIF")
    at = data.rfind(b"\x21\xfe\xff" + SESSION_KEY.encode())
    if at < 0:
        return None
    at, text = at + 2, bytearray()
    while at < len(data) and (length := data[at]):
        text += data[at + 1 : at + 1 + length]
        at += 1 + length
    return text.decode(errors="replace").partition("\n")[2]
