"""Ways to start a render worker, and the one for a process beside the window."""

from __future__ import annotations

import signal
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Protocol

from systems.machine import wait_passively
from viz.worker.messages import LOST_DEVICE_EXIT

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection


class Process(Protocol):
    """A process, as `multiprocessing` has them."""

    @property
    def pid(self) -> int | None:
        """Its id on this machine."""

    @property
    def exitcode(self) -> int | None:
        """None while it runs; minus the signal that ended it."""

    def kill(self) -> None:
        """End it at once."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""


class Pipe(Protocol):
    """An end of what connects a window with a worker."""

    def send(self, message: Any) -> Any:
        """Send a message."""

    def recv(self) -> Any:
        """Take the oldest message; waits for one."""

    def poll(self, timeout: float | None = 0.0, /) -> bool:
        """Return whether a message comes within a time, seconds; None waits for one."""

    def close(self) -> None:
        """End it."""


class Start(Protocol):
    """A way to have a worker."""

    depth: int
    """Requests for pictures on their way at a time."""
    may_break: bool
    """Whether it can end through no fault of the request that was on its way."""
    beginning: str
    """Line for the status bar while it starts."""

    def __call__(self, is_given_up: Callable[[], bool]) -> tuple[Process, Pipe]:
        """Start a worker.

        Args:
            is_given_up: Asked while it takes long.

        Raises:
            OSError: it cannot be started.
        """

    def why_ended(self, process: Process, reason: str) -> str:
        """Say in words why a worker has ended.

        Args:
            process: As it was started; it has ended.
            reason: What its pipe said last.
        """


class Beside:
    """Starts a worker on this machine.

    Args:
        program: The process's main function; talks as `viz.worker.process.serve` does.
    """

    depth = 1
    may_break = False
    beginning = "starting the render worker"

    def __init__(self, program: Callable[[Connection], None]) -> None:
        self._program = program

    def __call__(self, is_given_up: Callable[[], bool]) -> tuple[Process, Pipe]:
        """Start a process; returns it and this side's end of its pipe."""
        # Before the process begins: whatever started the window may load PyTorch there first.
        wait_passively()
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=self._program, args=(theirs,), name="render worker", daemon=True
        )
        try:
            process.start()
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        return process, ours

    def why_ended(self, process: Process, reason: str) -> str:
        """Say it by the exit code."""
        code = process.exitcode
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            hint = " (out of memory? show fewer or smaller networks)" if name == "SIGKILL" else ""
            return f"the render worker was ended by {name}{hint}"
        if code == LOST_DEVICE_EXIT:
            return "the device has failed (cpu can be chosen under Performance)"
        return f"the render worker stopped with exit code {code}; the log says more"
