"""Files that are written whole or not at all, and opened without surprises.

A folder that came from elsewhere, such as a run folder out of an archive, can hold links and pipes
under the names that a program writes to and reads from. Writing through a link changes a file
outside the folder; reading a pipe waits for ever. Nothing here does either.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Literal

from systems.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PART_SUFFIX = ".part"
"""Ending of files that are being written; what a killed process leaves has it, too."""

Mode = Literal["rb", "r+b", "wb", "ab", "a+b"]
"""Modes of the built-in `open`, in bytes."""

_FLAGS: dict[str, int] = {
    "rb": os.O_RDONLY,
    "r+b": os.O_RDWR,
    "wb": os.O_WRONLY | os.O_CREAT,
    "ab": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "a+b": os.O_RDWR | os.O_CREAT | os.O_APPEND,
}
# Not every system has all of these. Without O_NONBLOCK, opening a pipe waits for its other end.
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_ALWAYS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: Path, mode: Mode) -> BinaryIO:
    """Open a regular file; for writing only where no link stands under its name.

    Args:
        path: The file; links among the folders above it are followed.
        mode: Only "rb" follows a link. "wb" empties the file once it is known to be one.

    Raises:
        ValueError: it is to be written and is a link, or it is a pipe, a device or a folder;
            nothing was changed.
        OSError: it cannot be opened.
    """
    flags = _FLAGS[mode] | _ALWAYS
    if mode != "rb":
        refuse_link(path)
        flags |= _NO_LINKS
    try:
        descriptor = os.open(path, flags, 0o666)
    except OSError:
        if mode != "rb":
            refuse_link(path)
        if path.exists() and not path.is_file():
            raise _not_regular(path) from None
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _not_regular(path)
        if mode == "wb":
            os.ftruncate(descriptor, 0)
        return os.fdopen(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Read a small regular file.

    Raises:
        ValueError: it is a pipe, a device or a folder, or larger than `most_bytes`.
        OSError: it cannot be read.
    """
    with open_regular(path, "rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError(f"{path} has more than {most_bytes >> 10} KiB")
    return data


def refuse_link(path: Path) -> None:
    """Make sure that no link stands under a name that is about to be written.

    Raises:
        ValueError: one does.
    """
    if path.is_symlink():
        raise ValueError(f"{path} is a link, and nothing is written through it: remove it")


def _not_regular(path: Path) -> ValueError:
    return ValueError(f"{path} is no regular file")


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a new file that takes the name of the old one at the end, if nothing went wrong.

    The file has the permissions that any new file gets. A link of that name is replaced, and what
    it points to stays as it is.

    Raises:
        OSError: the file cannot be written; the old one is as it was.
    """
    draft = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}{PART_SUFFIX}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS | _ALWAYS
    try:
        file = os.fdopen(os.open(draft, flags, 0o666), "wb")
    except OSError as error:
        # The message names the file that was asked for.
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write a file all at once: a crash leaves the old file or the new one.

    Args:
        path: The file; see `replacing`.
        data: Its content; a text is written in UTF-8, with escapes for what that lacks.

    Raises:
        OSError: the file cannot be written; the old one is as it was.
    """
    with replacing(path) as file:
        file.write(data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data)


def names_file(path: os.PathLike[str], file: IO[Any]) -> bool:
    """Return whether a path still leads to an open file, not renamed or deleted meanwhile."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(file.fileno()))
    except OSError:
        return False
