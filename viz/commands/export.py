"""Orders that write files: sessions, stills, latents, spectra, slit scans, films of the window."""

from __future__ import annotations

from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from gui_utils.clipboard import NoClipboardError, copy_picture
from viz.commands.base import Orders
from viz.export.codecs import write_png
from viz.export.live_film import LiveFilm, LiveSubject
from viz.export.spectrum_files import write_window_spectra
from viz.export.still import joined, write_still
from viz.model.comparison import shown_slots
from viz.panels.common.context import LETTERS
from viz.protocol.slit_scan import percent
from viz.recording.compose import SLOT_COLOURS, Composer, Tile
from viz.recording.scenes import shown_tiles, side_by_side
from viz.storage.latents import write_latents
from viz.storage.session import save_session, session_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from gui_utils.host import GuiHost
    from viz.panels.window.workspace import Workspace
    from viz.protocol.result import Result
    from viz.state.app_state import AppState

LIVE_FPS = 30
"""Films of the window have at most so many frames a second."""
OUT = Path("out")
"""Where stills and sessions go, under the folder the program was started in."""
SESSION_SUFFIX = ".json"


class SavingCommands(Orders):
    """Writes what is set and what is shown to files under out/."""

    def __init__(self, state: AppState, host: GuiHost, workspace: Workspace) -> None:
        super().__init__(state, host, workspace)
        self.live: LiveFilm | None = None
        """The film of what happens in the window, while one is made."""

    def save_session(self) -> Path | None:
        """Write the state to a session file under out/; returns its path."""
        path = free_path("session", SESSION_SUFFIX)

        def write() -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_session(path, self.ctx.state)

        return self._written(path, write)

    def save_still(self) -> Path | None:
        """Write the pictures on the stage, with their session, to a PNG; returns its path."""
        path = free_path("still", ".png")
        session = session_text(self.ctx.state)
        return self._written(path, lambda: write_still(path, self._shown_pictures(), session))

    def save_latents(self) -> Path | None:
        """Write z, w and the session to a NumPy archive; returns its path."""
        path, result = free_path("latents", ".npz"), self.ctx.result
        if result is None:
            self.complain("Nothing saved: there is no picture yet.")
            return None
        session = session_text(self.ctx.state)
        return self._written(path, lambda: write_latents(path, result, session))

    def copy_pictures(self) -> None:
        """Put the pictures on the stage, side by side, on the clipboard."""
        try:
            copy_picture(joined(self._shown_pictures()))
        except (NoClipboardError, ValueError) as error:
            self.complain(f"Nothing copied: {error}.")
            return
        self.say("The pictures are on the clipboard.")

    def save_spectra(self, suffix: str) -> Path | None:
        """Write the spectra to a `.png`, `.csv` or `.npz` file under out/; returns its path."""
        path = free_path("spectrum", suffix)
        shown = self._workspace.spectrum.spectrum.averages.named(self.ctx)
        return self._written(path, lambda: write_window_spectra(path, shown))

    def film_live(self, of: LiveSubject) -> None:
        """Film the window or the pictures from now on, or end that."""
        if self.live is not None:
            self.end_film()
            return
        path, recording = free_path(of, ".mp4"), self.ctx.state.recording
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
            # Made now: the state goes on changing while the film's thread composes.
            tiles = shown_tiles(self.ctx.state, result)
            if tiles:
                self.live.offer(lambda: side_by_side(tiles))

    def end_film(self) -> None:
        """End the film of window or pictures, if there is one."""
        if self.live is not None:
            live, self.live = self.live, None
            told, failed = live.stop(), bool(live.error)
            (self.complain if failed else self.say)(f"{told[0].upper()}{told[1:]}.")

    def save_slit_scan(self) -> None:
        """Write the live slit scans, one above the other, to a PNG with the session."""
        images = self._workspace.slit_scan.images()
        path, session = free_path("slit-scan", ".png"), session_text(self.ctx.state)
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


def free_path(what: str, suffix: str) -> Path:
    """A path under out/ with the time in its name that no file has yet."""
    name = f"{what}-{datetime.now():%Y%m%d-%H%M%S}"
    endings = chain([""], (f"-{number}" for number in count(2)))
    paths = (OUT / f"{name}{ending}{suffix}" for ending in endings)
    return next(path for path in paths if not path.exists())
