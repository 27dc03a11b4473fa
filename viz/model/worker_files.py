"""The folder of the worker's machine that is looked into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from viz.protocol.worker_files import FolderContents

if TYPE_CHECKING:
    from viz.protocol.jobs import JobReport


@dataclass
class WorkerFiles:
    """The folder that is asked for, and what has come."""

    folder: str = ""
    """Path of the folder that is asked for; empty: none yet."""
    contents: FolderContents | None = None
    """The newest that came; None before the first."""
    error: str = ""
    """Why the folder that is asked for cannot be looked into."""
    job: int | None = None
    """The order under way."""

    def take(self, report: JobReport) -> None:
        """Note the answer; one that was overtaken by another question is passed over."""
        if report.at_work or report.id != self.job:
            return
        self.job = None
        if isinstance(report.result, FolderContents):
            self.contents, self.error = report.result, ""
            self.folder = report.result.path
        else:
            self.error = report.error or "The line was lost; try again."

    def forget(self) -> None:
        """Know nothing: another machine computes."""
        self.folder, self.contents, self.error, self.job = "", None, "", None
