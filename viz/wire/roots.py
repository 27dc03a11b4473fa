"""What a worker opens for a window on another machine: files inside the folders it was given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from viz.wire.schema import fields, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PATHS = ("path", "file")
"""Fields of what is asked that name a file."""


class Roots:
    """The folders.

    Args:
        folders: At least one.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(one.expanduser().resolve() for one in folders)

    def refusal(self, path: Path) -> str:
        """Say why a file is not opened; empty if it may be. Links count as what they lead to."""
        inside = any(path.expanduser().resolve().is_relative_to(one) for one in self.folders)
        if inside:
            return ""
        allowed = ", ".join(map(str, self.folders))
        return f"{path} lies outside the worker's folders ({allowed}); start it with --root"

    def refusal_of(self, message: Any) -> str:
        """Say why a message's files are not opened; empty if all may be."""
        return next((line for path in _files(message) if (line := self.refusal(path))), "")


def _files(value: Any) -> Iterator[Path]:
    """Yield the files that a record names, but for networks, which are checked when read."""
    if type(value) in names():
        for field in fields(type(value)):
            own = getattr(value, field)
            if isinstance(own, Path) or (field in _PATHS and isinstance(own, str) and own):
                yield Path(own)
            else:
                yield from _files(own)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _files(one)
    elif isinstance(value, dict):
        yield from _files(list(value.values()))
