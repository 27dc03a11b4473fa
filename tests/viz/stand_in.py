"""Processes that take the render worker's place: quick to start, and they die on demand."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from viz.protocol.request import Request
from viz.protocol.result import Result, WorkerEvent
from viz.worker.messages import LOST_DEVICE_EXIT, Interrupt, Interrupted
from viz.worker.shared_memory import HalfWriter, flatten

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

FATAL = Request(psi=-1.0)
"""Kills the process that is asked for it."""


def serve(pipe: Connection) -> None:
    """Answer every request with an empty result."""
    pipe.send(WorkerEvent("ready", "ready"))
    while True:
        try:
            request = pipe.recv()
        except EOFError:
            return
        if request == FATAL:
            os.kill(os.getpid(), signal.SIGKILL)
        result = Result(request=request, networks=(), total_ms=0.0)
        pipe.send(HalfWriter().write(*flatten(result)))


def give_up_when_told(pipe: Connection) -> None:
    """Answer drafts; draw other pictures until they are given up."""
    pipe.send(WorkerEvent("ready", "ready"))
    while True:
        try:
            message = pipe.recv()
        except EOFError:
            return
        if isinstance(message, Interrupt):
            pipe.send(Interrupted())
        elif message.draft:
            result = Result(request=message, networks=(), total_ms=0.0)
            pipe.send(HalfWriter().write(*flatten(result)))


def end_at_once(_: Connection) -> None:
    """End before taking any request."""
    sys.exit(3)


def lose_device(_: Connection) -> None:
    """End as after a device has failed."""
    sys.exit(LOST_DEVICE_EXIT)
