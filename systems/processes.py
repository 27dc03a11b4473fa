"""Starting this program's own processes, and the signals that end them."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TypedDict

MODULE_OPTION = "--module"
"""First word of the command line of an app without Python that runs one of its modules."""
_CREATE_NO_WINDOW = 0x08000000

ENDING = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
)
"""Signals that ask a process to end: Windows has no SIGHUP, and nobody else SIGBREAK."""


class _Apart(TypedDict, total=False):
    start_new_session: bool
    creationflags: int


def is_app() -> bool:
    """Return whether this is the app (`make app`), which is its own Python."""
    return bool(getattr(sys, "frozen", False))


def command(module: str, *arguments: str) -> list[str]:
    """Make the command that runs one of our modules in a process of its own."""
    return [sys.executable, MODULE_OPTION if is_app() else "-m", module, *arguments]


def apart() -> _Apart:
    """Return what `Popen` takes so that neither Ctrl+C nor the end of a terminal reaches it."""
    if sys.platform == "win32":
        return {"creationflags": _CREATE_NO_WINDOW}  # and so has a console of its own
    return {"start_new_session": True}


def ask_to_end(pid: int) -> None:
    """Ask a process to end as Ctrl+C does.

    Windows knows nothing gentle for a process without a console of ours: it ends at once.

    Raises:
        OSError: there is no such process, or it is somebody else's.
    """
    os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)


def lower_priority_of_this_thread(niceness: int) -> None:
    """Let other threads go first, where that can be said of a thread: on Linux."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
