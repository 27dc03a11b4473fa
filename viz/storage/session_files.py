"""Sessions in files, most of which hold something else too: pictures, films and latents (NPZ)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from generator.files.archives import DAMAGED, opened_archive, read_array
from viz.storage.film_metadata import FILM_SUFFIXES, SESSION_KEY, film_session
from viz.storage.png_text import text_of_png
from viz.storage.session import LARGEST_FILE, Session, load_session, parse_session

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

NPZ_KEY = "session"
SUFFIXES = (".json", ".png", ".npz", ".npy", *FILM_SUFFIXES)
"""Endings of the files that a session can be read from, and of latents without one."""
_WRITTEN_HERE = {".png": "pictures saved here (P) do", ".npz": "latents saved here do"}


def read_session(path: Path) -> Session:
    """Read the session in a session file, a picture, a film, or a file of latents.

    Raises:
        ValueError: there is none in it, or it is damaged.
        OSError: the file cannot be read.
    """
    session = find_session(path)
    if session is None:
        raise ValueError(without_session(path))
    return session


def find_session(path: Path) -> Session | None:
    """Read the session that a file carries, opening the file once.

    Returns:
        The session; None if the file holds something else alone.

    Raises:
        ValueError: the file or its session is damaged, or it is no file of its ending's kind.
        OSError: the file cannot be read.
    """
    try:
        match path.suffix.lower():
            case ".png":
                text = text_of_png(path, SESSION_KEY, LARGEST_FILE)
            case ".npy":
                text = None
            case ".npz":
                text = _text_of_npz(path)
            case suffix if suffix in FILM_SUFFIXES:
                text = film_session(path)
            case _:
                return load_session(path)
        return parse_session(text, path.name) if text is not None else None
    except (ValueError, OSError):
        raise
    except Exception as error:  # whatever a file makes its reader do, it must not end the program
        log.exception("reading %s failed", path)
        raise ValueError(f"{path.name} is damaged ({type(error).__name__})") from None


def without_session(path: Path) -> str:
    """Say that a file carries no session, and which files do."""
    which = _WRITTEN_HERE.get(path.suffix.lower(), "films recorded here do")
    return f"{path.name} carries no session; {which}"


def _text_of_npz(path: Path) -> str | None:
    try:
        with opened_archive(path) as archive:
            if f"{NPZ_KEY}.npy" not in archive.namelist():
                return None
            return str(read_array(archive, archive.getinfo(f"{NPZ_KEY}.npy"), "U")[()])
    except DAMAGED:
        raise ValueError(f"{path.name} is no file of latents") from None
