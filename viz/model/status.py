"""The status line: the last message, what is being read, the state of the worker."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

log = logging.getLogger(__name__)

LASTING_S = 15.0
"""Time after which a line ends that tells of something done."""
WorkerState = Literal["starting", "ready", "stopped"]


def _draw_nothing() -> None:
    """Stand in for a window where there is none."""


@dataclass
class Status:
    """Content of the status bar."""

    message: str = ""
    is_error: bool = False
    loading: str = ""
    """Network that is being read; empty if none is."""
    loading_fraction: float | None = None
    """Fraction of it that has been read, 0…1; None while unknown."""
    worker: WorkerState = "starting"
    made: Path | None = None
    """File that the message tells of; it can be opened from there."""
    redraw: Callable[[], None] = field(default=_draw_nothing, repr=False)
    """Called when there is something new to draw."""
    _holds: Callable[[], bool] | None = field(default=None, repr=False)
    _ends_at_s: float = field(default=math.inf, repr=False)

    def show(self, message: str, *, holds: Callable[[], bool] | None = None) -> None:
        """Put a line into the status bar.

        Args:
            message: The line.
            holds: Returns False once what the line tells is over, which ends it; without it, time
                does.
        """
        self._put(message)
        self._holds = holds
        self._ends_at_s = math.nan if holds is None else math.inf

    def show_lasting(self, message: str, made: Path | None = None) -> None:
        """Put a line into the status bar that stays until the next, and may tell of a file."""
        self._put(message)
        self.made = made

    def show_error(self, message: str) -> None:
        """Put an error into the status bar; it stays until something works again."""
        log.info("told: %s", message)
        self._put(message)
        self.is_error = True

    def end_what_is_over(self, now_s: float) -> float:
        """Take a line away that no longer holds; returns when to look again, in `now_s`'s time."""
        if not self.message:
            return math.inf
        if math.isnan(self._ends_at_s):
            self._ends_at_s = now_s + LASTING_S
        if now_s >= self._ends_at_s or (self._holds is not None and not self._holds()):
            self._put("")
        return self._ends_at_s

    def _put(self, message: str) -> None:
        self.message, self.is_error, self.made = message, False, None
        self._holds, self._ends_at_s = None, math.inf
        self.redraw()
