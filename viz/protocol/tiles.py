"""The atlas: the endless plane a network draws, cut into tiles; which tiles are wanted.

Plain data and arithmetic: what travels between window and render worker, and nothing of either.

The plane is measured in picture widths, x to the right and y down, with the middle of the picture
as it was trained at the origin. Tiles are counted on the plane as it is turned, tile (0, 0) right
of and below the origin. Whole pixels lie between tiles, so that nothing is resampled; each tile is
drawn with a rim beyond its edges, which is cropped, and which tells how well two tiles join.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viz.protocol.request import LatentPoint, LayerChange, LayerEdits, Precision, Request
from viz.protocol.transforms import inverse_of, inverted

FINE, COARSE = 0, 1
"""Levels: tiles as they are, and estimates of larger ones at half the rate."""
OVERLAP = 1 / 8
"""Fraction of a drawn tile's side that it shares with its neighbours."""
LARGEST_TILE_PX = 256
"""Largest side of a drawn tile where the network allows it: each takes a fraction of a second."""
CALIBRATION_TILES = 3
"""Number of tiles drawn in full before any is estimated: estimates are learnt from them."""
BATCH = 12
"""Tiles of one network asked for at a time."""

Border = Literal["right", "below"]


class TileId(NamedTuple):
    """A tile of a plane."""

    level: int
    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Division of a network's plane into tiles."""

    resolution: int
    """Pixels per picture width."""
    drawn_px: int
    """Side of a tile as it is drawn."""
    overlap_px: int
    """Pixels that two neighbours have in common; half of it is a rim around each."""
    coarse_span: int
    """Number of fine tiles along each side of a coarse one."""

    @property
    def step_px(self) -> int:
        """Side of a tile as it is shown: what lies between one tile and the next."""
        return self.drawn_px - self.overlap_px

    def side(self, level: int) -> float:
        """Side of a tile in picture widths."""
        return self.step_px * self.span(level) / self.resolution

    def span(self, level: int) -> int:
        """Fine tiles along the side of a tile."""
        return self.coarse_span if level == COARSE else 1


def grid_of(kind: str, resolution: int) -> Grid:
    """The tiles of a network; StyleGAN2 draws nothing but whole pictures as it was trained to."""
    drawn = resolution if kind == "stylegan2" else min(resolution, LARGEST_TILE_PX)
    return Grid(
        resolution=resolution,
        drawn_px=drawn,
        overlap_px=max(2, round(OVERLAP * drawn / 2) * 2),
        coarse_span=1 if kind == "stylegan2" else 2,
    )


@dataclass(frozen=True, slots=True)
class Plane:
    """All that a plane's tiles depend on: equal planes have equal tiles."""

    source: str
    latent: LatentPoint
    edits: LayerEdits
    changes: tuple[LayerChange, ...] = ()
    psi: float = 1.0
    cutoff: int | None = None
    noise: Literal["const", "random", "none"] = "const"
    precision: Precision = "fp32"
    device: str = "auto"
    angle_rad: float = 0.0
    """Turned anticlockwise about the origin."""


def plane_of(request: Request, slot: int, *, precision: Precision, angle_rad: float) -> Plane:
    """The plane of the network in a slot of a request."""
    return Plane(
        source=request.networks[slot],
        latent=request.place_of(slot).latent,
        edits=request.edits,
        changes=request.changes_of(slot),
        psi=request.psi,
        cutoff=request.cutoff,
        noise=request.noise,
        precision=precision,
        device=request.device,
        angle_rad=angle_rad,
    )


@dataclass(frozen=True, slots=True)
class TilesRequest:
    """Tiles to draw, the most wanted first; as many as fit into a moment are drawn."""

    wanted: tuple[tuple[Plane, Grid, TileId], ...]
    threads: int = 0
    disk_bytes: int = 0
    """Bytes of tiles to keep on disk as well; 0: none."""
    measured: bool = False
    """Whether seams are measured: then every tile is drawn anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Seam:
    """Difference of two neighbouring tiles in their overlap."""

    tile: TileId
    """The left or the upper one."""
    border: Border
    squared_error: float
    """Summed over the overlap, of pictures of −1 to 1."""
    values: int


@dataclass(frozen=True, slots=True, eq=False)
class DrawnTile:
    """A tile, its rim cropped, with the seams to the neighbours drawn before it."""

    plane: Plane
    tile: TileId
    pixels: NDArray[np.uint8]
    """RGBA, alpha 255: a fine tile with its rim, [drawn_px, drawn_px, 4], a coarse one without,
    [step_px, step_px, 4]."""
    seams: tuple[Seam, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TilesResult:
    """Tiles that were drawn of a request."""

    request: TilesRequest
    tiles: tuple[DrawnTile, ...] = ()
    errors: tuple[tuple[Plane, str], ...] = ()
    """Planes that cannot be drawn, and why in one line."""


def turned(place: tuple[float, float], angle_rad: float) -> tuple[float, float]:
    """Turn a place of the plane about the origin."""
    forward = inverted(inverse_of(shift=(0.0, 0.0), angle_rad=angle_rad, shear=0.0, scale=1.0))
    x, y = place
    return forward[0] * x + forward[1] * y, forward[3] * x + forward[4] * y


@dataclass(frozen=True, slots=True)
class Look:
    """A window onto a turned plane."""

    centre: tuple[float, float]
    """Place in the middle, in picture widths."""
    size: tuple[float, float]
    """Width and height in picture widths."""


def visible(look: Look, side: float) -> tuple[range, range]:
    """Columns and rows of the tiles, of a side in picture widths, that can be seen in part."""
    (x, y), (width, height) = look.centre, look.size
    return (
        range(math.floor((x - width / 2) / side), math.ceil((x + width / 2) / side)),
        range(math.floor((y - height / 2) / side), math.ceil((y + height / 2) / side)),
    )


Present = Callable[[int, range, range], NDArray[np.bool_]]
"""Which tiles of a level there are: (level, columns, rows) → [rows, columns]."""


def wanted_tiles(look: Look, grid: Grid, present: Present, *, most: int = BATCH) -> list[TileId]:
    """Return the tiles that should be drawn next, in this order.

    A few tiles in the middle in full, from which estimates are learnt; then estimates of all that
    can be seen and is not there in full, and a ring around it; then all that can be seen in full.
    Always those nearest to the middle first.
    """
    fine = _missing(look, grid, FINE, present)
    known = _known(look, grid, present)
    if known < CALIBRATION_TILES:
        return fine[: min(most, CALIBRATION_TILES - known)]
    ring = grid.side(COARSE)
    around = replace(look, size=(look.size[0] + ring, look.size[1] + ring))
    coarse = [
        tile
        for tile in _missing(around, grid, COARSE, present)
        if not _is_covered(tile, grid, present)
    ]
    return (coarse + fine)[:most]


def is_mapped(look: Look, grid: Grid, present: Present) -> bool:
    """Tell whether every place that can be seen is there, in full or as an estimate."""
    lacking = _missing(look, grid, COARSE, present)
    return all(_is_covered(tile, grid, present) for tile in lacking)


def in_turn(wanted: Sequence[Sequence[TileId]]) -> list[tuple[int, TileId]]:
    """The tiles of several planes, one of each in turn: (index of the plane, tile)."""
    rows = zip_longest(*[[(index, tile) for tile in tiles] for index, tiles in enumerate(wanted)])
    return [one for one in chain.from_iterable(rows) if one is not None]


def _missing(look: Look, grid: Grid, level: int, present: Present) -> list[TileId]:
    """The tiles of a level that could be seen and are not there, nearest to the middle first."""
    side = grid.side(level)
    columns, rows = visible(look, side)
    lacking = ~present(level, columns, rows)
    y, x = np.nonzero(lacking)
    across = (x + columns.start + 0.5) * side - look.centre[0]
    down = (y + rows.start + 0.5) * side - look.centre[1]
    order = np.argsort(across**2 + down**2, kind="stable")
    return [
        TileId(level, int(column), int(row))
        for column, row in zip(x[order] + columns.start, y[order] + rows.start, strict=True)
    ]


def _known(look: Look, grid: Grid, present: Present) -> int:
    """Count the fine tiles that are there within the look."""
    columns, rows = visible(look, grid.side(FINE))
    return int(present(FINE, columns, rows).sum()) if columns and rows else CALIBRATION_TILES


def _is_covered(tile: TileId, grid: Grid, present: Present) -> bool:
    """Return whether all fine tiles that a coarse one covers are there."""
    span = grid.coarse_span
    columns = range(tile.column * span, (tile.column + 1) * span)
    rows = range(tile.row * span, (tile.row + 1) * span)
    return bool(present(FINE, columns, rows).all())


def pooled(seams: Mapping[tuple[TileId, Border], Seam]) -> tuple[float, int]:
    """Summed squared error and number of values over all seams."""
    return (
        sum(seam.squared_error for seam in seams.values()),
        sum(seam.values for seam in seams.values()),
    )


def seam_db(squared_error: float, values: int) -> float | None:
    """Peak signal-to-noise ratio in dB for a range of −1 to 1; None without any value.

    Capped at 200 dB, where there is no difference at all.
    """
    if not values:
        return None
    return min(200.0, 10 * math.log10(4 * values / max(squared_error, 1e-300)))
