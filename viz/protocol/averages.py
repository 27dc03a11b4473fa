"""Keeping an average as a network, as a job; `viz.render.jobs.averages` carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from viz.protocol.jobs import JobState, Task


@dataclass(frozen=True, slots=True)
class KeepNetworkTask(Task):
    """Write the network of a source to a file; its result is the file's path."""

    source: str
    """As in `viz.state.inputs.NetworkSlot`."""
    device: str
    path: str
    """File to write, ending in .safetensors."""

    @property
    def title(self) -> str:
        """Name for the status line."""
        return f"keeping {Path(self.path).name}"

    def told(self, state: JobState, result: object) -> str:
        """Return the status line for its end."""
        return f"Saved {self.path}." if state == "done" else f"{self.title}: {state}."

    def made(self, result: object) -> Path | None:
        """Return the file, once it is written."""
        return Path(self.path) if result is not None else None
