"""What runs in the render worker's process: requests and jobs in, parcels and reports out."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from train.memory import keep_freed_memory
from viz.jobs import JobControl, JobOrder, JobReport
from viz.logs import keep_log
from viz.protocol import Request, WorkerEvent
from viz.render.shared import HalfWriter, Parcel, flatten, room_for

if TYPE_CHECKING:
    from viz.render.jobs import JobRunner
    from viz.render.renderer import Renderer


@dataclass(frozen=True, slots=True)
class GrowMemory:
    """The child needs halves of at least so many bytes; the parent answers with `Memory`."""

    half_bytes: int


@dataclass(frozen=True, slots=True)
class Memory:
    """The shared memory to use from now on; None: send the arrays through the pipe."""

    name: str | None


ToParent = WorkerEvent | GrowMemory | Parcel | JobReport
ToChild = Request | Memory | JobOrder | JobControl


def serve(pipe: Connection, logs: Path | None = None) -> None:
    """Answer requests until the pipe ends; the main function of the worker's process.

    Args:
        pipe: To the window's process.
        logs: Folder of the log files; None keeps none.
    """
    if logs is not None:
        keep_log("worker", logs)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's; it ends this process
    # Threads that spin at barriers stall for seconds when the window takes one of few cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    keep_freed_memory()
    from viz.render.jobs import JobRunner  # torch is loaded here and nowhere in the window
    from viz.render.renderer import Renderer

    renderer = Renderer(report=pipe.send)
    try:
        _Serving(pipe, renderer, JobRunner(renderer, pipe.send)).go_on()
    except (EOFError, ConnectionError):
        return  # the window's process is gone


class _Serving:
    """Takes messages and sends answers, for as long as there is a pipe."""

    def __init__(self, pipe: Connection, renderer: Renderer, jobs: JobRunner) -> None:
        self._pipe = pipe
        self._renderer = renderer
        self._jobs = jobs
        self._writer = HalfWriter()
        self._refused_bytes = 0
        self._put_off: list[JobOrder | JobControl] = []

    def go_on(self) -> NoReturn:
        self._pipe.send(WorkerEvent("ready", f"worker ready (process {os.getpid()})"))
        while True:
            if self._jobs.insists or not self._pipe.poll(self._jobs.patience_s):
                self._jobs.step()
                continue
            message: ToChild = self._pipe.recv()
            match message:
                case Request():
                    self._answer(message)
                case JobOrder() | JobControl():
                    self._jobs.take(message)
                case _:
                    raise TypeError(f"an order was expected, got {type(message).__name__}")

    def _answer(self, request: Request) -> None:
        started = time.perf_counter()
        pickled, arrays = flatten(self._renderer.render(request))
        needed, writer = room_for(arrays), self._writer
        small_enough = not self._refused_bytes or needed < self._refused_bytes
        if needed > writer.half_bytes and small_enough:
            writer.attach(None)
            self._pipe.send(GrowMemory(needed))
            name = self._await_memory().name
            writer.attach(name)
            if name is None:
                self._refused_bytes = needed
        self._pipe.send(writer.write(pickled, arrays))
        self._jobs.picture_took(time.perf_counter() - started)
        while self._put_off:
            self._jobs.take(self._put_off.pop(0))

    def _await_memory(self) -> Memory:
        """The answer to `GrowMemory`; orders that were on their way before it are put off."""
        while not isinstance(message := self._pipe.recv(), Memory):
            if not isinstance(message, JobOrder | JobControl):
                raise TypeError(f"memory was expected, got {type(message).__name__}")
            self._put_off.append(message)
        return message
