"""Locks on open files, which the system frees however a process ends."""

from __future__ import annotations

import os
import sys
from typing import IO, Any

_PLACE = 1 << 40
"""Windows locks bytes, also against reading: one that no file has."""


def try_lock(file: IO[Any]) -> bool:
    """Lock a file that is open for writing; False where somebody else holds the lock.

    The lock counts between processes and between files opened by one process, and ends when the
    file is closed.
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


def names_file(path: os.PathLike[str], file: IO[Any]) -> bool:
    """Return whether a path still leads to an open file, not renamed or deleted meanwhile."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(file.fileno()))
    except OSError:
        return False
