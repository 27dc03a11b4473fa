"""The base class of all groups of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from systems.desktop import NoProgramError, open_with_system

if TYPE_CHECKING:
    from pathlib import Path

    from gui_utils.window import Window
    from viz.model.window_model import WindowModel
    from viz.state.app_state import AppState


class CommandGroup:
    """Commands of one kind.

    Args:
        model: What the window knows; commands change it.
        window: The window.
    """

    def __init__(self, model: WindowModel, window: Window) -> None:
        self._model = model
        self._window = window

    @property
    def _state(self) -> AppState:
        """The present state."""
        return self._model.state

    def _open_outside(self, path: Path, told: str) -> None:
        """Open a file or folder with the system's own program, and say so or why not.

        Args:
            path: What to open.
            told: A sentence that names the place.
        """
        try:
            open_with_system(path)
        except NoProgramError as error:
            self._model.status.show_error(f"{told} It is not opened: {error}.")
        else:
            self._model.status.show(told)
