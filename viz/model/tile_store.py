"""Tiles of the atlas that have been drawn, in bounded memory; those looked at last stay."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from viz.protocol.tiles import Border, DrawnTile, Plane, Seam, TileId

CHUNK = 32
"""Side of the squares of tiles in which the store notes which tiles there are."""


@dataclass
class _Known:
    """The tiles of one plane."""

    tiles: OrderedDict[TileId, NDArray[np.uint8]] = field(default_factory=OrderedDict)
    """Drawn first, first; RGBA as in `DrawnTile`."""
    chunks: dict[TileId, NDArray[np.bool_]] = field(default_factory=dict)
    seams: dict[tuple[TileId, Border], Seam] = field(default_factory=dict)
    colour_sum: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    version: int = 0
    """Rises with every tile that comes or goes."""


class TileStore:
    """A store of tiles by plane; those of planes looked at longest ago are forgotten first.

    Args:
        limit_bytes: Of the tiles' pixels in all.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.bytes = 0
        self._planes: OrderedDict[Plane, _Known] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(known.tiles) for known in self._planes.values())

    @property
    def planes(self) -> list[Plane]:
        """The planes of which there are tiles, the one looked at last at the end."""
        return list(self._planes)

    def put(self, drawn: DrawnTile) -> None:
        """Keep a tile and its seams, and forget others where there is no room."""
        known = self._known(drawn.plane)
        self._drop(known, drawn.tile)
        known.tiles[drawn.tile] = drawn.pixels
        self.bytes += drawn.pixels.nbytes
        self._mark(known, drawn.tile, True)
        known.colour_sum += drawn.pixels[..., :3].mean((0, 1))
        for seam in drawn.seams:
            known.seams[seam.tile, seam.border] = seam
        self.trim()

    def get(self, plane: Plane, tile: TileId) -> NDArray[np.uint8] | None:
        """Return a tile's pixels, if they are there; it counts as looked at."""
        known = self._planes.get(plane)
        if known is None or tile not in known.tiles:
            return None
        known.tiles.move_to_end(tile)
        return known.tiles[tile]

    def touch(self, plane: Plane) -> None:
        """Note that a plane is looked at, so that others are forgotten first."""
        if plane in self._planes:
            self._planes.move_to_end(plane)

    def present(self, plane: Plane, level: int, columns: range, rows: range) -> NDArray[np.bool_]:
        """Tell which tiles there are, [rows, columns]."""
        there = np.zeros((len(rows), len(columns)), bool)
        known = self._planes.get(plane)
        if known is None or not columns or not rows:
            return there
        for y in range(rows.start // CHUNK, (rows.stop - 1) // CHUNK + 1):
            for x in range(columns.start // CHUNK, (columns.stop - 1) // CHUNK + 1):
                chunk = known.chunks.get(TileId(level, x, y))
                if chunk is None:
                    continue
                top, bottom = max(rows.start, y * CHUNK), min(rows.stop, (y + 1) * CHUNK)
                left, right = max(columns.start, x * CHUNK), min(columns.stop, (x + 1) * CHUNK)
                part = chunk[
                    top - y * CHUNK : bottom - y * CHUNK, left - x * CHUNK : right - x * CHUNK
                ]
                there[
                    top - rows.start : bottom - rows.start,
                    left - columns.start : right - columns.start,
                ] = part
        return there

    def version(self, plane: Plane) -> int:
        """Return a number that rises whenever tiles of the plane come or go; 0 without any."""
        known = self._planes.get(plane)
        return known.version if known is not None else 0

    def seams(self, plane: Plane) -> dict[tuple[TileId, Border], Seam]:
        """Return the plane's measured seams, by the left or upper tile and the border."""
        known = self._planes.get(plane)
        return known.seams if known is not None else {}

    def mean_colour(self, plane: Plane) -> tuple[int, int, int] | None:
        """Return the mean colour of a plane's tiles; None without any."""
        known = self._planes.get(plane)
        if known is None or not known.tiles:
            return None
        red, green, blue = (int(part) for part in known.colour_sum / len(known.tiles))
        return red, green, blue

    def clear(self) -> None:
        """Forget everything."""
        for plane in list(self._planes):
            self._forget(plane)

    def trim(self) -> None:
        """Forget until what is left keeps within the limit."""
        while self.bytes > self.limit_bytes and self._planes:
            plane, known = next(iter(self._planes.items()))
            if known.tiles:
                self._drop(known, next(iter(known.tiles)))
            if not known.tiles:
                self._forget(plane)

    def _known(self, plane: Plane) -> _Known:
        if plane not in self._planes:
            self._planes[plane] = _Known()
        self._planes.move_to_end(plane)
        return self._planes[plane]

    def _drop(self, known: _Known, tile: TileId) -> None:
        pixels = known.tiles.pop(tile, None)
        if pixels is None:
            return
        self.bytes -= pixels.nbytes
        known.colour_sum -= pixels[..., :3].mean((0, 1))
        self._mark(known, tile, False)
        for border in ("right", "below"):
            known.seams.pop((tile, border), None)

    def _forget(self, plane: Plane) -> None:
        known = self._planes.pop(plane)
        self.bytes -= sum(pixels.nbytes for pixels in known.tiles.values())

    def _mark(self, known: _Known, tile: TileId, there: bool) -> None:
        place = TileId(tile.level, tile.column // CHUNK, tile.row // CHUNK)
        if place not in known.chunks:
            known.chunks[place] = np.zeros((CHUNK, CHUNK), bool)
        known.chunks[place][tile.row % CHUNK, tile.column % CHUNK] = there
        known.version += 1
