"""Files of the machine on which the worker is: folders to look into, files to fetch and to send.

All are tasks of the worker (`viz.protocol.jobs`), so brief that the window asks for one after the
other. The worker answers only for the folders that it was given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from viz.protocol.jobs import BriefTask

MOST_ENTRIES = 2000
PART_BYTES = 1 << 20

EntryKind = Literal["folder", "network", "run", "file"]


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A file or a folder."""

    name: str
    kind: EntryKind
    """A `run` is a folder with snapshots of a training."""
    size: int = 0
    """Bytes of a file."""


@dataclass(frozen=True, slots=True)
class FolderContents:
    """Contents of a folder, folders first."""

    path: str
    parent: str
    """Path of the folder around it; empty where that is not shown."""
    entries: tuple[FolderEntry, ...]
    is_cut: bool = False
    """There are more than `MOST_ENTRIES`."""


@dataclass(frozen=True, slots=True)
class FolderTask(BriefTask):
    """Look into a folder; the result is `FolderContents`."""

    path: str

    @property
    def title(self) -> str:
        """Name for messages."""
        return f"Looking into {self.path}"


@dataclass(frozen=True, slots=True)
class FilePart:
    """Some bytes of a file."""

    data: bytes
    size: int
    """Bytes of the whole file."""
    changed_ns: int
    """When it was changed last; parts of one file belong together where this is the same."""


@dataclass(frozen=True, slots=True)
class FilePartTask(BriefTask):
    """Read at most `PART_BYTES` of a file; the result is a `FilePart`."""

    path: str
    start: int

    @property
    def title(self) -> str:
        """Name for messages."""
        return f"Reading {self.path}"


@dataclass(frozen=True, slots=True)
class PutPartTask(BriefTask):
    """Write a part of a file that comes from the window's machine.

    The parts come in order. The last one gives the file its name, if all has come as it was sent
    and no other file has that name.
    """

    path: str
    start: int
    data: bytes
    size: int
    """Bytes of the whole file."""
    sha256: str
    """Of the whole file, in hexadecimal; empty but with the last part."""

    @property
    def title(self) -> str:
        """Name for messages."""
        return f"Writing {self.path}"

    @property
    def writes(self) -> bool:
        """It makes a file."""
        return True

    def without_content(self) -> PutPartTask:
        """Return it without the bytes."""
        return replace(self, data=b"")
