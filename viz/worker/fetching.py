"""Fetches files from the worker's machine, a part at a time."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO

from generator.files.atomic_files import PART_SUFFIX
from viz.protocol.jobs import JobReport, JobState, Task
from viz.protocol.worker_files import FilePart, FilePartTask

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.protocol.jobs import Verb

    Order = Callable[[Task, Callable[[JobReport], None]], int]

_BEFORE_IDS = -(1 << 20)
"""Jobs are counted downwards from here: downloads are above, the worker's jobs above 0."""


@dataclass(frozen=True, slots=True)
class FetchTask(Task):
    """Copy a file of the worker's machine to this one."""

    path: str
    """There."""
    to: str
    """Here; the file must not exist yet."""

    @property
    def title(self) -> str:
        """Name for the status line."""
        return f"Fetching {PurePath(self.path).name}"

    def told(self, state: JobState, result: Any) -> str:
        """Return the status line for its end."""
        del result
        return f"Fetched {self.to}." if state == "done" else f"{self.title}: {state}."

    def made(self, result: Any) -> Path | None:
        """Return the file here, once it is whole."""
        return Path(self.to) if result is not None else None


@dataclass(slots=True)
class _Fetch:
    """A file on its way."""

    report: JobReport
    task: FetchTask
    file: BinaryIO
    began_at: float = field(default_factory=time.perf_counter)
    done: int = 0
    changed_ns: int | None = None
    waits: bool = False
    """It is paused, and no part is on its way."""


class Fetcher:
    """Carries out fetches; an executor of `viz.model.jobs`.

    Args:
        order: Has the worker do a task, and calls back with its reports.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._running: dict[int, _Fetch] = {}
        self._reports: deque[JobReport] = deque()
        self._last_id = _BEFORE_IDS

    def start_job(self, task: Task) -> int:
        """Begin a fetch.

        Args:
            task: A `FetchTask`.

        Returns:
            The job's id.

        Raises:
            TypeError: it is another task.
        """
        if not isinstance(task, FetchTask):
            raise TypeError(f"a file is fetched by a FetchTask, got {task!r:.60}")
        self._last_id -= 1
        report = JobReport(self._last_id, task, "running")
        try:
            Path(task.to).parent.mkdir(parents=True, exist_ok=True)
            file = _part_of(task).open("wb")
        except OSError as error:
            self._reports.append(replace(report, state="failed", error=_reason(task.to, error)))
            return report.id
        self._running[report.id] = one = _Fetch(report, task, file)
        self._tell(one, "running")
        self._ask(one)
        return report.id

    def control_job(self, job: int, verb: Verb) -> None:
        """Pause a fetch, let it go on, or end it: what has come is thrown away then."""
        one = self._running.get(job)
        if one is None:
            return
        match verb:
            case "pause":
                self._tell(one, "paused")
            case "resume":
                self._tell(one, "running")
                if one.waits:
                    self._ask(one)
            case "cancel":
                self._end(one, "cancelled")

    def poll(self) -> JobReport | None:
        """Return the oldest report not taken yet; None if there is none."""
        return self._reports.popleft() if self._reports else None

    def close(self) -> None:
        """End all of them."""
        for one in list(self._running.values()):
            self._end(one, "cancelled")

    def _ask(self, one: _Fetch) -> None:
        """Order the next part."""
        one.waits = False
        part = FilePartTask(one.task.path, one.done)
        self._order(part, lambda report: self._take(one, report))

    def _take(self, one: _Fetch, report: JobReport) -> None:
        """Note how the order of a part gets on."""
        if report.at_work or one.report.id not in self._running:
            return
        part = report.result
        if report.state != "done" or not isinstance(part, FilePart):
            self._end(one, "failed", report.error or "it was given up")
            return
        if one.changed_ns not in (None, part.changed_ns):
            self._end(one, "failed", "it was changed meanwhile; fetch it again")
            return
        one.changed_ns = part.changed_ns
        try:
            one.file.write(part.data)
            one.done += len(part.data)
            if one.done >= part.size:
                one.file.close()
                _part_of(one.task).replace(one.task.to)
        except OSError as error:
            self._end(one, "failed", _reason(one.task.to, error))
            return
        if one.done >= part.size:
            self._end(one, "done")
            return
        if not part.data:
            self._end(one, "failed", "it became shorter meanwhile; fetch it again")
            return
        left = (time.perf_counter() - one.began_at) * (part.size / one.done - 1)
        one.report = replace(
            one.report, done=float(one.done), total=float(part.size), seconds_left=left
        )
        self._tell(one, one.report.state)
        one.waits = one.report.state == "paused"
        if not one.waits:
            self._ask(one)

    def _tell(self, one: _Fetch, state: JobState) -> None:
        one.report = replace(one.report, state=state)
        self._reports.append(one.report)

    def _end(self, one: _Fetch, state: JobState, error: str = "") -> None:
        """Report the end; what is not whole does not stay."""
        del self._running[one.report.id]
        one.file.close()
        if state != "done":
            _part_of(one.task).unlink(missing_ok=True)
        result = one.task.to if state == "done" else None
        self._reports.append(replace(one.report, state=state, error=error, result=result))


def _part_of(task: FetchTask) -> Path:
    """Return the file that grows until it is whole."""
    to = Path(task.to)
    return to.with_name(f".{to.name}{PART_SUFFIX}")


def _reason(path: str, error: OSError) -> str:
    return f"{path} cannot be written: {error.strerror or error}"
