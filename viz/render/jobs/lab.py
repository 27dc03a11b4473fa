"""The signal lab's questions as work of the render worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.protocol.lab import LabCurveTask, LabViewTask
from viz.render.jobs.runner import Progress, steps
from viz.render.lab.experiment import curves, views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.render.renderer import Renderer


@steps.register(LabViewTask)
def _(task: LabViewTask, _renderer: Renderer) -> Iterator[Progress]:
    for view in views(task):
        yield Progress(0.0, 0.0, view)


@steps.register(LabCurveTask)
def _(task: LabCurveTask, _renderer: Renderer) -> Iterator[Progress]:
    for curve in curves(task):
        yield Progress(0.0, 0.0, curve)
