"""Pictures of the user's own: what is asked about them, and how the search for them gets on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from viz.protocol.jobs import JobReport
from viz.protocol.projection import Finding, FindTask
from viz.state.inputs import LatentState, TransformState


@dataclass
class Found:
    """A picture that was found."""

    task: FindTask
    finding: Finding


@dataclass(frozen=True)
class Standing:
    """Latent and transform of a network at some moment."""

    source: str
    """The network."""
    latent: LatentState
    transform: TransformState
    psi: float


@dataclass
class Finder:
    """The pictures that wait for an answer, the one that is looked for, and those found."""

    asked: list[Path] = field(default_factory=list)
    """Dropped pictures for which nothing has been chosen yet."""
    waiting: list[FindTask] = field(default_factory=list)
    """Pictures to be looked for next."""
    job: int | None = None
    """The search under way."""
    report: JobReport | None = None
    """Its newest report."""
    found: list[Found] = field(default_factory=list)
    """Everything found in this session, the newest last."""
    arrived: Found | None = None
    """What has just been found, until the window has gone there."""
    shown: int = -1
    """The one of `found` that the window shows; -1: the search under way."""
    other: Standing | None = None
    """Where the stage stood before it went to what was found; back there, what was found."""
    is_open: bool = False
    """The window of the search is shown."""
    error: str = ""
    """Why the last search failed."""

    @property
    def is_busy(self) -> bool:
        """True while a picture is looked for."""
        return self.job is not None

    @property
    def present(self) -> Finding | None:
        """Newest finding of the search, for the window to show."""
        if 0 <= self.shown < len(self.found):
            return self.found[self.shown].finding
        result = self.report.result if self.report is not None else None
        return result if isinstance(result, Finding) else None

    def take(self, report: JobReport) -> None:
        """Note a report of the search."""
        self.report = report
        if report.at_work:
            return
        self.job = None
        self.error = report.error if report.state == "failed" else ""
        result, task = report.result, report.task
        if (
            report.state == "done"
            and isinstance(result, Finding)
            and result.place is not None
            and isinstance(task, FindTask)
        ):
            self.arrived = Found(task, result)
            self.found.append(self.arrived)
            self.shown = len(self.found) - 1
