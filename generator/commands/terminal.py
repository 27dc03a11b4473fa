"""Names of files as a terminal shows them, and the folders that commands write to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.markup import escape

from generator.files.sanitise import readable

if TYPE_CHECKING:
    from pathlib import Path


def shown(name: object) -> str:
    """Escape a name from elsewhere, so that rich prints it as it is."""
    return escape(readable(str(name)))


def make_folder(folder: Path) -> None:
    """Make the folder that files go to, if there is none.

    Raises:
        OSError: it cannot be made, or nothing can be written in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"nothing can be written in the folder {folder}")
