"""Textures for the atlas: tiles on sheets, prepared for the size they are shown at.

A texture for every tile would be thousands of draws, and the graphics backend neither shrinks nor
enlarges well. So tiles are pasted on sheets of some 450 pixels a side, shrunk or repeated to within
a factor of two of the size on the screen. Sheets can be made again from the tiles at any time; few
milliseconds a frame are spent on them.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gui_utils.texture import Texture
from viz.protocol.tiles import Grid, Plane, TileId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.model.tile_store import TileStore

SHEET_PX = 512
"""No sheet is larger, except one that holds a single large tile."""
LARGEST_REPEAT = 16
LIMIT_BYTES = 160_000_000
"""Of all sheets in graphics memory."""
FRAME_BUDGET_S = 0.004
"""So long at most in one frame is spent on pasting tiles."""


class Zoom(NamedTuple):
    """How tiles are prepared."""

    shrink: int
    """Halved so often."""
    repeat: int
    """Enlarged so many times."""
    smooth: bool

    @property
    def factor(self) -> float:
        """Pixels of the sheet for each of the tile."""
        return self.repeat / 2**self.shrink


def zoom_for(scale: float, step_px: int, *, smooth: bool) -> Zoom:
    """How tiles are prepared to be shown at `scale` screen pixels for each of theirs.

    Args:
        scale: Screen pixels per pixel of a tile.
        step_px: Side of a tile, which can be halved while it is even.
        smooth: Enlarge bicubically instead of showing pixels as squares.
    """
    if scale < 1:
        most = (step_px & -step_px).bit_length() - 1
        return Zoom(min(most, math.floor(-math.log2(scale))), 1, smooth)
    if scale < 2 and not smooth:
        return Zoom(0, 1, smooth)
    return Zoom(0, min(LARGEST_REPEAT, 2 ** math.ceil(math.log2(scale) - 1e-6)), smooth)


class SheetId(NamedTuple):
    """A sheet: which plane, how prepared, and where."""

    plane: Plane
    level: int
    zoom: Zoom
    column: int
    row: int


@dataclass
class Sheet:
    """A texture with some tiles on it."""

    texture: Texture
    pasted: NDArray[np.bool_]
    """Which tiles are on it, [rows, columns]."""
    version: int = -1
    """Of the plane, when all of its tiles were on the sheet."""


class Sheets:
    """Keeps sheets in bounded graphics memory.

    Args:
        store: Where the tiles are.
    """

    def __init__(self, store: TileStore) -> None:
        self._store = store
        self._sheets: OrderedDict[SheetId, Sheet] = OrderedDict()
        self.bytes = 0
        self.behind = False
        """Whether tiles are left to be pasted in the next frame."""
        self._until = 0.0

    def begin_frame(self) -> None:
        """Begin to count the time spent in this frame."""
        self._until = time.perf_counter() + FRAME_BUDGET_S
        self.behind = False

    def across(self, grid: Grid, zoom: Zoom) -> int:
        """Tiles along the side of a sheet."""
        return max(1, 1 << max(0, math.floor(math.log2(SHEET_PX / (grid.step_px * zoom.factor)))))

    def get(self, name: SheetId, grid: Grid, *, paste: bool = True) -> Sheet | None:
        """The sheet with all tiles there are, as far as there was time; None if there is none yet.

        Args:
            name: Which.
            grid: Of its plane.
            paste: Whether to look for new tiles; else it is taken as it is.
        """
        sheet = self._sheets.get(name)
        version = self._store.version(name.plane)
        if paste and (sheet is None or sheet.version != version):
            sheet = self._bring_up_to_date(name, sheet, grid, version)
        if sheet is not None:
            self._sheets.move_to_end(name)
        return sheet

    def free(self) -> None:
        """Give the textures back."""
        for sheet in self._sheets.values():
            sheet.texture.free()
        self._sheets.clear()
        self.bytes = 0

    def _bring_up_to_date(
        self, name: SheetId, sheet: Sheet | None, grid: Grid, version: int
    ) -> Sheet | None:
        across = self.across(grid, name.zoom)
        for tile in self._lacking(name, sheet, across):
            if time.perf_counter() > self._until:
                self.behind = True
                return sheet
            pixels = self._store.get(name.plane, tile)
            if pixels is None:
                continue
            if sheet is None:
                sheet = self._new(name, grid, across)
            prepared = prepare(pixels, grid.step_px, name.zoom)
            side = prepared.shape[0]
            left, top = (tile.column % across) * side, (tile.row % across) * side
            sheet.texture.paste(prepared, left, top)
            sheet.pasted[tile.row % across, tile.column % across] = True
        if sheet is not None:
            sheet.version = version
        return sheet

    def _lacking(self, name: SheetId, sheet: Sheet | None, across: int) -> Iterator[TileId]:
        """The tiles that are in the store and not on the sheet."""
        columns = range(name.column * across, (name.column + 1) * across)
        rows = range(name.row * across, (name.row + 1) * across)
        there = self._store.present(name.plane, name.level, columns, rows)
        if sheet is not None:
            there &= ~sheet.pasted
        for y, x in np.argwhere(there):
            yield TileId(name.level, columns.start + int(x), rows.start + int(y))

    def _new(self, name: SheetId, grid: Grid, across: int) -> Sheet:
        side = round(across * grid.step_px * name.zoom.factor)
        red, green, blue = self._store.mean_colour(name.plane) or (0, 0, 0)
        texture = Texture()
        blank = np.empty((side, side, 4), np.uint8)
        blank[:] = (red, green, blue, 0)
        texture.update(blank)
        self._sheets[name] = Sheet(texture, np.zeros((across, across), bool))
        self.bytes += blank.nbytes
        while self.bytes > LIMIT_BYTES and len(self._sheets) > 1:
            _, oldest = self._sheets.popitem(last=False)
            width, height = oldest.texture.size
            self.bytes -= 4 * width * height
            oldest.texture.free()
        return self._sheets[name]


def prepare(pixels: NDArray[np.uint8], step_px: int, zoom: Zoom) -> NDArray[np.uint8]:
    """A tile without its rim, shrunk or enlarged: RGBA.

    Args:
        pixels: [side, side, 4], possibly with a rim around `step_px`².
        step_px: What is shown of it along each side.
        zoom: How.
    """
    rim = (pixels.shape[0] - step_px) // 2
    if zoom.repeat > 1 and zoom.smooth:
        side = step_px * zoom.repeat
        box = (rim, rim, rim + step_px, rim + step_px)
        # Bicubic sampling reaches into the rim, so that no seam is made here.
        image = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC, box)
        return np.asarray(image)
    inside = pixels[rim : rim + step_px, rim : rim + step_px]
    if zoom.shrink:
        return np.asarray(Image.fromarray(inside).reduce(2**zoom.shrink))
    if zoom.repeat > 1:
        return inside.repeat(zoom.repeat, 0).repeat(zoom.repeat, 1)
    return inside
