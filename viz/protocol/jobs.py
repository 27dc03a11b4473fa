"""Long work inside the visualizer: what is ordered of the render worker, and what it reports.

A job is a task, a frozen and picklable dataclass, carried out step by step between the pictures
(`viz.render.jobs.runner`), so that pictures keep their rate meanwhile. Here is only the plain data
that travels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pathlib import Path

JobState = Literal["running", "paused", "done", "cancelled", "failed"]
Verb = Literal["pause", "resume", "cancel"]

AT_WORK = ("running", "paused")


@dataclass(frozen=True, slots=True)
class Task:
    """Work for a job; each kind has a frozen dataclass of its own, derived from this."""

    @property
    def title(self) -> str:
        """Name for the status line, as in `EQ of relief-T`."""
        raise NotImplementedError

    @property
    def quiet(self) -> bool:
        """True if the program itself began it: then its end is not reported."""
        return False

    @property
    def is_brief(self) -> bool:
        """True if it ends within a moment: then no list of jobs shows it."""
        return False

    @property
    def writes(self) -> bool:
        """True if it writes to the files that it names: on another machine only where it may."""
        return False

    def without_content(self) -> Task:
        """Return the task as reports carry it back: without what need not travel twice."""
        return self

    def told(self, state: JobState, result: Any) -> str:
        """Return the status line for when it is done or has been cancelled."""
        return f"{self.title}: {state}."

    def made(self, result: Any) -> Path | None:
        """Return the file that it has made, with its last result; None if there is none."""
        return None


@dataclass(frozen=True, slots=True)
class BriefTask(Task):
    """Work of a moment: only whoever asked for it hears of it."""

    @property
    def is_brief(self) -> bool:
        """It is over in a moment."""
        return True


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
    """Progress of a job."""

    id: int
    task: Task
    state: JobState
    done: float = 0.0
    total: float = 0.0
    """In the task's own unit; 0: not known yet."""
    seconds_left: float | None = None
    """None while there is nothing to estimate it from."""
    result: Any = None
    """Partial or final result; its type depends on the task's."""
    error: str = ""
    """One readable line when it has failed."""

    @property
    def at_work(self) -> bool:
        """True while it runs or is paused."""
        return self.state in AT_WORK

    @property
    def fraction(self) -> float | None:
        """Share that is done, 0…1; None while not known."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None
