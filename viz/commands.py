"""Orders given in the window that are no state: open, save, lay out, quit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from itertools import chain, count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generator.run_folders import pick_snapshot
from gui_utils.clipboard import NoClipboard, copy_picture
from gui_utils.file_picker import FilePicker
from gui_utils.host import GuiHost
from viz import carriers
from viz.atlas_flight import atlas_shown
from viz.carriers import read_session
from viz.fields import drop_item
from viz.given import read_latent
from viz.history import History
from viz.jobs import Task, Verb
from viz.lab.protocol import PICTURE_SUFFIXES
from viz.library import DownloadTask
from viz.library_commands import LibraryCommands
from viz.logs import cache_folder, log_folder
from viz.panels import layout
from viz.panels.compare import shown_slots
from viz.panels.context import LETTERS, Folder
from viz.panels.question import Question
from viz.panels.workspace import Workspace
from viz.preferences import config_folder
from viz.preset_commands import PresetCommands
from viz.protocol import Result
from viz.recording.codecs import write_png
from viz.recording.compose import SLOT_COLOURS, Composer, Tile
from viz.recording.latents import write_latents
from viz.recording.live import LiveFilm, LiveSubject
from viz.recording.scenes import side_by_side
from viz.recording.slit import percent
from viz.recording.spectrum_files import write_window_spectra
from viz.recording.still import joined, write_still
from viz.render.worker import RenderWorker
from viz.requests import request_for
from viz.session import save_session, session_text
from viz.sources import NETWORK_SUFFIXES, is_network, is_run_folder, unfamiliar_sources
from viz.state import AppState
from viz.training_commands import TrainingCommands
from viz.wallpaper import WallpaperTask

log = logging.getLogger(__name__)

LIVE_FPS = 30
"""Films of the window have at most so many frames a second."""
OUT = Path("out")
"""Where stills and sessions go, under the folder the program was started in."""

SESSION_SUFFIX = ".json"


class WindowCommands(LibraryCommands, PresetCommands, TrainingCommands):
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
        self.picker = FilePicker(ui, "Open", (*NETWORK_SUFFIXES, *carriers.SUFFIXES), is_run_folder)
        self.picture_picker = FilePicker(ui, "Open a picture", PICTURE_SUFFIXES)
        self.question = Question()
        self.live: LiveFilm | None = None
        """The film of what happens in the window, while one is made."""
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
        if path.suffix.lower() in PICTURE_SUFFIXES and not carriers.has_session(path):
            self.open_picture(path)
        elif path.suffix.lower() in carriers.SUFFIXES:
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
        if path.suffix.lower() == ".npz" and not carriers.carries_session(path):
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
        if source.lower().endswith(carriers.SUFFIXES):
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

    def save_session(self) -> Path | None:
        """Write the state to a session file under out/; returns its path."""
        path = _free_path("session", SESSION_SUFFIX)

        def write() -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_session(path, self.ctx.state)

        return self._written(path, write)

    def save_still(self) -> Path | None:
        """Write the pictures on the stage, with their session, to a PNG; returns its path."""
        path = _free_path("still", ".png")
        session = session_text(self.ctx.state)
        return self._written(path, lambda: write_still(path, self._shown_pictures(), session))

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
                    path=str(_free_path(f"wallpaper{letter}", ".png").resolve()),
                    session=session_text(state),
                )
            )

    def save_latents(self) -> Path | None:
        """Write z, w and the session to a NumPy archive; returns its path."""
        path, result = _free_path("latents", ".npz"), self.ctx.result
        if result is None:
            self.complain("Nothing saved: there is no picture yet.")
            return None
        session = session_text(self.ctx.state)
        return self._written(path, lambda: write_latents(path, result, session))

    def copy_pictures(self) -> None:
        """Put the pictures on the stage, side by side, on the clipboard."""
        try:
            copy_picture(joined(self._shown_pictures()))
        except (NoClipboard, ValueError) as error:
            self.complain(f"Nothing copied: {error}.")
            return
        self.say("The pictures are on the clipboard.")

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

    def _shown_pictures(self) -> list[NDArray[np.uint8]]:
        shown = [self.ctx.result_of(slot) for slot in shown_slots(self.ctx.state)]
        return [one.picture for one in shown if one is not None and one.picture is not None]

    def _written(self, path: Path, write: Callable[[], None]) -> Path | None:
        """Write a file and say so, or why not."""
        try:
            write()
        except ValueError as error:
            self.complain(f"Nothing saved: {error}.")
            return None
        except OSError as error:
            self.complain(f"{path} cannot be written: {error.strerror}")
            return None
        self.say(f"Saved {path}.")
        return path

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
        if self._workspace.spectrum.spectrum.averages.freeze(self.ctx):
            self.say("Frozen. Spectra from now on are compared with these.")
        else:
            self.complain("Nothing frozen: no spectrum is shown; open the Spectrum panel first.")

    def save_spectra(self, suffix: str) -> Path | None:
        """Write the spectra to a `.png`, `.csv` or `.npz` file under out/; returns its path."""
        path = _free_path("spectrum", suffix)
        shown = self._workspace.spectrum.spectrum.averages.named(self.ctx)
        return self._written(path, lambda: write_window_spectra(path, shown))

    def film_live(self, of: LiveSubject) -> None:
        """Film the window or the pictures from now on, or end that."""
        if self.live is not None:
            self.end_film()
            return
        path, recording = _free_path(of, ".mp4"), self.ctx.state.recording
        fps = min(recording.fps, LIVE_FPS)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.live = LiveFilm(path, of, fps=fps, session=session_text(self.ctx.state))
        except OSError as error:
            self.complain(f"{path} cannot be written: {error.strerror}")
            return
        self.say(f"Filming the {of} to {path}. Shift+R ends it.")

    def film_window(self) -> None:
        """Hand the frame that has just been drawn to a film of the window."""
        if self.live is not None and self.live.of == "window" and self.live.due:
            pixels = self._window.read_pixels()
            self.live.offer(lambda: pixels)
        if self.live is not None and self.live.error:
            self.end_film()

    def film_result(self, result: Result) -> None:
        """Hand what has just been drawn to a film of the pictures."""
        if self.live is not None and self.live.of == "pictures":
            state = self.ctx.state
            self.live.offer(lambda: side_by_side(state, result))

    def end_film(self) -> None:
        """End the film of window or pictures, if there is one."""
        if self.live is not None:
            live, self.live = self.live, None
            told, failed = live.stop(), bool(live.error)
            (self.complain if failed else self.say)(f"{told[0].upper()}{told[1:]}.")

    def save_slit_scan(self) -> None:
        """Write the live slit scans, one above the other, to a PNG with the session."""
        images = self._workspace.slit_scan.images()
        path, session = _free_path("slit-scan", ".png"), session_text(self.ctx.state)
        tiles = [
            Tile(
                image,
                title=self.ctx.label(slot),
                letter=LETTERS[slot],
                facts=f"sticking {percent(share)}, {image.shape[1]} pictures",
                colour=SLOT_COLOURS[slot],
            )
            for slot, image, share in images
            if slot < len(self.ctx.state.networks)
        ]

        def write() -> None:
            if not tiles:
                raise ValueError("nothing has been scanned yet; press S and let something move")
            path.parent.mkdir(parents=True, exist_ok=True)
            write_png(path, Composer(1, size="native").compose(tiles), session)

        self._written(path, write)

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


def _free_path(what: str, suffix: str) -> Path:
    """A path under out/ with the time in its name that no file has yet."""
    name = f"{what}-{datetime.now():%Y%m%d-%H%M%S}"
    endings = chain([""], (f"-{number}" for number in count(2)))
    paths = (OUT / f"{name}{ending}{suffix}" for ending in endings)
    return next(path for path in paths if not path.exists())
