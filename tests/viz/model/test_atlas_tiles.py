"""Which plane of the atlas is drawn while the latent moves, and what is seen meanwhile."""

from __future__ import annotations

import math

import numpy as np
import pytest

from viz.model.atlas_tiles import AtlasTiles, Shown, look_onto
from viz.protocol.request import LatentPoint, LayerEdits
from viz.protocol.tiles import DrawnTile, Look, Plane, TilesRequest, TilesResult, grid_of, turned
from viz.state.app_state import AppState

GRID = grid_of("stylegan3-t", 64)


def shown(seed: float, *, angle_rad: float = 0.0, source: str = "bundled:x") -> Shown:
    point = LatentPoint(seeds=((0, 1.0 - seed), (1, seed)))
    plane = Plane(source, point, LayerEdits(), angle_rad=angle_rad)
    return Shown(plane, GRID, Look((0.0, 0.0), (3.0, 2.0)))


def draw_some(tiles: AtlasTiles) -> bool:
    """Draw what is asked for next; returns whether anything was."""
    request = tiles.request(AppState())
    if request is None:
        return False
    pixels = np.zeros((GRID.drawn_px, GRID.drawn_px, 4), np.uint8)
    drawn = tuple(DrawnTile(plane, tile, pixels) for plane, _grid, tile in request.wanted)
    tiles.take(TilesResult(TilesRequest(request.wanted), drawn))
    return True


def test_a_map_that_has_been_begun_is_finished_while_the_latent_moves() -> None:
    """Every frame once began a map of its own, of which nothing ever came."""
    tiles, begun, whole = AtlasTiles(), [], 0
    for step in range(40):
        drawn = tiles.look_at(0, shown(step / 40), moving=True)
        if not begun or begun[-1] != drawn.plane:
            begun.append(drawn.plane)
            assert drawn.plane == shown(step / 40).plane, "the newest, when one is begun"
        if tiles.earlier(0):
            whole += 1
            assert tiles.is_mapped(tiles.earlier(0)[-1]), "a whole map stays until then"
        draw_some(tiles)
    assert 3 <= len(begun) <= 20, "one map takes at least two requests"
    assert whole > 20


def test_at_rest_the_newest_plane_is_drawn_at_once() -> None:
    tiles = AtlasTiles()
    tiles.look_at(0, shown(0.0), moving=True)
    assert tiles.look_at(0, shown(0.1), moving=True).plane == shown(0.0).plane
    assert tiles.look_at(0, shown(0.2)).plane == shown(0.2).plane
    assert tiles.earlier(0) == [], "of these nothing was ever drawn"
    while draw_some(tiles):
        pass
    tiles.look_at(0, shown(0.3))
    assert [one.plane for one in tiles.earlier(0)] == [shown(0.2).plane]
    for seed in (0.4, 0.5, 0.6, 0.7):
        tiles.look_at(0, shown(seed))
    assert [one.plane for one in tiles.earlier(0)] == [shown(0.2).plane], "still what there is"


def test_another_network_and_a_plane_that_fails_are_not_waited_for() -> None:
    tiles = AtlasTiles()
    tiles.look_at(0, shown(0.0), moving=True)
    other = shown(0.1, source="bundled:y")
    assert tiles.look_at(0, other, moving=True).plane == other.plane
    tiles.errors[other.plane] = "broken"
    assert tiles.look_at(0, shown(0.2, source="bundled:y"), moving=True).plane != other.plane


def test_a_turned_plane_is_seen_from_where_the_view_is() -> None:
    straight, seen = shown(0.0), shown(0.0, angle_rad=math.pi / 2)
    place = (1.5, -0.5)
    view = Shown(seen.plane, GRID, Look(turned(place, math.pi / 2), (3, 2)))
    look = look_onto(straight.plane, view)
    assert look.centre == pytest.approx(place)
    assert min(look.size) >= math.hypot(3, 2) - 1e-9, "its corners are covered"
