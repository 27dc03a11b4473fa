"""The signal lab's questions under way, and their newest answers for the panel to show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from viz.model.latest_task import Inquiry, Work
from viz.protocol.lab import LabCurve, LabCurveTask, LabView, LabViewTask

if TYPE_CHECKING:
    from viz.protocol.jobs import JobReport


class LabDesk:
    """What has been asked for the signal lab.

    Args:
        work: Carries the tasks out.
    """

    def __init__(self, work: Work) -> None:
        self._views = Inquiry(work, patience_s=math.inf)  # else a steady move would never be shown
        self._curves = Inquiry(work, patience_s=0.3)

    def ask(self, questions: tuple[LabViewTask, LabCurveTask] | None) -> None:
        """Say what is wanted now; None: nothing is looked at."""
        view, curve = questions or (None, None)
        self._views.ask(view)
        self._curves.ask(curve)

    def take(self, report: JobReport) -> bool:
        """Note a report if it is about the lab's questions; was it?"""
        return self._views.take(report) or self._curves.take(report)

    def retry(self) -> None:
        """Ask again what has failed: the worker is another one."""
        self._views.retry()
        self._curves.retry()

    @property
    def is_settled(self) -> bool:
        """Whether everything asked has been answered."""
        return self._views.is_settled and self._curves.is_settled

    @property
    def error(self) -> str:
        """Why there is no answer: one line, or empty."""
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
