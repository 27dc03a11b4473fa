"""Starting this program's own processes, and the signals that end them."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TypedDict

from systems.names import executable

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
    if not is_app():
        return [sys.executable, "-m", module, *arguments]
    # On Windows, a program without a console would write nothing: the app has one with it, too.
    program = Path(sys.executable).with_name(executable("afv"))
    return [str(program), MODULE_OPTION, module, *arguments]


def environment_of_others() -> dict[str, str]:
    """Return the environment for programs of the system, which an app's libraries do not fit."""
    environment = dict(os.environ)
    if is_app():
        environment.pop("LD_LIBRARY_PATH", None)
        if before := environment.pop("LD_LIBRARY_PATH_ORIG", ""):  # as PyInstaller keeps it
            environment["LD_LIBRARY_PATH"] = before
    return environment


def apart(*, outlives: bool = True) -> _Apart:
    """Return what `Popen` takes so that neither Ctrl+C nor the end of a terminal reaches it.

    Args:
        outlives: False: they may. On Windows, a process has a console that nobody sees either way.
    """
    if sys.platform == "win32":
        return {"creationflags": _CREATE_NO_WINDOW}
    return {"start_new_session": outlives}


def hands_on_sockets() -> bool:
    """Return whether a socket can be a process's standard stream: Windows has no such thing."""
    return sys.platform != "win32"


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
