"""Locks, owners and names of files, and the room for shared memory."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

_PLACE = 2**31 - 2
"""Windows locks bytes, also against reading: the last one that all of its C libraries reach."""
_SHARED_MEMORY = Path("/dev/shm")


def try_lock(file: IO[Any]) -> bool:
    """Lock a file that is open for writing; False where somebody else holds the lock.

    The lock counts between processes and between files opened by one process. It ends when the
    file is closed, however the process ends; but for Windows, a process that the open file is
    handed to has it, too.
    """
    if sys.platform == "win32":
        import msvcrt

        at = file.tell()
        file.seek(_PLACE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(at)
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def keeps_name_while_open() -> bool:
    """Return whether an open file cannot be renamed here."""
    return sys.platform == "win32"


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder last through a power cut, where the system offers that."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows
        return
    with suppress(OSError):  # some file systems cannot, and the file itself is written
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def is_own(status: os.stat_result) -> bool:
    """Tell whether a file belongs to the user; always true on systems without owners (Windows)."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def fits_shared_memory(size: int) -> bool:
    """Return whether so many bytes of shared memory can be had.

    On Linux it is a file system, and writing beyond its end would kill the process; elsewhere the
    system refuses by itself.
    """
    if not _SHARED_MEMORY.is_dir():
        return True
    status = os.statvfs(_SHARED_MEMORY)
    return size <= status.f_bavail * status.f_frsize


def read_end(file: IO[bytes], most: int) -> bytes:
    """Read the end of a file that another process writes through the same position.

    Returns:
        Its last bytes; none on Windows, where reading would move the position.
    """
    if sys.platform == "win32":
        return b""
    number = file.fileno()
    return os.pread(number, most, max(0, os.fstat(number).st_size - most))
