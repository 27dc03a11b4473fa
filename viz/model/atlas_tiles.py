"""Tiles of the planes that the atlas shows: which are there, and which should be drawn next."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from viz.model.tile_store import TileStore
from viz.protocol.tiles import (
    BATCH,
    FINE,
    Grid,
    Look,
    Plane,
    TilesRequest,
    in_turn,
    visible,
    wanted_tiles,
)
from viz.state.app_state import AtlasState
from viz.state.flight import atlas_shown

if TYPE_CHECKING:
    from viz.protocol.tiles import TileId, TilesResult
    from viz.state.app_state import AppState

REMEMBERED_LOOKS = 3
"""Planes shown before stay underneath until the new one has come."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A plane and its visible part."""

    plane: Plane
    grid: Grid
    look: Look


class AtlasTiles:
    """The tiles in memory, and the visible part of every slot's plane."""

    def __init__(self) -> None:
        self.store = TileStore(AtlasState().memory_mb * 1_000_000)
        self.generation = 0
        """Counts how often all tiles were forgotten."""
        self.errors: dict[Plane, str] = {}
        self.shown: dict[int, Shown] = {}
        """Visible part of every slot's plane in this frame."""
        self._before: dict[int, deque[Shown]] = {}

    def forget(self) -> None:
        """Forget every tile: a network's file has changed."""
        self.store.clear()
        self.errors.clear()
        self.generation += 1

    def take(self, result: TilesResult) -> None:
        """Keep the tiles that have been drawn."""
        for drawn in result.tiles:
            self.store.put(drawn)
        self.errors.update(result.errors)

    def look_away(self) -> None:
        """Forget what is seen, before the cells of a frame say it anew."""
        self.shown = {}

    def look_at(self, slot: int, shown: Shown) -> None:
        """Say what is seen of the plane of the network in a slot."""
        before = self._before.setdefault(slot, deque(maxlen=REMEMBERED_LOOKS))
        if not before or before[-1].plane != shown.plane:
            before.append(shown)
        self.store.touch(shown.plane)
        self.shown[slot] = shown

    def earlier(self, slot: int) -> list[Shown]:
        """Return the planes that a slot showed before the present one, oldest first."""
        return list(self._before.get(slot, ()))[:-1]

    def is_covered(self, shown: Shown) -> bool:
        """Return whether every tile that is seen is there in full."""
        columns, rows = visible(shown.look, shown.grid.side(FINE))
        return bool(self.store.present(shown.plane, FINE, columns, rows).all())

    def request(self, state: AppState) -> TilesRequest | None:
        """Choose the tiles to draw next for what the last frame showed; None: all are there."""
        seen = [one for one in self.shown.values() if one.plane not in self.errors]

        def lacking(one: Shown) -> list[TileId]:
            return wanted_tiles(one.look, one.grid, partial(self.store.present, one.plane))

        chosen = in_turn([lacking(one) for one in seen])[:BATCH]
        if not chosen:
            return None
        atlas = atlas_shown(state)
        return TilesRequest(
            tuple((seen[index].plane, seen[index].grid, tile) for index, tile in chosen),
            state.performance.threads,
            disk_bytes=atlas.disk_mb * 1_000_000,
            measured=atlas.seams,
        )
