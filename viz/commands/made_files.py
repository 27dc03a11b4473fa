"""Commands about files that the program has made: played, shown, their paths copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from systems.desktop import NoProgramError, open_with_system
from viz.commands.base import CommandGroup

if TYPE_CHECKING:
    from pathlib import Path


class MadeFileCommands(CommandGroup):
    """Commands that follow a file to where it is."""

    def open(self, path: Path) -> None:
        """Open a file with the system's own program: a film is played."""
        self._open(path, path)

    def show(self, path: Path) -> None:
        """Show the folder that a file is in."""
        self._open(path.parent, path)

    def copy_path(self, path: Path) -> None:
        """Put a path on the clipboard."""
        self._window.copy_text(str(path.absolute()))
        self._model.status.show(f"Copied {path.absolute()}.")

    def _open(self, what: Path, path: Path) -> None:
        if not path.exists():
            self._model.status.show_error(f"{path} is no longer there.")
            return
        try:
            open_with_system(what)
        except NoProgramError as error:
            self._model.status.show_error(f"{path.absolute()} is not opened: {error}.")
