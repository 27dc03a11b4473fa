"""Long work inside the visualizer: what is ordered of the render worker, and what it reports.

A job is a task, a frozen and picklable dataclass, carried out step by step between the pictures
(`viz.render.jobs.runner`), so that pictures keep their rate meanwhile. Here is only the plain data
that travels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

JobState = Literal["running", "paused", "done", "cancelled", "failed"]
Verb = Literal["pause", "resume", "cancel"]

AT_WORK = ("running", "paused")


@dataclass(frozen=True, slots=True)
class Task:
    """What a job is to do; each kind of work has a frozen dataclass of its own, made of this."""

    @property
    def title(self) -> str:
        """What the status line calls it, as in `EQ of relief-T`."""
        raise NotImplementedError

    @property
    def quiet(self) -> bool:
        """Whether nobody ordered it by hand: then its end is not worth a word."""
        return False

    @property
    def is_brief(self) -> bool:
        """Whether it is over in a moment: then no list of jobs shows it."""
        return False

    def told(self, state: JobState, result: Any) -> str:
        """What the status line says when it is done or has been cancelled."""
        return f"{self.title}: {state}."


@dataclass(frozen=True, slots=True)
class JobOrder:
    """Begin a task."""

    id: int
    task: Task


@dataclass(frozen=True, slots=True)
class JobControl:
    """Pause a job, let it go on, or end it."""

    id: int
    verb: Verb


@dataclass(frozen=True, slots=True, eq=False)
class JobReport:
    """How far a job is."""

    id: int
    task: Task
    state: JobState
    done: float = 0.0
    total: float = 0.0
    """In the task's own unit; 0: not known yet."""
    seconds_left: float | None = None
    """None while there is nothing to estimate it from."""
    result: Any = None
    """What the task has so far, or in the end; its kind depends on the task's."""
    error: str = ""
    """One readable line when it has failed."""

    @property
    def at_work(self) -> bool:
        """Whether it goes on, or could."""
        return self.state in AT_WORK

    @property
    def fraction(self) -> float | None:
        """How much is done, 0…1; None while not known."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None
