"""Orders given in the window that are no state: open, save, lay out, quit."""

from __future__ import annotations

from datetime import datetime
from itertools import chain, count
from pathlib import Path

from gui_utils.file_picker import FilePicker
from gui_utils.host import GuiHost
from gui_utils.widgets import Widgets
from viz import bundled
from viz.history import History
from viz.panels.compare import shown_slots
from viz.panels.context import PanelContext
from viz.panels.workspace import Workspace
from viz.preferences import RECENT_COUNT
from viz.recording.still import write_still
from viz.session import load_session, save_session
from viz.state import MAX_NETWORKS, AppState, NetworkSlot

OUT = Path("out")
"""Where stills and sessions go, under the folder the program was started in."""

NETWORK_SUFFIX = ".safetensors"
SESSION_SUFFIX = ".json"


class WindowCommands:
    """Carries out the orders of panels, keys, and dropped files.

    Args:
        state: The state to start with; the newest is always `ctx.state`.
        host: The window's Dear ImGui.
        workspace: The panels.
    """

    def __init__(self, state: AppState, host: GuiHost, workspace: Workspace) -> None:
        ui = Widgets(host)
        self.ctx = PanelContext(state, host, ui, commands=self)
        self._workspace = workspace
        self._window = host.window
        self._picker_slot: int | None = None
        self.history = History(state)
        self.picker = FilePicker(ui, "Open", (NETWORK_SUFFIX, SESSION_SUFFIX), is_run_folder)

    def draw_picker(self) -> None:
        """Draw the file picker if it is open, and open what is chosen."""
        chosen = self.picker.draw(self._workspace.networks.recent)
        if chosen is not None:
            self.open_path(chosen, self._picker_slot)

    def choose_file(self, slot: int | None) -> None:
        """Open the file picker; the file goes to `slot`, or beside the others if None."""
        self._picker_slot = slot
        recent = self._workspace.networks.recent
        self.picker.open(Path(recent[0]).parent if recent else None)

    def open_path(self, path: Path, slot: int | None) -> None:
        """Open a network file, a run folder or a session file."""
        if path.suffix == SESSION_SUFFIX:
            self.open_session(path)
        elif path.suffix == NETWORK_SUFFIX or is_run_folder(path):
            self.open_network(str(path), slot)
        else:
            self.complain(
                f"{path.name} is no network: open a {NETWORK_SUFFIX} file, a run folder or a "
                "session."
            )

    def open_network(self, source: str, slot: int | None) -> None:
        """Show a network in `slot`, or beside the others if None (the last, when it is full)."""
        networks = self.ctx.state.networks
        if slot is None and len(networks) >= MAX_NETWORKS:
            slot = len(networks) - 1
        if slot is None:
            networks.append(NetworkSlot(source))
        else:
            networks[slot] = NetworkSlot(source)
        if not source.startswith(bundled.PREFIX):
            recent = self._workspace.networks.recent
            if source in recent:
                recent.remove(source)
            recent.insert(0, source)
            del recent[RECENT_COUNT:]
        self.say(f"Opening {bundled.label(source)}.")

    def close_network(self, slot: int) -> None:
        """Take a network off the stage."""
        state, label = self.ctx.state, self.ctx.label(slot)
        del state.networks[slot]
        state.view.focus = -1
        state.layers.slot = self.ctx.layer_slot
        self.say(f"Closed {label}.")

    def open_session(self, path: Path) -> None:
        """Go to the state kept in a session file; the look of the window stays."""
        try:
            session = load_session(path)
        except ValueError as error:
            self.complain(f"{error}.")
            return
        except OSError as error:
            self.complain(f"{path.name} cannot be opened: {error.strerror}.")
            return
        session.state.view.theme = self.ctx.state.view.theme
        session.state.view.ui_scale = self.ctx.state.view.ui_scale
        self.ctx.state = session.state
        self.say("; ".join(session.messages) or f"Opened {path.name}.")

    def save_session(self) -> Path | None:
        """Write the state to a session file under out/; returns its path."""
        path = _free_path("session", SESSION_SUFFIX)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_session(path, self.ctx.state)
        except OSError as error:
            self.complain(f"{path} cannot be written: {error.strerror}")
            return None
        self.say(f"Saved {path}.")
        return path

    def save_still(self) -> Path | None:
        """Write the pictures on the stage, side by side, to a PNG under out/; returns its path."""
        shown = [self.ctx.result_of(slot) for slot in shown_slots(self.ctx.state)]
        pictures = [one.picture for one in shown if one is not None and one.picture is not None]
        path = _free_path("still", ".png")
        try:
            write_still(path, pictures)
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

    def quit(self) -> None:
        """End the program."""
        self._window.ask_to_close()

    def say(self, message: str) -> None:
        """Put a line into the status bar."""
        self._workspace.status.message, self._workspace.status.is_error = message, False
        self._window.request_frames()

    def complain(self, message: str) -> None:
        """Put an error into the status bar; it stays until something works again."""
        self._workspace.status.message, self._workspace.status.is_error = message, True
        self._window.request_frames()


def is_run_folder(path: Path) -> bool:
    """Whether a folder holds networks of a training run."""
    return path.is_dir() and any(path.glob(f"network-*{NETWORK_SUFFIX}"))


def _in_words(path: tuple[str, ...]) -> str:
    """A field of the state for people, as in `transform, x`."""
    return ", ".join(name.replace("_", " ") for name in path)


def _free_path(what: str, suffix: str) -> Path:
    """A path under out/ with the time in its name that no file has yet."""
    name = f"{what}-{datetime.now():%Y%m%d-%H%M%S}"
    endings = chain([""], (f"-{number}" for number in count(2)))
    paths = (OUT / f"{name}{ending}{suffix}" for ending in endings)
    return next(path for path in paths if not path.exists())
