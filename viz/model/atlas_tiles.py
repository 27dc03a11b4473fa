"""Tiles of the planes that the atlas shows: which are there, and which should be drawn next.

While the latent moves, every frame has a plane of its own, of which no tile could come in time.
So a map that has been begun is drawn until nothing of it is blank, and only then the next is begun,
with the plane as it is by then; until that is whole, the one before is what is seen.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
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
    is_mapped,
    turned,
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


def look_onto(plane: Plane, shown: Shown) -> Look:
    """Return what is seen of a plane while another one is shown: more, where it is turned."""
    angle = shown.plane.angle_rad - plane.angle_rad
    reach = math.hypot(*shown.look.size)
    size = (reach, reach) if angle else shown.look.size
    return Look(turned(shown.look.centre, -angle), size)


class AtlasTiles:
    """The tiles in memory, and the visible part of every slot's plane."""

    def __init__(self) -> None:
        self.store = TileStore(AtlasState().memory_mb * 1_000_000)
        self.generation = 0
        """Counts how often all tiles were forgotten."""
        self.errors: dict[Plane, str] = {}
        self.shown: dict[int, Shown] = {}
        """Plane that is being drawn for every slot in this frame, and its visible part."""
        self._before: dict[int, deque[Shown]] = {}
        self._drawn: dict[int, Shown] = {}

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

    def look_at(self, slot: int, shown: Shown, *, moving: bool = False) -> Shown:
        """Say what is seen of the plane of the network in a slot.

        Args:
            slot: The slot.
            shown: The plane as it is now, and its visible part.
            moving: It changes by itself: a map that has been begun is drawn on.

        Returns:
            The plane that is drawn.
        """
        drawn = self._drawn.get(slot)
        held = drawn is not None and moving and self._goes_on(drawn, shown)
        if drawn is not None and (held or drawn.plane == shown.plane):
            drawn = replace(drawn, look=look_onto(drawn.plane, shown))
        else:
            if drawn is not None:
                self._put_underneath(slot, drawn, shown)
            drawn = shown
        self._drawn[slot] = self.shown[slot] = drawn
        self.store.touch(drawn.plane)
        return drawn

    def _goes_on(self, drawn: Shown, shown: Shown) -> bool:
        """Return whether a map is drawn on, though its plane is no longer the newest."""
        if drawn.plane.source != shown.plane.source or drawn.plane in self.errors:
            return False
        return not self.is_mapped(drawn)

    def _put_underneath(self, slot: int, drawn: Shown, shown: Shown) -> None:
        """Keep a plane under the new one, if there is anything to see of it."""
        before = self._before.setdefault(slot, deque(maxlen=REMEMBERED_LOOKS))
        for one in [one for one in before if one.plane in (drawn.plane, shown.plane)]:
            before.remove(one)
        if self.store.version(drawn.plane):
            before.append(drawn)

    def earlier(self, slot: int) -> list[Shown]:
        """Return the planes that were drawn for a slot before the present one, oldest first."""
        return list(self._before.get(slot, ()))

    def is_mapped(self, shown: Shown) -> bool:
        """Return whether every place that is seen is there, in full or as an estimate."""
        return is_mapped(shown.look, shown.grid, partial(self.store.present, shown.plane))

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
