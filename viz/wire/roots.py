"""What a worker opens for a window on another machine: files inside the folders it was given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from viz.wire.schema import fields, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PATHS = ("path", "file")
"""Fields of text that name a file in what is asked; those of networks are called source."""


class Roots:
    """The folders.

    Args:
        folders: At least one.
        own: The program's own ones, which are open without a word.
    """

    def __init__(self, folders: Sequence[Path], own: Sequence[Path] = ()) -> None:
        self.folders = tuple(one.expanduser().resolve() for one in folders)
        self._open = (*self.folders, *(one.resolve() for one in own))

    def refusal(self, path: Path) -> str:
        """Say why a file is not opened; empty if it may be. Links count as what they lead to."""
        return self._refusal(path, self._open)

    def _refusal(self, path: Path, folders: Sequence[Path]) -> str:
        real = path.expanduser().resolve()
        if any(real.is_relative_to(one) for one in folders):
            return ""
        allowed = ", ".join(map(str, self.folders))
        return f"{path} lies outside the worker's folders ({allowed}); start it with --root"

    def refusal_of(self, message: Any) -> str:
        """Say why a message's files are not opened; empty if all may be.

        What writes may do so in the given folders only, not in the program's own.
        """
        task = getattr(message, "task", message)
        folders = self.folders if getattr(task, "writes", False) else self._open
        lines = (self._refusal(path, folders) for path in _files(message))
        return next((line for line in lines if line), "")


def _files(value: Any) -> Iterator[Path]:
    """Yield the files that a record names, but for networks, which are checked when read."""
    if type(value) in names():
        for field, hint in fields(type(value)).items():
            own = getattr(value, field)
            named = field in _PATHS and hint is str and own
            yield from [Path(own)] if named else _files(own)
    elif isinstance(value, Path):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _files(one)
    elif isinstance(value, dict):
        yield from _files(list(value.values()))
