"""What the program has made since it was started."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class MadeFiles:
    """Films, pictures and other files made in this run, the newest first."""

    def __init__(self) -> None:
        self._paths: list[Path] = []

    def note(self, path: Path) -> None:
        """Put a file at the head of the list."""
        path = path.absolute()
        self._paths = [path, *(one for one in self._paths if one != path)]

    @property
    def paths(self) -> list[Path]:
        """The files that are still there."""
        return [path for path in self._paths if path.exists()]
