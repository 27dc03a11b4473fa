"""Commands that write files: sessions, stills, latents, spectra, scans, wallpapers, films."""

from __future__ import annotations

from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from gui_utils.theme import PALETTES, hex_code
from systems.desktop import NoClipboardError, copy_picture
from viz.commands.base import CommandGroup
from viz.export.chart_pictures import Look, write_chart
from viz.export.charts import Chart, csv_text
from viz.export.codecs import write_png
from viz.export.live_film import LiveFilm, LiveSubject
from viz.export.spectrum_files import write_window_spectra
from viz.export.still import joined, write_still
from viz.model.comparison import shown_slots
from viz.protocol.names import LETTERS
from viz.protocol.slit_scan import percent
from viz.protocol.wallpaper import WallpaperTask
from viz.recording.command_text import film_command, images_command, session_command
from viz.recording.compose import SLOT_COLOURS, Composer, Tile
from viz.recording.scenes import shown_tiles, side_by_side
from viz.state.animation import is_moving
from viz.state.flight import atlas_shown
from viz.state.to_request import request_for
from viz.storage.latents import write_direction, write_latents
from viz.storage.session import save_session, session_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from gui_utils.window import Window
    from viz.model.window_model import WindowModel
    from viz.protocol.latent import GivenLatent
    from viz.protocol.result import Result

LIVE_FPS = 30
"""Films of the window have at most so many frames a second."""
OUT = Path("out")
"""Folder of stills and sessions, under the one the program was started in."""
SESSION_SUFFIX = ".json"


class ExportCommands(CommandGroup):
    """Commands that write the state and the pictures to files under out/."""

    def __init__(self, model: WindowModel, window: Window) -> None:
        super().__init__(model, window)
        self.live: LiveFilm | None = None
        """The film of what happens in the window, while one is made."""

    def session(self) -> Path | None:
        """Write the state to a session file under out/; returns its path."""
        path = free_path("session", SESSION_SUFFIX)

        def write() -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_session(path, self._state)

        return self._written(path, write)

    def still(self, only: int | None = None) -> Path | None:
        """Write the pictures on the stage, with their session, to a PNG; returns its path.

        Args:
            only: The slot of the one picture to write; None: all that are shown.
        """
        path = free_path("still", ".png")
        session = session_text(self._state)
        return self._written(path, lambda: write_still(path, self._shown_pictures(only), session))

    def latents(self) -> Path | None:
        """Write z, w and the session to a NumPy archive; returns its path."""
        path, result = free_path("latents", ".npz"), self._model.result
        if result is None:
            self._model.status.show_error("Nothing saved: there is no picture yet.")
            return None
        session = session_text(self._state)
        return self._written(path, lambda: write_latents(path, result, session))

    def direction(self, given: GivenLatent) -> Path | None:
        """Write a direction to a NumPy archive under out/; returns its path."""
        path = free_path("direction", ".npz")
        return self._written(path, lambda: write_direction(path, given))

    def copy_pictures(self, only: int | None = None) -> None:
        """Put the pictures on the stage, side by side, or one of them, on the clipboard."""
        try:
            copy_picture(joined(self._shown_pictures(only)))
        except (NoClipboardError, ValueError) as error:
            self._model.status.show_error(f"Nothing copied: {error}.")
            return
        told = "pictures are" if only is None else "picture is"
        self._model.status.show(f"The {told} on the clipboard.")

    def copy_command(self) -> None:
        """Put the command line that draws or films what is shown on the clipboard."""
        status, state = self._model.status, self._state
        if is_moving(state):
            command, told = film_command(state), "from the beginning of its round"
            if command is None:
                path = self.session()
                if path is None:
                    return
                command, told = session_command(path), f"by the session {path}"
            self._window.copy_text(command)
            status.show(f"The command that films this, {told}, is on the clipboard.")
            return
        summaries = map(self._model.summary_of, range(len(state.networks)))
        classes = any(one is not None and one.c_dim for one in summaries)
        request = request_for(state, maps=False, spectrum=False)
        drawn = images_command(request, shown_slots(state), classes=classes)
        self._window.copy_text(drawn.text)
        missing = f", without {', '.join(drawn.left_out)}" if drawn.left_out else ""
        status.show(f"The command that draws these pictures is on the clipboard{missing}.")

    def spectra(self, suffix: str) -> Path | None:
        """Write the spectra to a `.png`, `.csv` or `.npz` file under out/; returns its path."""
        path = free_path("spectrum", suffix)
        palette = PALETTES[self._state.view.theme]
        shown = {
            name: (spectrum, hex_code(palette.dim if slot is None else palette.series[slot]))
            for name, spectrum, slot in self._model.spectra.named()
        }
        return self._written(path, lambda: write_window_spectra(path, shown))

    def copy_figures(self, chart: Chart) -> None:
        """Put all samples of a chart on the clipboard as CSV."""
        self._window.copy_text(csv_text(chart))
        self._model.status.show("The figures are on the clipboard.")

    def chart(self, chart: Chart, suffix: str) -> Path | None:
        """Write a chart to a `.csv`, `.png` or `.svg` file under out/; returns its path."""
        path, view = free_path(chart.name, suffix), self._state.view
        palette = PALETTES[view.theme]
        look = Look(back=palette.stage, text=palette.dim, line=palette.line)

        def write() -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            if suffix == ".csv":
                path.write_text(csv_text(chart), encoding="utf-8")
                return
            free = view.free_axes and chart.shared
            write_chart(path, chart, look, free=free, session=session_text(self._state))

        return self._written(path, write)

    def film_live(self, of: LiveSubject) -> None:
        """Film the window or the pictures from now on, or end that."""
        if self.live is not None:
            self.end_film()
            return
        path, recording = free_path(of, ".mp4"), self._state.recording
        fps = min(recording.fps, LIVE_FPS)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.live = LiveFilm(path, of, fps=fps, session=session_text(self._state))
        except OSError as error:
            self._model.status.show_error(f"{path} cannot be written: {error.strerror}")
            return
        self._model.status.show(
            f"Filming the {of} to {path}. Shift+R ends it.", holds=lambda: self.live is not None
        )

    def film_window(self) -> None:
        """Hand the frame that has just been drawn to a film of the window."""
        if self.live is not None and self.live.of == "window" and self.live.due:
            pixels = self._window.read_pixels()
            self.live.offer(lambda: pixels)
        if self.live is not None and self.live.error:
            self.end_film()

    def film_result(self, result: Result) -> None:
        """Hand what has just been drawn to a film of the pictures."""
        if any(one.quality == "draft" for one in result.networks):
            return
        if self.live is not None and self.live.of == "pictures":
            # Made now: the state goes on changing while the film's thread composes.
            tiles = shown_tiles(self._state, result)
            if tiles:
                self.live.offer(lambda: side_by_side(tiles))

    def end_film(self) -> None:
        """End the film of window or pictures, if there is one."""
        if self.live is not None:
            live, self.live = self.live, None
            told, status = live.stop(), self._model.status
            told = f"{told[0].upper()}{told[1:]}."
            if live.error:
                status.show_error(told)
            else:
                self._model.made.note(live.path)
                status.show_lasting(told, live.path)

    def slit_scan(self) -> None:
        """Write the live slit scans, one above the other, to a PNG with the session."""
        images = self._model.slit_scans.images()
        path, session = free_path("slit-scan", ".png"), session_text(self._state)
        tiles = [
            Tile(
                image,
                title=self._model.label(slot),
                letter=LETTERS[slot],
                facts=f"sticking {percent(share)}, {image.shape[1]} pictures",
                colour=SLOT_COLOURS[slot],
            )
            for slot, image, share in images
            if slot < len(self._state.networks)
        ]

        def write() -> None:
            if not tiles:
                raise ValueError("nothing has been scanned yet; press S and let something move")
            path.parent.mkdir(parents=True, exist_ok=True)
            write_png(path, Composer(1, size="native").compose(tiles), session)

        self._written(path, write)

    def wallpapers(self) -> None:
        """Have the shown networks' planes drawn to PNG files of the screen's size."""
        state = self._state
        request = request_for(state)
        atlas = atlas_shown(state)
        width, height = self._window.screen_size
        for slot in shown_slots(state):
            letter = LETTERS[slot] if len(state.networks) > 1 else ""
            self._model.jobs.start(
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

    def _shown_pictures(self, only: int | None = None) -> list[NDArray[np.uint8]]:
        slots = shown_slots(self._state) if only is None else [only]
        shown = [self._model.full_result_of(slot) for slot in slots]
        return [one.picture for one in shown if one is not None and one.picture is not None]

    def _written(self, path: Path, write: Callable[[], None]) -> Path | None:
        """Write a file and say so, or why not."""
        try:
            write()
        except ValueError as error:
            self._model.status.show_error(f"Nothing saved: {error}.")
            return None
        except OSError as error:
            self._model.status.show_error(f"{path} cannot be written: {error.strerror}")
            return None
        self._model.made.note(path)
        self._model.status.show_lasting(f"Saved {path}.", path)
        return path


def free_path(what: str, suffix: str) -> Path:
    """Find a path under out/, with the time in its name, that no file has yet."""
    name = f"{what}-{datetime.now():%Y%m%d-%H%M%S}"
    endings = chain([""], (f"-{number}" for number in count(2)))
    paths = (OUT / f"{name}{ending}{suffix}" for ending in endings)
    return next(path for path in paths if not path.exists())
