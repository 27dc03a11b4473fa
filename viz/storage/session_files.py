"""Files that carry a session besides something else: pictures, films and latents (NPZ)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.storage.archives import DAMAGED, opened_archive, read_array
from viz.storage.film_metadata import FILM_SUFFIXES, SESSION_KEY, film_session
from viz.storage.png_text import text_of_png
from viz.storage.session import LARGEST_FILE, Session, load_session, parse_session

if TYPE_CHECKING:
    from pathlib import Path

NPZ_KEY = "session"
SUFFIXES = (".json", ".png", ".npz", *FILM_SUFFIXES)
"""Endings of the files that a session can be read from."""


def read_session(path: Path) -> Session:
    """The session in a session file, a picture, a film, or a file of latents.

    Raises:
        ValueError: there is none in it, or it is damaged.
        OSError: the file cannot be read.
    """
    match path.suffix.lower():
        case ".png":
            return parse_session(_text_of_png(path), path.name)
        case ".npz":
            return parse_session(_text_of_npz(path), path.name)
        case suffix if suffix in FILM_SUFFIXES:
            return parse_session(_text_of_film(path), path.name)
        case _:
            return load_session(path)


def has_session(path: Path) -> bool:
    """Whether a picture carries a session; one that cannot be read carries none."""
    if path.suffix.lower() != ".png":
        return False
    try:
        return bool(_text_of_png(path))
    except (ValueError, OSError):
        return False


def _text_of_png(path: Path) -> str:
    text = text_of_png(path, SESSION_KEY, LARGEST_FILE)
    if text is None:
        raise ValueError(f"{path.name} carries no session; pictures saved here (P) do")
    return text


def _text_of_film(path: Path) -> str:
    text = film_session(path)
    if text is None:
        raise ValueError(f"{path.name} carries no session; films recorded here do")
    return text


def carries_session(path: Path) -> bool:
    """Whether an archive of arrays holds a session beside its latents."""
    try:
        with opened_archive(path) as archive:
            return f"{NPZ_KEY}.npy" in archive.namelist()
    except (*DAMAGED, OSError, ValueError):
        return True  # reading it will say what is wrong


def _text_of_npz(path: Path) -> str:
    try:
        with opened_archive(path) as archive:
            if f"{NPZ_KEY}.npy" not in archive.namelist():
                raise ValueError(f"{path.name} carries no session; latents saved here do")
            return str(read_array(archive, archive.getinfo(f"{NPZ_KEY}.npy"), "U")[()])
    except DAMAGED:
        raise ValueError(f"{path.name} is no file of latents") from None
