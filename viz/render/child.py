"""What runs in the render worker's process: requests in, parcels out, until the pipe ends."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, NoReturn

from train.memory import keep_freed_memory
from viz.protocol import Request, WorkerEvent
from viz.render.shared import HalfWriter, Parcel, flatten, room_for

if TYPE_CHECKING:
    from viz.render.renderer import Renderer


@dataclass(frozen=True, slots=True)
class GrowMemory:
    """The child needs halves of at least so many bytes; the parent answers with `Memory`."""

    half_bytes: int


@dataclass(frozen=True, slots=True)
class Memory:
    """The shared memory to use from now on; None: send the arrays through the pipe."""

    name: str | None


ToParent = WorkerEvent | GrowMemory | Parcel
ToChild = Request | Memory


def serve(pipe: Connection) -> None:
    """Answer requests until the pipe ends; the main function of the worker's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's; it ends this process
    # Threads that spin at barriers stall for seconds when the window takes one of few cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    keep_freed_memory()
    from viz.render.renderer import Renderer  # torch is loaded here and nowhere in the window

    try:
        _answer(pipe, Renderer(report=pipe.send))
    except (EOFError, ConnectionError):
        return  # the window's process is gone


def _answer(pipe: Connection, renderer: Renderer) -> NoReturn:
    """Take requests and send parcels, for as long as there is a pipe."""
    writer = HalfWriter()
    pipe.send(WorkerEvent("ready", f"worker ready (process {os.getpid()})"))
    refused_bytes = 0
    while True:
        request: ToChild = pipe.recv()
        if not isinstance(request, Request):
            raise TypeError(f"a request was expected, got {type(request).__name__}")
        pickled, arrays = flatten(renderer.render(request))
        needed = room_for(arrays)
        if needed > writer.half_bytes and (not refused_bytes or needed < refused_bytes):
            writer.attach(None)
            pipe.send(GrowMemory(needed))
            answer: ToChild = pipe.recv()
            if not isinstance(answer, Memory):
                raise TypeError(f"memory was expected, got {type(answer).__name__}")
            writer.attach(answer.name)
            if answer.name is None:
                refused_bytes = needed
        pipe.send(writer.write(pickled, arrays))
