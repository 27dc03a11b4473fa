"""Copies files from and to the worker's machine, a part at a time."""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Protocol

from generator.files.atomic_files import PART_SUFFIX, open_regular
from viz.protocol.jobs import JobReport, JobState, Task
from viz.protocol.worker_files import PART_BYTES, FilePart, FilePartTask, PutPartTask

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.protocol.jobs import Verb

    Order = Callable[[Task, Callable[[JobReport], None]], int]

_BEFORE_IDS = -(1 << 20)
"""Jobs are counted downwards from here: downloads are above, the worker's jobs above 0."""


@dataclass(frozen=True, slots=True)
class CopyTask(Task):
    """Copy a file between the two machines."""

    path: str
    to: str
    """Path on the other machine; no file is there yet."""


@dataclass(frozen=True, slots=True)
class FetchTask(CopyTask):
    """Copy a file of the worker's machine to this one."""

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


@dataclass(frozen=True, slots=True)
class SendTask(CopyTask):
    """Copy a file of this machine to the worker's."""

    @property
    def title(self) -> str:
        """Name for the status line."""
        return f"Sending {PurePath(self.path).name}"

    def told(self, state: JobState, result: Any) -> str:
        """Return the status line for its end."""
        del result
        return f"{self.to} is there." if state == "done" else f"{self.title}: {state}."


class _Way(Protocol):
    """How the parts of one file go."""

    done: int
    size: int

    def next_order(self) -> Task:
        """Return the order of the next part; raises OSError where the file here fails."""

    def take(self, result: Any) -> str:
        """Take what came of it; returns why it cannot go on, or nothing."""

    @property
    def is_whole(self) -> bool:
        """True once all parts have gone."""

    def close(self, *, is_kept: bool) -> None:
        """End it; what is not whole is not kept."""


class _Fetch:
    """A file that comes here: it grows beside its place, and gets its name when it is whole."""

    def __init__(self, task: FetchTask) -> None:
        self._task, self._to = task, Path(task.to)
        self._to.parent.mkdir(parents=True, exist_ok=True)
        self._growing = self._to.with_name(f".{self._to.name}{PART_SUFFIX}")
        self._file = open_regular(self._growing, "wb")
        self._changed_ns: int | None = None
        self.done = self.size = 0
        self.is_whole = False

    def next_order(self) -> Task:
        return FilePartTask(self._task.path, self.done)

    def take(self, result: Any) -> str:
        if not isinstance(result, FilePart):
            return "nothing came"
        if self._changed_ns not in (None, result.changed_ns):
            return "it was changed meanwhile; fetch it again"
        self._changed_ns, self.size = result.changed_ns, result.size
        self._file.write(result.data)
        self.done += len(result.data)
        if not result.data and self.done < self.size:
            return "it became shorter meanwhile; fetch it again"
        if self.done >= self.size:
            self._file.close()
            self._growing.replace(self._to)
            self.is_whole = True
        return ""

    def close(self, *, is_kept: bool) -> None:
        self._file.close()
        if not is_kept:
            self._growing.unlink(missing_ok=True)


class _Send:
    """A file that goes there; the other end puts it together and checks it."""

    def __init__(self, task: SendTask) -> None:
        self._task = task
        self._file = open_regular(Path(task.path), "rb")
        self.size = os.fstat(self._file.fileno()).st_size
        self._digest = hashlib.sha256()
        self._sending = self.done = 0
        self.is_whole = False

    def next_order(self) -> Task:
        data = self._file.read(min(PART_BYTES, self.size - self.done))
        if not data and self.done < self.size:
            raise OSError(f"{self._task.path} became shorter meanwhile; send it again")
        self._digest.update(data)
        self._sending = len(data)
        is_last = self.done + len(data) >= self.size
        digest = self._digest.hexdigest() if is_last else ""
        return PutPartTask(self._task.to, self.done, data, self.size, digest)

    def take(self, result: Any) -> str:
        del result
        self.done += self._sending
        self.is_whole = self.done >= self.size
        return ""

    def close(self, *, is_kept: bool) -> None:
        del is_kept
        self._file.close()


@dataclass(slots=True)
class _Transfer:
    report: JobReport
    way: _Way
    began_at: float
    waits: bool = False
    """It is paused, and no part is on its way."""


class Transfers:
    """Carries out fetches and sendings; an executor of `viz.model.jobs`.

    Args:
        order: Has the worker do a task, and calls back with its reports.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._running: dict[int, _Transfer] = {}
        self._reports: deque[JobReport] = deque()
        self._last_id = _BEFORE_IDS

    def start_job(self, task: Task) -> int:
        """Begin to copy a file.

        Args:
            task: A `FetchTask` or a `SendTask`.

        Returns:
            The job's id.

        Raises:
            TypeError: it is another task.
        """
        if not isinstance(task, FetchTask | SendTask):
            raise TypeError(f"a file is copied by a FetchTask or a SendTask, got {task!r:.60}")
        self._last_id -= 1
        report = JobReport(self._last_id, task, "running")
        try:
            way = _Fetch(task) if isinstance(task, FetchTask) else _Send(task)
        except (OSError, ValueError) as error:
            self._reports.append(replace(report, state="failed", error=_reason(error)))
            return report.id
        self._running[report.id] = one = _Transfer(report, way, time.perf_counter())
        self._tell(one, "running")
        self._ask(one)
        return report.id

    def control_job(self, job: int, verb: Verb) -> None:
        """Pause a copy, let it go on, or end it: what has come is thrown away then."""
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

    def _ask(self, one: _Transfer) -> None:
        """Order the next part."""
        one.waits = False
        try:
            part = one.way.next_order()
        except OSError as error:
            self._end(one, "failed", _reason(error))
            return
        self._order(part, lambda report: self._take(one, report))

    def _take(self, one: _Transfer, report: JobReport) -> None:
        """Note how the order of a part gets on."""
        if report.at_work or one.report.id not in self._running:
            return
        try:
            problem = report.error or "it was given up"
            if report.state == "done":
                problem = one.way.take(report.result)
        except OSError as error:
            problem = _reason(error)
        if problem:
            self._end(one, "failed", problem)
        elif one.way.is_whole:
            self._end(one, "done")
        else:
            self._note_progress(one)
            one.waits = one.report.state == "paused"
            if not one.waits:
                self._ask(one)

    def _note_progress(self, one: _Transfer) -> None:
        done, size = one.way.done, one.way.size
        left = (time.perf_counter() - one.began_at) * (size / done - 1)
        one.report = replace(one.report, done=float(done), total=float(size), seconds_left=left)
        self._tell(one, one.report.state)

    def _tell(self, one: _Transfer, state: JobState) -> None:
        one.report = replace(one.report, state=state)
        self._reports.append(one.report)

    def _end(self, one: _Transfer, state: JobState, error: str = "") -> None:
        del self._running[one.report.id]
        one.way.close(is_kept=state == "done")
        result = True if state == "done" else None
        self._reports.append(replace(one.report, state=state, error=error, result=result))


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return f"{error}"
