"""The state on disk, a moment after each change: nothing is lost however the program ends."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

from viz.state.history import leaves
from viz.storage.session import Session, load_session, save_session

if TYPE_CHECKING:
    from pathlib import Path

    from viz.state.app_state import AppState

log = logging.getLogger(__name__)

NAME = "last-session.json"
CALM_S = 2.0
"""Time without a touch after which the state is written."""
LONGEST_S = 10.0
"""Longest time between a touch and the next write, and between a failed write and another try."""


class Autosave:
    """A session file that is kept up to date.

    Args:
        folder: Where it lies.
        state: The state as it is now, which need not be written.
    """

    def __init__(self, folder: Path, state: AppState) -> None:
        self._path = folder / NAME
        self._written = leaves(state)
        self._failed = False
        self._tried_at_s = -math.inf
        self._touched_from_s: float | None = None

    def due_at(self, touched_at_s: float) -> float:
        """Tell when to write next: when the hand rests, but soon enough if it never does.

        Args:
            touched_at_s: When the user last touched anything, on any rising clock.

        Returns:
            The time on the same clock; infinite if nothing has been touched since the last write.
        """
        if touched_at_s <= self._tried_at_s:
            return self._tried_at_s + LONGEST_S if self._failed else math.inf
        if self._touched_from_s is None:
            self._touched_from_s = touched_at_s
        return min(touched_at_s + CALM_S, self._touched_from_s + LONGEST_S)

    def write(self, state: AppState, now_s: float) -> bool:
        """Write the state if it is another than the last one written.

        A disk that refuses is worth one warning; the next call tries again.

        Args:
            state: The state.
            now_s: The time, on the clock of `due_at`.

        Returns:
            Whether it was written.
        """
        self._tried_at_s, self._touched_from_s = now_s, None
        now = leaves(state)
        if now == self._written:
            self._failed = False
            return False
        try:
            save_session(self._path, state)
        except (OSError, ValueError) as error:
            if not self._failed:
                log.warning("the session is not kept: %s", error)
            self._failed = True
            return False
        self._written, self._failed = now, False
        return True


def last_session(folder: Path) -> Session | None:
    """Read what the program was closed with; None the first time, or where it cannot be read."""
    try:
        return load_session(folder / NAME)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("the last session cannot be restored: %s", error)
        return None
