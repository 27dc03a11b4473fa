"""The status line: the last message, what is being read, the state of the worker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

log = logging.getLogger(__name__)

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
    redraw: Callable[[], None] = field(default=_draw_nothing, repr=False)
    """Called when there is something new to draw."""

    def show(self, message: str) -> None:
        """Put a line into the status bar."""
        self.message, self.is_error = message, False
        self.redraw()

    def show_error(self, message: str) -> None:
        """Put an error into the status bar; it stays until something works again."""
        log.info("told: %s", message)
        self.message, self.is_error = message, True
        self.redraw()
