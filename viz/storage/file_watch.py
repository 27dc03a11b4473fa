"""Networks that change on disk while they are shown: a training writes its next snapshot."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from viz.storage import bundled
from viz.storage.average_sources import file_of

if TYPE_CHECKING:
    from collections.abc import Iterable

LOOK_EVERY_S = 1.0


class SourceWatch:
    """A watch over the files and folders of sources.

    A folder's date changes with the files in it, not with what is written into them: one look costs
    microseconds, however much a run folder holds.
    """

    def __init__(self) -> None:
        self._dates: dict[str, int | None] = {}
        self.due_at = float("-inf")
        """Time of the next look, on the clock of `now_s`; infinite while nothing is watched."""

    def has_changed(self, sources: Iterable[str], now_s: float) -> bool:
        """Return whether a source has changed since the last look; looks once a second.

        Args:
            sources: As in `viz.state.inputs.NetworkSlot`; the program's own are not watched.
            now_s: The time, in seconds on any rising clock.
        """
        watched = {source for source in sources if not source.startswith(bundled.PREFIX)}
        if now_s < self.due_at and watched <= self._dates.keys():
            return False
        dates = {source: _date(source) for source in watched}
        changed = any(self._dates.get(source, date) != date for source, date in dates.items())
        self._dates = dates
        self.due_at = now_s + LOOK_EVERY_S if watched else float("inf")
        return changed


def _date(source: str) -> int | None:
    """Return when a file or folder was changed last, in nanoseconds; None if there is none."""
    try:
        return os.stat(os.path.expanduser(file_of(source))).st_mtime_ns
    except (OSError, ValueError):
        return None
