"""The monitor's sample grids: the history of the chosen run, with a scrubber."""

from pathlib import Path

import dearpygui.dearpygui as dpg
import numpy as np
from PIL import Image

from train.runs.reader import Run

LARGEST_PX = 1536


class Pictures:
    """The tab of sample grids."""

    def __init__(self) -> None:
        self._samples: tuple[tuple[int, Path], ...] = ()
        self._texture: int | None = None
        self._shown: tuple[Path, int] | None = None
        self._size = (0, 0)
        self._newest = True
        """True while the newest grid is shown, and those that follow it."""

    def build(self) -> None:
        """Add the scrubber and the picture to the current container."""
        with dpg.group(horizontal=True):
            dpg.add_button(label="<", tag="older", callback=lambda: self.step(-1))
            dpg.add_slider_int(
                tag="scrubber", width=-240, format="", callback=lambda _tag, at: self._scrub(at)
            )
            dpg.add_button(label=">", tag="newer", callback=lambda: self.step(1))
            dpg.add_text("", tag="scrubbed")
        with dpg.tooltip("scrubber"):
            dpg.add_text("The history of the grid: drag, or use the arrow keys.")
        dpg.add_text("", tag="no pictures")
        with dpg.child_window(tag="grid place", border=False, no_scrollbar=True):
            pass

    def show(self, run: Run | None) -> None:
        """Show the grids of a run, the newest unless another was chosen."""
        samples = run.samples if run is not None else ()
        if samples[:1] != self._samples[:1]:
            self._newest = True
        self._samples = samples
        at = len(samples) - 1 if self._newest else min(self._index, len(samples) - 1)
        dpg.configure_item("scrubber", max_value=max(len(samples) - 1, 0), enabled=bool(samples))
        dpg.set_value("scrubber", max(at, 0))
        self._draw()

    def step(self, by: int) -> None:
        """Go to an older or a newer grid."""
        self._scrub(min(max(self._index + by, 0), max(len(self._samples) - 1, 0)))

    def fit(self) -> None:
        """Let the picture fill its place; called once a frame."""
        if self._texture is None or not dpg.does_item_exist("grid"):
            return
        room = dpg.get_item_rect_size("grid place")
        wide, high = self._size
        factor = min(room[0] / wide, room[1] / high)
        if factor > 0:
            dpg.configure_item("grid", width=int(wide * factor), height=int(high * factor))

    @property
    def _index(self) -> int:
        return int(dpg.get_value("scrubber"))

    def _scrub(self, at: int) -> None:
        dpg.set_value("scrubber", at)
        self._newest = at >= len(self._samples) - 1
        self._draw()

    def _draw(self) -> None:
        if not self._samples:
            self._clear("Its first pictures come with the first snapshot.")
            dpg.set_value("scrubbed", "")
            return
        kimg, path = self._samples[min(self._index, len(self._samples) - 1)]
        place = f"{self._index + 1} of {len(self._samples)}"
        dpg.set_value("scrubbed", f"{kimg:6d} kimg    {place}")
        try:
            shown = (path, path.stat().st_mtime_ns)
            if shown == self._shown:
                return
            pixels = _pixels(path)
        except (OSError, ValueError) as error:
            self._clear(f"{path.name} cannot be shown: {error}")
            return
        dpg.set_value("no pictures", "")
        self._put(pixels)
        self._shown = shown

    def _put(self, pixels: np.ndarray) -> None:
        high, wide = pixels.shape[:2]
        if self._texture is not None and self._size == (wide, high):
            dpg.set_value(self._texture, pixels)
            return
        self._clear("")
        with dpg.texture_registry():
            self._texture = int(
                dpg.add_raw_texture(wide, high, pixels, format=dpg.mvFormat_Float_rgba)
            )
        self._size = (wide, high)
        dpg.add_image(self._texture, tag="grid", parent="grid place", width=wide, height=high)

    def _clear(self, why: str) -> None:
        dpg.set_value("no pictures", why)
        if dpg.does_item_exist("grid"):
            dpg.delete_item("grid")
        if self._texture is not None:
            dpg.delete_item(self._texture)
        self._texture = self._shown = None


def _pixels(path: Path) -> np.ndarray:
    """Convert a picture to what textures take, [height, width, 4] float32 in 0..1.

    Raises:
        OSError, ValueError: it is no whole picture.
    """
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGBA")
    except (SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(str(error)) from error
    picture.thumbnail((LARGEST_PX, LARGEST_PX))
    return np.ascontiguousarray(np.asarray(picture, np.float32) / 255)
