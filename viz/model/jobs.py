"""Long work in the background, its executors and its progress."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from viz.protocol.jobs import JobReport, Task, Verb

REMEMBERED_JOBS = 32


class Executor(Protocol):
    """Something that carries out tasks and reports on them."""

    def start_job(self, task: Task) -> int:
        """Begin a task; returns the job's id, which no other executor gives."""

    def control_job(self, job: int, verb: Verb) -> None:
        """Pause a job, let it go on, or cancel it."""


class Jobs:
    """The newest report of every job, oldest job first; finished ones are forgotten in time.

    Args:
        worker: Carries out what no other executor is named for.
        others: Executors of certain types of task.
    """

    def __init__(
        self, worker: Executor, others: Mapping[type[Task], Executor] | None = None
    ) -> None:
        self._worker = worker
        self._others = dict(others or {})
        self._executors: dict[int, Executor] = {}
        self._listeners: dict[int, Callable[[JobReport], None]] = {}
        self._reports: OrderedDict[int, JobReport] = OrderedDict()

    def start(self, task: Task, listener: Callable[[JobReport], None] | None = None) -> int:
        """Have a task done in the background.

        Args:
            task: The task.
            listener: Called with every report of it.

        Returns:
            The job's id.
        """
        executor = self._others.get(type(task), self._worker)
        job = executor.start_job(task)
        self._executors[job] = executor
        if listener is not None:
            self._listeners[job] = listener
        return job

    def control(self, job: int, verb: Verb) -> None:
        """Pause a job, let it go on, or cancel it."""
        executor = self._executors.get(job)
        if executor is not None:
            executor.control_job(job, verb)

    def take(self, report: JobReport) -> None:
        """Note a report; one without a result keeps the last that came."""
        listener = self._listeners.get(report.id)
        if not report.at_work:
            self._listeners.pop(report.id, None)
            self._executors.pop(report.id, None)
        if not report.task.is_brief:
            self._note(report)
        if listener is not None:
            listener(report)

    def _note(self, report: JobReport) -> None:
        before = self._reports.get(report.id)
        if report.result is None and before is not None and before.result is not None:
            report = replace(report, result=before.result)
        self._reports[report.id] = report
        finished = [one.id for one in self._reports.values() if not one.at_work]
        for job in finished[: max(0, len(self._reports) - REMEMBERED_JOBS)]:
            del self._reports[job]

    def get(self, job: int) -> JobReport | None:
        """Return the newest report of a job."""
        return self._reports.get(job)

    def newest(self, kind: type[Task]) -> JobReport | None:
        """Return the newest report of the job begun last among those with tasks of a kind."""
        of_kind = (one for one in reversed(self._reports.values()) if isinstance(one.task, kind))
        return next(of_kind, None)

    @property
    def at_work(self) -> list[JobReport]:
        """The jobs that run or pause."""
        return [one for one in self._reports.values() if one.at_work]
