"""Background work of which only the newest counts, and whose results are remembered."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.protocol.jobs import JobReport, Task, Verb

REMEMBERED = 8
REST_S = 0.25
"""Time for which the same has to be wanted before work starts that follows what is set."""


class Starter(Protocol):
    """Something that has tasks carried out."""

    def start(self, task: Task, listener: Callable[[JobReport], None] | None = None) -> int:
        """Begin a task; returns the job's id."""

    def control(self, job: int, verb: Verb) -> None:
        """Cancel a job, among others."""


class LatestTask:
    """One task at a time; while it is carried out, only the newest of those that follow waits.

    Equal tasks have equal results, so what has been done lately is not done again.

    Args:
        jobs: Has the tasks carried out.
        patience_s: How long work goes on that nobody waits for any more: while a control is
            dragged, the result for a moment ago is better than none.
        rest_s: How long the same has to be wanted before it is started, unless everything moves.
        clock: Seconds on any rising clock.
    """

    def __init__(
        self,
        jobs: Starter,
        *,
        patience_s: float,
        rest_s: float = 0.0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._jobs = jobs
        self._patience_s = patience_s
        self._rest_s = rest_s
        self._clock = clock
        self._wanted: Task | None = None
        self._wanted_since_s = 0.0
        self._moving = False
        self._under_way: tuple[int, Task] | None = None
        self._started_at_s = 0.0
        self._cancelled = False
        self._finished: OrderedDict[Task, JobReport] = OrderedDict()
        self._failed: Task | None = None
        self.report: JobReport | None = None
        """The newest report with a result, complete or not, possibly of an older task."""
        self.error = ""
        """Reason for a missing result, one line; empty if there is none."""

    def ask(self, task: Task | None, *, moving: bool = False) -> None:
        """Say what is wanted now; to be called again and again while anybody looks.

        Args:
            task: The task; None: nothing, but the last result stays.
            moving: What is wanted changes by itself and never rests: every task that has been
                started is finished, and the next begins at once.
        """
        now = self._clock()
        if task != self._wanted:
            self._wanted, self._wanted_since_s = task, now
        self._moving = moving
        if task is not None and task in self._finished:
            self._finished.move_to_end(task)
            self.report, self.error = self._finished[task], ""
        elif task != self._failed:
            self.error = ""
        self._give_up(now)
        self._go_on(now)

    @property
    def answer(self) -> Any:
        """The newest result, complete or not, possibly of an older task; None before any."""
        return self.report.result if self.report is not None else None

    @property
    def answered(self) -> Task | None:
        """The task that `answer` is the result of."""
        return self.report.task if self.report is not None else None

    @property
    def is_settled(self) -> bool:
        """True if there is nothing left to wait for."""
        wanted = self._wanted
        return wanted is None or wanted in self._finished or wanted == self._failed

    @property
    def is_resting(self) -> bool:
        """True if the task only waits for the same to be wanted long enough."""
        return not self.is_settled and self._under_way is None

    def retry(self) -> None:
        """Start again what has failed: the worker is another one."""
        self._failed, self.error = None, ""
        self._go_on(self._clock())

    def _take(self, report: JobReport) -> None:
        if self._under_way is None or report.id != self._under_way[0]:
            return
        task = self._under_way[1]
        of_use = task == self._wanted or self._moving or report.state == "done"
        if report.result is not None and of_use:
            self.report = report
        if report.at_work:
            return
        self._under_way = None
        if report.state == "done":
            self._finished[task] = report
            while len(self._finished) > REMEMBERED:
                self._finished.popitem(last=False)
        elif report.state == "failed":
            self._failed, self.error = task, report.error
        self._go_on(self._clock())

    def _give_up(self, now: float) -> None:
        """Cancel the task under way where another one is wanted and patience is at its end."""
        if self._under_way is None or self._under_way[1] == self._wanted:
            return
        if self._moving or self._cancelled or now - self._started_at_s <= self._patience_s:
            return
        self._cancelled = True
        self._jobs.control(self._under_way[0], "cancel")

    def _go_on(self, now: float) -> None:
        if self.is_settled or self._under_way is not None or self._wanted is None:
            return
        if not self._moving and now - self._wanted_since_s < self._rest_s:
            return
        self._started_at_s, self._cancelled = now, False
        wanted = self._wanted
        self._under_way = (self._jobs.start(wanted, self._take), wanted)
