"""A recording as work in the background."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viz.protocol.jobs import JobState, Task
from viz.state.app_state import AppState

if TYPE_CHECKING:
    from viz.recording.record import Recorded


@dataclass(frozen=True, slots=True)
class RecordTask(Task):
    """Record what `state.recording` describes; its results are `Recorded`."""

    state: AppState
    """A copy of its own: it goes into the file."""
    path: Path

    @property
    def title(self) -> str:
        """Name of the job."""
        return f"recording {self.path.name}"

    @property
    def writes(self) -> bool:
        """It makes a file."""
        return True

    def told(self, state: JobState, result: Recorded | None) -> str:
        """Line that says how the recording ended; empty while it is under way."""
        if result is not None and result.message:
            return f"{result.message[0].upper()}{result.message[1:]}."
        kept = result is not None and Path(result.path).exists()
        left = f"{result.path} holds what was encoded" if kept and result else "nothing was kept"
        return f"{self.title}: {state}; {left}."

    def made(self, result: Recorded | None) -> Path | None:
        """Return the recorded file, if it was kept."""
        path = None if result is None else Path(result.path)
        return path if path is not None and path.exists() else None
