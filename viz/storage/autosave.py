"""The state on disk, a moment after each change: nothing is lost however the program ends."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from viz.state.history import leaves
from viz.storage.session import Session, load_session, save_session

if TYPE_CHECKING:
    from pathlib import Path

    from viz.state.app_state import AppState

log = logging.getLogger(__name__)

NAME = "last-session.json"
CALM_S = 2.0
"""It is written once nothing has changed for so long."""


class Autosave:
    """Keeps one session file up to date.

    Args:
        folder: Where it lies.
        state: As it is now, which need not be written.
    """

    def __init__(self, folder: Path, state: AppState) -> None:
        self._path = folder / NAME
        self._written = leaves(state)
        self._failed = False

    def write(self, state: AppState) -> bool:
        """Write the state if it is another than the last one; returns whether it was written.

        A disk that does not let us is worth one warning.
        """
        now = leaves(state)
        if now == self._written:
            return False
        self._written = now
        try:
            save_session(self._path, state)
        except (OSError, ValueError) as error:
            if not self._failed:
                log.warning("the session is not kept: %s", error)
            self._failed = True
            return False
        self._failed = False
        return True


def last_session(folder: Path) -> Session | None:
    """What the program was closed with; None the first time, or where it cannot be read."""
    try:
        return load_session(folder / NAME)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("the last session cannot be restored: %s", error)
        return None
