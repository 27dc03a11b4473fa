"""Orders given in the window that are no state: open, save, lay out, quit."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from generator.files.run_folders import pick_snapshot
from gui_utils.file_picker import FilePicker
from viz.commands.export import SavingCommands, free_path
from viz.commands.library import LibraryCommands
from viz.commands.presets import PresetCommands
from viz.commands.training import TrainingCommands
from viz.model.comparison import shown_slots
from viz.panels.common import layout
from viz.panels.common.context import LETTERS, Folder
from viz.panels.window.trust_question import Question
from viz.protocol.lab import PICTURE_SUFFIXES
from viz.protocol.latent import read_latent
from viz.protocol.wallpaper import WallpaperTask
from viz.state.flight import atlas_shown
from viz.state.history import History
from viz.state.paths import drop_item
from viz.state.to_request import request_for
from viz.storage import session_files
from viz.storage.download_task import DownloadTask
from viz.storage.log_files import cache_folder, log_folder
from viz.storage.preferences import config_folder
from viz.storage.session import session_text
from viz.storage.session_files import read_session
from viz.storage.sources import NETWORK_SUFFIXES, is_network, is_run_folder, unfamiliar_sources

if TYPE_CHECKING:
    from gui_utils.host import GuiHost
    from viz.panels.window.workspace import Workspace
    from viz.protocol.jobs import Task, Verb
    from viz.state.app_state import AppState
    from viz.worker.client import RenderWorker

log = logging.getLogger(__name__)


class WindowCommands(LibraryCommands, PresetCommands, TrainingCommands, SavingCommands):
    """Carries out the orders of panels, keys, and dropped files.

    Args:
        state: The state to start with; the newest is always `ctx.state`.
        host: The window's Dear ImGui.
        workspace: The panels.
        worker: Does the jobs.
    """

    def __init__(
        self, state: AppState, host: GuiHost, workspace: Workspace, worker: RenderWorker
    ) -> None:
        super().__init__(state, host, workspace)
        ui = self.ctx.ui
        self._worker = worker
        self._picker_slot: int | None = None
        self.history = History(state)
        self.picker = FilePicker(
            ui, "Open", (*NETWORK_SUFFIXES, *session_files.SUFFIXES), is_run_folder
        )
        self.picture_picker = FilePicker(ui, "Open a picture", PICTURE_SUFFIXES)
        self.question = Question()
        self.attempts = 0
        """How often the user has asked to try again."""

    def draw_picker(self) -> None:
        """Draw the file picker if it is open, and open what is chosen."""
        chosen = self.picker.draw(self._workspace.networks.recent)
        if chosen is not None:
            self.open_path(chosen, self._picker_slot)
        picture = self.picture_picker.draw()
        if picture is not None:
            self.open_picture(picture)
        self.draw_data_picker()

    def choose_file(self, slot: int | None) -> None:
        """Open the file picker; the file goes to `slot`, or beside the others if None."""
        self._picker_slot = slot
        recent = self._workspace.networks.recent
        self.picker.open(Path(recent[0]).parent if recent else None)

    def choose_picture(self) -> None:
        """Open the file picker for a picture that goes to the signal lab."""
        self.picture_picker.open()

    def open_picture(self, path: Path) -> None:
        """Take the signal lab's signal from an image file."""
        self.ctx.state.lab.file, self.ctx.state.lab.signal = str(path.absolute()), "picture"
        self._workspace.bring_to_front(layout.LAB)
        self.say(f"{path.name} is in the signal lab.")

    def open_path(self, path: Path, slot: int | None) -> None:
        """Open a network file, a run folder, a session, or a picture that carries none."""
        if path.suffix.lower() in PICTURE_SUFFIXES and not session_files.has_session(path):
            self.open_picture(path)
        elif path.suffix.lower() in session_files.SUFFIXES:
            self.open_session(path)
        elif is_network(path):
            self.open_network(str(path), slot)
        elif self.open_for_training(path):
            pass
        else:
            self.complain(
                f"{path.name} is no network: open a {' or '.join(NETWORK_SUFFIXES)} file, a run "
                "folder, a session, or pictures to train on."
            )

    def open_best(self, slot: int) -> None:
        """Show the best snapshot of the run folder in a slot, in place of its newest."""
        try:
            best = pick_snapshot(Path(self.ctx.state.networks[slot].source), "best")
        except (ValueError, OSError) as error:
            self.complain(f"No best snapshot: {error}.")
            return
        self.open_network(str(best.path), slot)
        self.say(f"Opening {best.path.name}: {best.metric} {best.score:.4g}.")

    def close_network(self, slot: int) -> None:
        """Take a network off the stage."""
        state, label = self.ctx.state, self.ctx.label(slot)
        drop_item(state, "networks", slot)
        state.view.focus = -1
        state.layers.slot = self.ctx.layer_slot
        self.say(f"Closed {label}.")

    def open_session(self, path: Path) -> None:
        """Go to the state kept in a session, a still or a file of latents; the look stays.

        Networks that lie neither beside the file nor among those opened before are asked about.
        """
        if path.suffix.lower() == ".npz" and not session_files.carries_session(path):
            self._open_latent(path)
            return
        try:
            session = read_session(path)
        except ValueError as error:
            self.complain(f"{error}.")
            return
        except OSError as error:
            self.complain(f"{path.name} cannot be opened: {error.strerror}.")
            return
        self._remember(str(path.absolute()))
        unknown = unfamiliar_sources(session.state, path, self._workspace.networks.recent)
        if unknown:
            self.question.ask(path.name, unknown, session)
            self._window.request_frames()
        else:
            self.go_to(session, path.name)

    def _open_latent(self, path: Path) -> None:
        """Go to a latent that some other program has written."""
        try:
            given = read_latent(path)
        except ValueError as error:
            self.complain(f"{error}.")
            return
        except OSError as error:
            self.complain(f"{path.name} cannot be opened: {error.strerror}.")
            return
        self._remember(str(path.absolute()))
        self.ctx.state.edited_latent.given = [given]
        self.say(f"Opened {path.name}: {given.words}.")

    def open_recent(self, source: str) -> None:
        """Open a network, a session or a picture that was opened before."""
        if source.lower().endswith(session_files.SUFFIXES):
            self.open_session(Path(source))
        else:
            self.open_network(source, None)

    def draw_question(self) -> None:
        """Draw what a session from elsewhere asks, if it does, and act on the answer."""
        answer = self.question.draw(self.ctx)
        if answer is None:
            return
        asked, allowed = answer
        if not allowed:
            kept = [one for one in asked.session.state.networks if one.source not in asked.sources]
            asked.session.state.networks = kept or self.ctx.state.networks
        self.go_to(asked.session, asked.name)

    def save_wallpapers(self) -> None:
        """Have the shown networks' planes drawn to PNG files of the screen's size."""
        state = self.ctx.state
        request = request_for(state)
        atlas = atlas_shown(state)
        width, height = self._window.screen_size
        for slot in shown_slots(state):
            letter = LETTERS[slot] if len(state.networks) > 1 else ""
            self.start_job(
                WallpaperTask(
                    request=request,
                    slot=slot,
                    place=(atlas.x, atlas.y),
                    angle_rad=atlas.angle_rad,
                    size=(height, width),
                    path=str(free_path(f"wallpaper{letter}", ".png").resolve()),
                    session=session_text(state),
                )
            )

    def open_folder(self, which: Folder) -> None:
        """Show a folder that the program keeps things in, in the system's own program."""
        folders = {"settings": config_folder, "logs": log_folder, "caches": cache_folder}
        folder = folders[which]()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.complain(f"{folder} cannot be made: {error.strerror}.")
            return
        self.say(f"{which.capitalize()} are in {folder}.")
        self.show_folder(folder)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return self.history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether a change has been taken back."""
        return self.history.can_redo

    def undo(self) -> None:
        """Take the last change back."""
        changed = self.history.undo(self.ctx.state)
        self.say(f"Undone: {_in_words(changed)}." if changed else "Nothing to undo.")

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        changed = self.history.redo(self.ctx.state)
        self.say(f"Done again: {_in_words(changed)}." if changed else "Nothing to do again.")

    def reset_layout(self) -> None:
        """Put every panel where it was at the first start."""
        self._workspace.reset_layout()
        self._window.request_frames()

    def toggle_fullscreen(self) -> None:
        """Fill the screen, or stop filling it."""
        self._window.toggle_fullscreen()

    def show_palette(self) -> None:
        """Open the command palette."""
        self._workspace.palette.open()

    def freeze_pictures(self) -> None:
        """Keep the pictures as they are, to compare later ones with them."""
        self._workspace.stage.pictures.freeze(self.ctx)
        self.say("Frozen. What changes from now on shows as difference.")

    def show_keys(self) -> None:
        """Show or hide the list of keys."""
        self._workspace.keys_shown = not self._workspace.keys_shown

    def cancel_loading(self) -> None:
        """Give up the network that is being read."""
        self._worker.cancel_loading()

    def try_again(self) -> None:
        """Ask once more for what has failed."""
        self.attempts += 1
        self.say("Trying again.")

    def freeze_spectra(self) -> None:
        """Keep the spectra as they are, to compare later ones with them."""
        try:
            frozen = self._workspace.spectrum.spectrum.averages.freeze(self.ctx)
        except ValueError as error:
            self.complain(f"Nothing frozen: {error}.")
            return
        if frozen:
            self.say("Frozen. Spectra from now on are compared with these.")
        else:
            self.complain("Nothing frozen: no spectrum is shown; open the Spectrum panel first.")

    def start_job(self, task: Task) -> int:
        """Have a task done in the background; returns the job's id."""
        if isinstance(task, DownloadTask):
            return self.downloads.start(task)
        return self._worker.start_job(task)

    def control_job(self, job: int, verb: Verb) -> None:
        """Pause a job, let it go on, or cancel it."""
        if job < 0:
            self.downloads.control(job, verb)
        else:
            self._worker.control_job(job, verb)

    def quit(self) -> None:
        """End the program."""
        self._window.ask_to_close()


def _in_words(path: tuple[str, ...]) -> str:
    """A field of the state for people, as in `transform, x`."""
    return ", ".join(name.replace("_", " ") for name in path)
