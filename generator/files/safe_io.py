"""Files that are written whole or not at all, and opened without surprises.

A folder that came from elsewhere, such as a run folder out of an archive, can hold links and pipes
under the names that a program writes to and reads from. Writing through a link changes a file
outside the folder; reading a pipe waits for ever. Nothing here does either.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PART_SUFFIX = ".part"
"""Ending of files that are being written; what a killed process leaves has it, too."""

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that takes the name `path` once the `with` block has ended without an error.

    What stood under that name is replaced in one step; a link is replaced itself, not what it
    leads to. The data is on the disk before the name is.

    Raises:
        OSError: The folder cannot be written, or the disk is full; `path` is as it was.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART_SUFFIX}")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY
    try:
        descriptor = os.open(part, flags, 0o666)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file in one step; text as UTF-8.

    Raises:
        OSError: As `replacing`.
    """
    with replacing(path) as file:
        file.write(data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data)


def open_regular(path: Path, mode: str, *, encoding: str | None = None) -> IO[Any]:
    """Open a regular file; for writing only where no link stands under its name.

    Args:
        path: The file.
        mode: As for `open`. Reading follows links.
        encoding: Of a text.

    Raises:
        ValueError: It is to be written and is a link, or it is a pipe, a device or a folder.
        OSError: It cannot be opened.
    """
    writes = not mode.startswith("r") or "+" in mode
    if writes:
        refuse_link(path)

    def opener(name: str, flags: int) -> int:
        descriptor = os.open(name, flags | _NO_WAITING | (_NO_LINKS if writes else 0), 0o666)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise ValueError(f"{path} is no regular file")
        return descriptor

    return open(path, mode, encoding=encoding, opener=opener)


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Read a small regular file.

    Raises:
        ValueError: It is a pipe, a device or a folder, or larger than `most_bytes`.
        OSError: It cannot be read.
    """
    with open_regular(path, "rb") as file:
        data: bytes = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError(f"{path} has more than {most_bytes >> 10} KiB")
    return data


def refuse_link(path: Path) -> None:
    """Make sure that no link stands under a name that is about to be written.

    Raises:
        ValueError: One does.
    """
    if path.is_symlink():
        raise ValueError(f"{path} is a link, and nothing is written through it: remove it")


if sys.platform == "win32":

    def sync_folder(path: Path) -> None:
        """Do nothing: Windows has no handle on a folder to flush."""
else:

    def sync_folder(path: Path) -> None:
        """Have the names in a folder on the disk."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
