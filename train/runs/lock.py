"""The lock of a run folder: taken by its trainer, looked at by whoever watches it.

`.lock` names the trainer's process and machine. The system frees the lock when the process ends,
however it ends, so what stands in the file counts only while the lock is held.
"""

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from generator.files.atomic_files import open_regular
from systems.files import try_lock

_NAME = ".lock"
_HOLD_PATIENCE_S = 0.2
_PATIENCE_S = 1.0
"""Seconds that a trainer tries again: whoever looks holds the lock for some microseconds."""


@dataclass(frozen=True)
class Holder:
    """Process that is at work in a run folder."""

    pid: int | None
    """The trainer's process, if it runs on this machine; None elsewhere or while unknown."""
    host: str
    """The machine's name; empty while unknown."""


def take_lock(folder: Path) -> BinaryIO:
    """Take the folder's lock and say in it who does; it is held until the file is closed.

    Raises:
        ValueError: Another trainer is at work there, or the lock is a link.
    """
    file = open_regular(folder / _NAME, "a+b")
    give_up = time.monotonic() + _PATIENCE_S
    while not try_lock(file):
        if time.monotonic() > give_up:
            file.close()
            raise ValueError(f"another trainer is at work in {folder}; stop it first")
        time.sleep(0.02)
    file.truncate(0)
    file.write(f"{os.getpid()} {platform.node()}\n".encode())
    file.flush()
    return file


def holder(folder: Path) -> Holder | None:
    """Find who is at work in a run folder; None if nobody is, or it cannot be told."""
    try:
        # Windows and network drives lock only what is open for writing.
        with open_regular(folder / _NAME, "r+b") as file:
            if try_lock(file):
                return None
            pid, _, host = file.read(256).decode().strip().partition(" ")
    except (OSError, ValueError):  # links and pipes are no locks, nor is what is no text
        return None
    here = host == platform.node() and pid.isdecimal()
    return Holder(int(pid) if here else None, host)


def hold(file: BinaryIO) -> None:
    """Lock a file for as long as it is open, here or in a process that it is handed to.

    Where the system hands no locks on (Windows), it ends with this process's own.
    """
    give_up = time.monotonic() + _HOLD_PATIENCE_S
    while not try_lock(file) and time.monotonic() < give_up:
        time.sleep(0.01)


def is_held(path: Path) -> bool:
    """Return True if a process has a file open that was locked by `hold`."""
    try:
        with open_regular(path, "r+b") as file:
            return not try_lock(file)
    except (OSError, ValueError):
        return False
