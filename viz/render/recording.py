"""Recordings as jobs of the render worker; importing this makes them known to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from viz.recording.record import record
from viz.recording.task import RecordTask
from viz.render.jobs import Progress, steps
from viz.render.renderer import Renderer


@steps.register
def _(task: RecordTask, renderer: Renderer) -> Iterator[Progress]:
    with closing(record(task.state, task.path, renderer)) as recording:
        for done in recording:
            yield Progress(done.rendered, done.total, done)
