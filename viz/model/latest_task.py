"""Questions to the worker of which only the newest counts, and whose answers are remembered."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from viz.protocol.jobs import JobReport, Task, Verb

REMEMBERED = 8


class Work(Protocol):
    """What carries out tasks."""

    def start_job(self, task: Task) -> int:
        """Begin a task; returns the job's id."""

    def control_job(self, job: int, verb: Verb) -> None:
        """Cancel a job, among others."""


class Inquiry:
    """One question at a time; while it is answered, of those that follow only the newest waits.

    Equal questions have equal answers, so what has been answered lately is not asked again.

    Args:
        work: Carries the tasks out.
        patience_s: So long work may go on that nobody waits for any more: while a control is
            dragged, the answer to a question of a moment ago is better than none.
    """

    def __init__(self, work: Work, *, patience_s: float) -> None:
        self._work = work
        self._patience_s = patience_s
        self._wanted: Task | None = None
        self._under_way: tuple[int, Task] | None = None
        self._give_up_at = 0.0
        self._answers: OrderedDict[Task, Any] = OrderedDict()
        self.answer: Any = None
        """The newest answer, complete or not, possibly to an older question; None before any."""
        self.answered: Task | None = None
        """The question that `answer` belongs to."""
        self.error = ""
        """Why the question has no answer: one line, or empty."""
        self._failed: Task | None = None

    def ask(self, task: Task | None) -> None:
        """Say what is wanted now; None: nothing, but the last answer stays."""
        self._wanted = task
        if task is not None and task in self._answers:
            self._answers.move_to_end(task)
            self.answer, self.answered, self.error = self._answers[task], task, ""
        elif task != self._failed:
            self.error = ""
        under_way, now = self._under_way, time.perf_counter()
        if under_way is not None and under_way[1] != task and now > self._give_up_at:
            self._give_up_at = float("inf")
            self._work.control_job(under_way[0], "cancel")
        self._go_on()

    def take(self, report: JobReport) -> bool:
        """Note a report if it belongs to this inquiry; did it?"""
        if self._under_way is None or report.id != self._under_way[0]:
            return False
        task = self._under_way[1]
        if report.result is not None and (task == self._wanted or report.state == "done"):
            self.answer, self.answered = report.result, task
        if report.at_work:
            return True
        self._under_way = None
        if report.state == "done":
            self._answers[task] = report.result
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        elif report.state == "failed":
            self._failed, self.error = task, report.error
        self._go_on()
        return True

    def retry(self) -> None:
        """Ask again what has failed: the worker is another one."""
        self._failed, self.error = None, ""
        self._go_on()

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing left to wait for."""
        wanted = self._wanted
        return wanted is None or wanted in self._answers or wanted == self._failed

    def _go_on(self) -> None:
        if not self.is_settled and self._under_way is None and self._wanted is not None:
            self._give_up_at = time.perf_counter() + self._patience_s
            self._under_way = (self._work.start_job(self._wanted), self._wanted)
