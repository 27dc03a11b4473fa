"""Recordings as jobs of the render worker; importing this makes them known to it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from viz.recording.flight import film_flight
from viz.recording.record import record
from viz.recording.scenes import subject_of
from viz.recording.task import RecordTask
from viz.render.jobs.runner import Progress, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.render.renderer import Renderer


@steps.register(RecordTask)
def _(task: RecordTask, renderer: Renderer) -> Iterator[Progress]:
    write = film_flight if subject_of(task.state) == "flight" else record
    with closing(write(task.state, task.path, renderer)) as recording:
        for done in recording:
            yield Progress(done.rendered, done.total, done)
