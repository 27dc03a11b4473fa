"""Carries out jobs in small steps, so that requests for pictures never wait for more than one."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from viz.protocol.jobs import JobControl, JobOrder, JobReport, JobState, Task
from viz.render.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from viz.render.renderer import Renderer

log = logging.getLogger(__name__)

REPORT_EVERY_S = 0.1
SHARE = 0.25
"""While pictures are asked for one after the other, jobs get so much of the time they take."""
GRACE_S = 0.03
"""Time after a picture during which no job's step begins, as the next picture is expected."""
MOST_CREDIT_S = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress after a step."""

    done: float
    total: float
    result: Any = None
    """Result so far, picklable; None: nothing new."""


@singledispatch
def steps(task: Task, renderer: Renderer) -> Iterator[Progress]:
    """The steps of a task, each at most some 50 ms of work; register one for each kind of task.

    Closing the iterator cancels it: what must be cleaned up goes into a `finally`.

    Args:
        task: What is to be done.
        renderer: Draws, and holds the networks (`renderer.networks`).

    Raises:
        ValueError, OSError: it cannot be done; the message is one line for the user.
    """
    raise ValueError(f"there is no such work as {type(task).__name__}")


class _Job:
    """A task on its way."""

    def __init__(self, order: JobOrder, renderer: Renderer) -> None:
        self.id, self.task = order.id, order.task.without_content()
        self.paused = False
        self._steps = steps(order.task, renderer)
        self._progress = Progress(0.0, 0.0)
        self._began_at = time.perf_counter()
        self._reported_at = 0.0
        self._stood_s = 0.0
        self._stood_since = 0.0

    def step(self) -> JobReport | None:
        """Go one step; a report if one is due."""
        try:
            progress = next(self._steps)
        except StopIteration:
            return self.report("done")
        except (ValueError, OSError, MemoryError) as error:
            return self.report("failed", error=one_line(error))
        except Exception as error:
            log.exception("%s has failed", self.task.title)
            return self.report("failed", error=f"{type(error).__name__}: {one_line(error)}")
        if progress.result is None:
            progress = Progress(progress.done, progress.total, self._progress.result)
        self._progress = progress
        due = time.perf_counter() - self._reported_at > REPORT_EVERY_S
        return self.report("running") if due else None

    def pause(self) -> JobReport:
        if not self.paused:
            self.paused, self._stood_since = True, time.perf_counter()
        return self.report("paused")

    def resume(self) -> JobReport:
        if self.paused:
            self.paused = False
            self._stood_s += time.perf_counter() - self._stood_since
        return self.report("running")

    def cancel(self) -> JobReport:
        try:
            self._steps.close()  # type: ignore[attr-defined]
        except Exception as error:  # its cleaning up failed: that is what the user must know
            log.exception("%s could not be ended cleanly", self.task.title)
            return self.report("failed", error=one_line(error))
        return self.report("cancelled")

    def report(self, state: JobState, *, error: str = "") -> JobReport:
        self._reported_at = time.perf_counter()
        progress, worked_s = self._progress, self._reported_at - self._began_at - self._stood_s
        left = None
        if state == "running" and 0 < progress.done <= progress.total:
            left = worked_s * (progress.total / progress.done - 1)
        return JobReport(
            self.id, self.task, state, progress.done, progress.total, left, progress.result, error
        )


class JobRunner:
    """The jobs of one process, in turn.

    Args:
        renderer: What they draw with.
        send: Told how they get on.
        refusal: Says why a task is not done; empty if it is.
    """

    def __init__(
        self,
        renderer: Renderer,
        send: Callable[[JobReport], None],
        refusal: Callable[[Task], str] = lambda _task: "",
    ) -> None:
        self._renderer = renderer
        self._send = send
        self._refusal = refusal
        self._jobs: deque[_Job] = deque()
        self._credit_s = 0.0
        self._quiet_until = 0.0

    @property
    def patience_s(self) -> float | None:
        """Return the seconds to wait for a message before the next `step`; None: no job runs."""
        if all(job.paused for job in self._jobs):
            return None
        return 0.0 if self._credit_s > 0 else max(0.0, self._quiet_until - time.perf_counter())

    @property
    def insists(self) -> bool:
        """Return whether a step is due even though requests may be waiting."""
        return self._credit_s > 0 and self.patience_s is not None

    def picture_took(self, seconds: float) -> None:
        """A request has just been answered, in so many seconds."""
        self._credit_s = min(self._credit_s + SHARE * seconds, MOST_CREDIT_S)
        self._quiet_until = time.perf_counter() + GRACE_S

    def take(self, message: JobOrder | JobControl) -> None:
        """Begin a job, or do to one what is asked; one that is gone is left alone."""
        if isinstance(message, JobOrder):
            if reason := self._refusal(message.task):
                told = message.task.without_content()
                self._send(JobReport(message.id, told, "failed", error=reason))
                return
            job = _Job(message, self._renderer)
            self._jobs.append(job)
            self._send(job.report("running"))
            return
        for job in [one for one in self._jobs if one.id == message.id]:
            match message.verb:
                case "pause":
                    self._send(job.pause())
                case "resume":
                    self._send(job.resume())
                case "cancel":
                    self._jobs.remove(job)
                    self._send(job.cancel())

    def step(self) -> None:
        """One step of the job whose turn it is."""
        started, insisted = time.perf_counter(), self.insists
        while self._jobs[0].paused:
            self._jobs.rotate(-1)
        job = self._jobs[0]
        report = job.step()
        self._jobs.rotate(-1)
        if report is not None:
            if not report.at_work:
                self._jobs.remove(job)
            self._send(report)
        spent_s = time.perf_counter() - started
        self._credit_s = self._credit_s - spent_s if insisted else 0.0  # idle time costs nothing
