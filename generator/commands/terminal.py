"""Texts for a terminal: names of files as they are, errors as one line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.markup import escape

from generator.files.sanitise import readable

if TYPE_CHECKING:
    from pathlib import Path


def shown(name: object) -> str:
    """A name from elsewhere, in which nothing is taken for a mark of the terminal's printing."""
    return escape(readable(str(name)))


def one_line(error: Exception) -> str:
    """An error as one line, with the file it is about."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return readable(f"{error.filename}: {error.strerror}")
    return readable(" ".join(str(error).split())) or type(error).__name__


def make_folder(folder: Path) -> None:
    """Make the folder that files go to, if there is none.

    Raises:
        OSError: it cannot be made, or nothing can be written in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"nothing can be written in the folder {folder}")
