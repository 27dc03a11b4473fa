"""Orders about presets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.commands.base import Orders
from viz.storage.preferences import config_folder
from viz.storage.presets import FOLDER, PresetShelf, built_in
from viz.storage.session import Session

if TYPE_CHECKING:
    from gui_utils.host import GuiHost
    from viz.panels.window.workspace import Workspace
    from viz.state.app_state import AppState


class PresetCommands(Orders):
    """Opens, names, keeps and forgets presets."""

    def __init__(self, state: AppState, host: GuiHost, workspace: Workspace) -> None:
        super().__init__(state, host, workspace)
        self.presets = PresetShelf(config_folder() / FOLDER)

    @property
    def own_presets(self) -> tuple[str, ...]:
        """The names of the user's own presets."""
        return self.presets.names

    def open_preset(self, name: str) -> None:
        """Start from a preset, one that comes with the program or one of the user's own."""
        preset = built_in(name)
        try:
            session = Session(preset.state(), ()) if preset else self.presets.load(name)
        except (ValueError, OSError) as error:
            self.complain(f"The preset {name} cannot be opened: {error}")
            return
        session.state.view.hint = self.ctx.state.view.hint
        session.state.view.reduced_motion = self.ctx.state.view.reduced_motion
        session.state.performance = self.ctx.state.performance
        self.go_to(session, name)

    def name_preset(self) -> None:
        """Ask under which name to keep everything that is set."""
        self._workspace.preset_naming.open()
        self._window.request_frames()

    def save_preset(self, name: str) -> None:
        """Keep everything that is set under a name."""
        try:
            self.presets.save(name, self.ctx.state)
        except (ValueError, OSError) as error:
            self.complain(f"The preset is not saved: {error}.")
            return
        self.say(f"Saved the preset {name}.")

    def remove_preset(self, name: str) -> None:
        """Forget a preset of the user's own."""
        try:
            self.presets.remove(name)
        except OSError as error:
            self.complain(f"The preset {name} cannot be removed: {error.strerror}.")
            return
        self.say(f"Removed the preset {name}.")
