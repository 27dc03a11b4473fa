"""A job for tests, and a render worker that knows it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viz.protocol.jobs import Task
from viz.render.jobs.runner import Progress, steps
from viz.worker import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from viz.render.renderer import Renderer


@dataclass(frozen=True, slots=True)
class Count(Task):
    """Count up, and write down when it has ended; `fails_at` breaks it."""

    to: int
    seconds_each: float = 0.0
    ended: str = ""
    fails_at: int = -1

    @property
    def title(self) -> str:
        return f"count to {self.to}"


@steps.register(Count)
def _(task: Count, renderer: Renderer) -> Iterator[Progress]:
    try:
        for number in range(1, task.to + 1):
            if number == task.fails_at:
                raise ValueError("lost count;\nbegin again")
            time.sleep(task.seconds_each)
            yield Progress(number, task.to, list(range(number)))
    finally:
        if task.ended:
            Path(task.ended).touch()


def serve(pipe: Connection) -> None:
    """The worker's main function; importing this module has made the job known."""
    process.serve(pipe)
