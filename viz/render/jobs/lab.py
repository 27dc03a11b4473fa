"""The signal lab's questions as work of the render worker."""

from __future__ import annotations

from collections.abc import Iterator

from viz.protocol.lab import LabCurveTask, LabViewTask
from viz.render.jobs.runner import Progress, steps
from viz.render.lab.experiment import curves, views
from viz.render.renderer import Renderer


@steps.register
def _(task: LabViewTask, _renderer: Renderer) -> Iterator[Progress]:
    for view in views(task):
        yield Progress(0.0, 0.0, view)


@steps.register
def _(task: LabCurveTask, _renderer: Renderer) -> Iterator[Progress]:
    for curve in curves(task):
        yield Progress(0.0, 0.0, curve)
