"""Textures for the atlas: tiles on sheets, prepared for the size they are shown at.

A texture for every tile would need thousands of draw calls, and the graphics backend neither
shrinks nor enlarges well. So tiles are pasted on sheets of about 450 pixels a side, shrunk or
repeated to within a factor of two of their size on the screen. Sheets can be rebuilt from the tiles
at any time; only a few milliseconds of each frame are spent on them.
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

from gui_utils.resample import SMOOTH_FACTOR
from gui_utils.texture import Texture
from viz.protocol.tiles import Grid, Plane, TileId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.model.tile_store import TileStore

SHEET_PX = 512
"""Longest side of a sheet, except of one that holds a single large tile."""
LARGEST_REPEAT = 16
LIMIT_BYTES = 160_000_000
"""Graphics memory for all sheets together."""
FRAME_BUDGET_S = 0.004
"""Longest time spent on pasting tiles in one frame."""


class Zoom(NamedTuple):
    """Preparation of tiles: how they are shrunk or enlarged."""

    shrink: int
    """Number of halvings."""
    repeat: int
    """Factor of enlargement."""
    smooth: bool

    @property
    def factor(self) -> float:
        """Pixels of the sheet per pixel of the tile."""
        return self.repeat / 2**self.shrink


def zoom_for(scale: float, step_px: int, *, smooth: bool) -> Zoom:
    """Choose how tiles are prepared for a scale on the screen.

    Args:
        scale: Screen pixels per pixel of a tile.
        step_px: Side of a tile; it can be halved as long as it is even.
        smooth: Enlarge bicubically instead of showing pixels as squares.
    """
    if scale < 1:
        most = (step_px & -step_px).bit_length() - 1
        return Zoom(min(most, math.floor(-math.log2(scale))), 1, smooth)
    if scale < 2:
        return Zoom(0, 1, smooth)
    most = SMOOTH_FACTOR if smooth else LARGEST_REPEAT
    return Zoom(0, min(most, 2 ** math.ceil(math.log2(scale) - 1e-6)), smooth)


class SheetId(NamedTuple):
    """Key of a sheet: its plane, level, preparation and position."""

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
    """True for each tile that is on the sheet, [rows, columns]."""
    version: int = -1
    """Version of the plane at which all of its tiles were on the sheet."""


class Sheets:
    """A cache of sheets in bounded graphics memory.

    Args:
        store: Store of the tiles.
    """

    def __init__(self, store: TileStore) -> None:
        self._store = store
        self._sheets: OrderedDict[SheetId, Sheet] = OrderedDict()
        self.bytes = 0
        self.behind = False
        """True if tiles are left for the next frame."""
        self._until = 0.0

    def begin_frame(self) -> None:
        """Start to count the time spent in this frame."""
        self._until = time.perf_counter() + FRAME_BUDGET_S
        self.behind = False

    def across(self, grid: Grid, zoom: Zoom) -> int:
        """Return the number of tiles along the side of a sheet."""
        return max(1, 1 << max(0, math.floor(math.log2(SHEET_PX / (grid.step_px * zoom.factor)))))

    def get(self, name: SheetId, grid: Grid, *, paste: bool = True) -> Sheet | None:
        """Return a sheet with all finished tiles, as far as time allows; None if there is none yet.

        Args:
            name: Key of the sheet.
            grid: Grid of its plane.
            paste: Add new tiles; otherwise return the sheet as it is.
        """
        sheet = self._sheets.get(name)
        version = self._store.version(name.plane)
        if paste and (sheet is None or sheet.version != version):
            sheet = self._bring_up_to_date(name, sheet, grid, version)
        if sheet is not None:
            self._sheets.move_to_end(name)
        return sheet

    def free(self) -> None:
        """Free the textures."""
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
        """Yield the tiles that are in the store but not on the sheet."""
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
    """Cut the rim off a tile, and shrink or enlarge it; return RGBA.

    Args:
        pixels: [side, side, 4], possibly with a rim around `step_px`².
        step_px: Side of the part that is shown.
        zoom: How to shrink or enlarge.
    """
    rim = (pixels.shape[0] - step_px) // 2
    if zoom.repeat > 1 and zoom.smooth:
        side = step_px * zoom.repeat
        box = (rim, rim, rim + step_px, rim + step_px)
        # Bicubic sampling reaches into the rim, so that it adds no seam.
        image = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC, box)
        return np.asarray(image)
    inside = pixels[rim : rim + step_px, rim : rim + step_px]
    if zoom.shrink:
        return np.asarray(Image.fromarray(inside).reduce(2**zoom.shrink))
    if zoom.repeat > 1:
        return inside.repeat(zoom.repeat, 0).repeat(zoom.repeat, 1)
    return inside
