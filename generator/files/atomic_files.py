"""Writing files so that a crash leaves the old one or the new one, and never through a link.

A folder that came from elsewhere may hold links in the places of files that a program is about to
write: following one would overwrite whatever it points to.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
_SAFE_FLAGS = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


class NotAPlainFileError(OSError):
    """Something else than a file stands where a file is expected; the message is one line."""


def open_without_links(path: Path, mode: Mode = "rb") -> BinaryIO:
    """Open a file like the built-in `open`, unless its name is a link, a pipe or a device.

    Args:
        path: The file; links among the folders above it are followed.
        mode: "wb" empties the file only after it is known to be one.

    Raises:
        NotAPlainFileError: it is no plain file; nothing was changed.
        OSError: it cannot be opened.
    """
    if path.is_symlink():
        raise NotAPlainFileError(f"{path} is a link, which is not followed here; remove it")
    try:
        descriptor = os.open(path, _FLAGS[mode] | _SAFE_FLAGS, 0o666)
    except OSError:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise NotAPlainFileError(f"{path} is no plain file") from None
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotAPlainFileError(f"{path} is no plain file")
        if mode == "wb":
            os.ftruncate(descriptor, 0)
        return os.fdopen(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        raise


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a new file that takes the name of the old one at the end, if nothing went wrong.

    The file has the permissions that any new file gets. A link of that name is replaced, and what
    it points to stays as it is.

    Raises:
        OSError: the file cannot be written; the old one is as it was.
    """
    draft = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE_FLAGS
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
    _sync_folder(path.parent)


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write a file all at once: a crash leaves the old file or the new one.

    Args:
        path: The file; see `replacing`.
        data: Its content; a text is written in UTF-8.

    Raises:
        OSError: the file cannot be written; the old one is as it was.
    """
    with replacing(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder last through a power cut, where the system offers that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):  # some file systems cannot, and the file itself is written
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
