"""The base class of all groups of commands."""

from __future__ import annotations

import webbrowser
from typing import TYPE_CHECKING

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


def show_folder(folder: Path) -> None:
    """Show a folder in the system's own program."""
    show_file(folder)


def show_file(path: Path) -> bool:
    """Show a file in the system's own program; return False if there is none for it."""
    try:
        return webbrowser.open(path.absolute().as_uri())
    except (OSError, webbrowser.Error):
        return False
