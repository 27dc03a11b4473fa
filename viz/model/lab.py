"""The signal lab's tasks under way, and their newest results for the panel to show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from viz.model.latest_task import LatestTask
from viz.protocol.lab import LabCurve, LabCurveTask, LabView, LabViewTask

if TYPE_CHECKING:
    from viz.model.latest_task import Starter


class Lab:
    """The tasks of the signal lab.

    Args:
        jobs: Has the tasks carried out.
    """

    def __init__(self, jobs: Starter) -> None:
        self._views = LatestTask(jobs, patience_s=math.inf)  # else a drag would show nothing
        self._curves = LatestTask(jobs, patience_s=0.3)

    def ask(self, tasks: tuple[LabViewTask, LabCurveTask] | None) -> None:
        """Say what is wanted now; None: nothing is looked at."""
        view, curve = tasks or (None, None)
        self._views.ask(view)
        self._curves.ask(curve)

    def retry(self) -> None:
        """Start again what has failed: the worker is another one."""
        self._views.retry()
        self._curves.retry()

    @property
    def is_settled(self) -> bool:
        """True if everything asked has been answered."""
        return self._views.is_settled and self._curves.is_settled

    @property
    def error(self) -> str:
        """Reason for a missing answer, one line; empty if there is none."""
        return self._views.error

    @property
    def view(self) -> tuple[LabViewTask, LabView] | None:
        """The newest view and what it shows."""
        task, answer = self._views.answered, self._views.answer
        if isinstance(task, LabViewTask) and isinstance(answer, LabView):
            return task, answer
        return None

    @property
    def curve(self) -> tuple[LabCurveTask, LabCurve] | None:
        """The newest curves, possibly unfinished, and what they are of."""
        task, answer = self._curves.answered, self._curves.answer
        if isinstance(task, LabCurveTask) and isinstance(answer, LabCurve):
            return task, answer
        return None
