"""Commands about presets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.commands.base import CommandGroup
from viz.storage.preferences import config_folder
from viz.storage.presets import FOLDER, PresetShelf, built_in
from viz.storage.session import Session

if TYPE_CHECKING:
    from gui_utils.window import Window
    from viz.commands.files import FileCommands
    from viz.model.window_model import WindowModel


class PresetCommands(CommandGroup):
    """Commands that open, name, keep and forget presets.

    Args:
        model: What the window knows.
        window: The window.
        files: Goes to sessions.
    """

    def __init__(self, model: WindowModel, window: Window, files: FileCommands) -> None:
        super().__init__(model, window)
        self._files = files
        self._shelf = PresetShelf(config_folder() / FOLDER)

    @property
    def own(self) -> tuple[str, ...]:
        """The names of the user's own presets."""
        return self._shelf.names

    def open(self, name: str) -> None:
        """Start from a preset, one that comes with the program or one of the user's own."""
        preset = built_in(name)
        try:
            session = Session(preset.state(), ()) if preset else self._shelf.load(name)
        except (ValueError, OSError) as error:
            self._model.status.show_error(f"The preset {name} cannot be opened: {error}")
            return
        session.state.view.hint = self._state.view.hint
        session.state.view.reduced_motion = self._state.view.reduced_motion
        session.state.performance = self._state.performance
        self._files.go_to(session, name)

    def ask_for_name(self) -> None:
        """Ask under which name to keep everything that is set."""
        self._model.windows.preset_name = True
        self._window.request_frames()

    def save(self, name: str) -> None:
        """Keep everything that is set under a name."""
        try:
            self._shelf.save(name, self._state)
        except (ValueError, OSError) as error:
            self._model.status.show_error(f"The preset is not saved: {error}.")
            return
        self._model.status.show(f"Saved the preset {name}.")

    def remove(self, name: str) -> None:
        """Forget a preset of the user's own."""
        try:
            self._shelf.remove(name)
        except OSError as error:
            self._model.status.show_error(f"The preset {name} cannot be removed: {error.strerror}.")
            return
        self._model.status.show(f"Removed the preset {name}.")
