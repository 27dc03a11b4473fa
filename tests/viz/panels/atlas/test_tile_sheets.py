"""The atlas without a window: which tiles are wanted, what is kept of them, inertia."""

from __future__ import annotations

import math
import random
from functools import partial

import numpy as np
import pytest

from viz.model.tile_store import TileStore
from viz.panels.atlas.inertia import FADING_S, Glide
from viz.panels.atlas.texture_sheets import Zoom, prepare, zoom_for
from viz.protocol.request import LatentPoint, LayerEdits, Request
from viz.protocol.tiles import (
    BATCH,
    CALIBRATION_TILES,
    COARSE,
    FINE,
    DrawnTile,
    Look,
    Plane,
    Seam,
    TileId,
    grid_of,
    in_turn,
    plane_of,
    pooled,
    seam_db,
    turned,
    visible,
    wanted_tiles,
)

GRID = grid_of("stylegan3-t", 64)
LOOK = Look((0.0, 0.0), (5.0, 3.0))


def plane(seed: int = 0) -> Plane:
    return Plane("bundled:x", LatentPoint(seeds=((seed, 1.0),)), LayerEdits())


def tile(level: int, column: int, row: int, seed: int = 0) -> DrawnTile:
    side = GRID.drawn_px if level == FINE else GRID.step_px
    pixels = np.full((side, side, 4), (column % 256, row % 256, seed, 255), np.uint8)
    return DrawnTile(plane(seed), TileId(level, column, row), pixels)


def fill(store: TileStore, tiles: list[TileId]) -> None:
    for one in tiles:
        store.put(tile(*one))


def distance(one: TileId, look: Look) -> float:
    side = GRID.side(one.level)
    across = (one.column + 0.5) * side - look.centre[0]
    return math.hypot(across, (one.row + 0.5) * side - look.centre[1])


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-t", "stylegan3-r"])
@pytest.mark.parametrize("resolution", [16, 32, 64, 256, 1024])
def test_tiles_are_whole_pixels_apart_and_overlap(kind: str, resolution: int) -> None:
    grid = grid_of(kind, resolution)
    assert grid.overlap_px % 2 == 0
    assert 2 <= grid.overlap_px < grid.step_px
    assert grid.step_px + grid.overlap_px == grid.drawn_px <= resolution
    assert (grid.drawn_px == resolution) == (kind == "stylegan2" or resolution <= 256)


def test_a_few_tiles_in_the_middle_come_first_then_estimates_then_the_rest() -> None:
    store = TileStore(10**9)
    present = partial(store.present, plane())
    order: list[TileId] = []
    while batch := wanted_tiles(LOOK, GRID, present):
        assert len(batch) <= BATCH
        assert not set(batch) & set(order)
        order += batch
        fill(store, batch)
    levels = [one.level for one in order]
    coarse = levels.count(COARSE)
    expected = [FINE] * CALIBRATION_TILES + [COARSE] * coarse
    assert levels == expected + [FINE] * (len(order) - len(expected))
    for part in (
        order[:CALIBRATION_TILES],
        order[CALIBRATION_TILES:][:coarse],
        order[3 + coarse :],
    ):
        away = [distance(one, LOOK) for one in part]
        assert away == sorted(away), "nearest to the middle first"
    columns, rows = visible(LOOK, GRID.side(FINE))
    assert present(FINE, columns, rows).all()
    assert len([one for one in order if one.level == FINE]) == len(columns) * len(rows)


def test_what_is_covered_in_full_is_not_estimated() -> None:
    store = TileStore(10**9)
    columns, rows = visible(Look((0.0, 0.0), (9.0, 9.0)), GRID.side(FINE))
    fill(store, [TileId(FINE, x, y) for x in columns for y in rows])
    assert wanted_tiles(LOOK, GRID, partial(store.present, plane())) == []


def test_planes_take_turns() -> None:
    first, second = [TileId(0, n, 0) for n in range(3)], [TileId(0, 9, 9)]
    order = in_turn([first, second])
    assert order == [(0, first[0]), (1, second[0]), (0, first[1]), (0, first[2])]


def test_visible_tiles_cover_the_look_and_no_more() -> None:
    columns, rows = visible(Look((0.1, -7.3), (2.0, 1.0)), 0.875)
    assert columns.start * 0.875 <= 0.1 - 1 < (columns.start + 1) * 0.875
    assert (columns.stop - 1) * 0.875 < 0.1 + 1 <= columns.stop * 0.875
    assert rows.start * 0.875 <= -7.8
    assert rows.stop * 0.875 >= -6.8


def test_turning_is_anticlockwise_on_screen() -> None:
    assert turned((1.0, 0.0), math.pi / 2) == pytest.approx((0.0, -1.0))
    place = (0.3, -2.0)
    assert turned(turned(place, 0.7), -0.7) == pytest.approx(place)


def test_planes_are_equal_exactly_when_their_tiles_are() -> None:
    request = Request(networks=("a", "b"), psi=0.7)
    one = plane_of(request, 0, precision="fp32", angle_rad=0.0)
    assert one == plane_of(Request(networks=("a", "c"), psi=0.7), 0, precision="fp32", angle_rad=0)
    assert one != plane_of(request, 1, precision="fp32", angle_rad=0.0)
    assert one != plane_of(request, 0, precision="bf16", angle_rad=0.0)
    assert one != plane_of(request, 0, precision="fp32", angle_rad=0.1)
    assert one != plane_of(Request(networks=("a",)), 0, precision="fp32", angle_rad=0.0)


@pytest.mark.slow
def test_the_store_keeps_its_bound_while_panning_at_random() -> None:
    """A minute of 60 pans a second, a few tiles drawn after each."""
    hand = random.Random(1)
    store = TileStore(400 * GRID.drawn_px**2 * 4)
    x = y = 0.0
    seed = 0
    for step in range(3600):
        x, y = x + hand.gauss(0, 0.5), y + hand.gauss(0, 0.5)
        if step % 600 == 599:
            seed += 1
        here = plane(seed)
        look = Look((x, y), (6.0, 4.0))
        wanted = wanted_tiles(look, GRID, partial(store.present, here))
        for one in wanted[:2]:
            store.put(tile(*one, seed=seed))
        assert store.bytes <= store.limit_bytes
        if wanted:
            assert store.present(here, wanted[0].level, *_around(wanted[0])).all()
    assert store.bytes > 0.9 * store.limit_bytes
    kept = [known.tiles.values() for known in store._planes.values()]
    assert store.bytes == sum(one.nbytes for tiles in kept for one in tiles)


def _around(one: TileId) -> tuple[range, range]:
    return range(one.column, one.column + 1), range(one.row, one.row + 1)


def test_other_planes_are_forgotten_before_the_one_that_is_looked_at() -> None:
    store = TileStore(10 * GRID.drawn_px**2 * 4)
    for seed in (1, 2):
        for n in range(4):
            store.put(tile(FINE, n, 0, seed))
    store.touch(plane(1))
    for n in range(4, 9):
        store.put(tile(FINE, n, 0, 1))
    assert store.present(plane(1), FINE, range(9), range(1)).all()
    assert store.present(plane(2), FINE, range(4), range(1))[0].tolist() == [False] * 3 + [True]
    store.put(tile(FINE, 9, 0, 1))
    assert store.planes == [plane(1)]


def test_presence_reaches_over_negative_places() -> None:
    store = TileStore(10**9)
    fill(store, [TileId(FINE, -33, -1), TileId(FINE, 0, 0), TileId(FINE, 31, 32)])
    there = store.present(plane(), FINE, range(-40, 40), range(-5, 40))
    assert there.sum() == 3
    assert there[-1 + 5, -33 + 40]
    assert there[5, 40]
    assert there[32 + 5, 31 + 40]


def test_seams_are_summed_up_in_decibels() -> None:
    store = TileStore(10**9)
    drawn = tile(FINE, 0, 0)
    seams = (
        Seam(drawn.tile, "right", 4 * 100 * 1e-5, 100),
        Seam(drawn.tile, "below", 4 * 300 * 1e-5, 300),
    )
    store.put(DrawnTile(drawn.plane, drawn.tile, drawn.pixels, seams))
    assert seam_db(*pooled(store.seams(plane()))) == pytest.approx(50.0)
    assert seam_db(0.0, 0) is None
    assert seam_db(0.0, 10) == 200


@pytest.mark.parametrize(
    ("scale", "step", "zoom"),
    [
        (1.0, 56, Zoom(0, 1, False)),
        (1.9, 56, Zoom(0, 1, False)),
        (2.0, 56, Zoom(0, 2, False)),
        (2.5, 56, Zoom(0, 4, False)),
        (60.0, 56, Zoom(0, 16, False)),
        (0.6, 56, Zoom(0, 1, False)),
        (0.5, 56, Zoom(1, 1, False)),
        (0.05, 56, Zoom(3, 1, False)),
        (0.05, 14, Zoom(1, 1, False)),
    ],
)
def test_sheets_are_within_twice_of_the_screen(scale: float, step: int, zoom: Zoom) -> None:
    assert zoom_for(scale, step, smooth=False) == zoom


def test_smooth_tiles_are_enlarged_no_further_than_can_be_seen() -> None:
    assert [zoom_for(scale, 56, smooth=True) for scale in (1.5, 2.0, 4.0, 11.0)] == [
        Zoom(0, 1, True),
        Zoom(0, 2, True),
        Zoom(0, 4, True),
        Zoom(0, 4, True),
    ]


def test_tiles_are_prepared_without_their_rim() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 4), np.uint8)
    pixels[..., 3] = 255
    inside = pixels[4:60, 4:60]
    assert np.array_equal(prepare(pixels, 56, Zoom(0, 1, False)), inside)
    squares = prepare(pixels, 56, Zoom(0, 4, False))
    assert np.array_equal(squares[2::4, 1::4], inside)
    assert squares.shape == (224, 224, 4)
    halved = prepare(pixels, 56, Zoom(1, 1, False)).astype(float)
    assert np.abs(halved - inside.reshape(28, 2, 28, 2, 4).mean((1, 3))).max() <= 0.5
    # Smoothly enlarged, neighbours join: the rim is what the neighbour shows.
    wide = np.random.default_rng(1).integers(0, 256, (64, 120, 4), np.uint8)
    wide[..., 3] = 255
    left, right = (
        prepare(np.ascontiguousarray(wide[:, at : at + 64]), 56, Zoom(0, 2, True)) for at in (0, 56)
    )
    both = prepare(
        np.pad(wide, ((28, 28), (0, 0), (0, 0)), mode="edge")[:120], 112, Zoom(0, 2, True)
    )
    joined = np.concatenate([left, right], axis=1).astype(int)
    assert np.abs(joined[:, 100:124] - both[56:168, 100:124]).max() <= 1


def test_a_glide_goes_as_far_in_many_frames_as_in_few() -> None:
    ways = []
    for frames in (10, 100):
        glide = Glide()
        for _ in range(5):
            glide.pushed((10.0, -5.0), 1 / 60)
        glide.let_go()
        assert glide.moves
        way = [glide.step(2.0 / frames) for _ in range(frames)]
        ways.append((sum(one[0] for one in way if one), sum(one[1] for one in way if one)))
    assert ways[0] == pytest.approx(ways[1], rel=0.02)
    assert ways[0] == pytest.approx((600 * FADING_S, -300 * FADING_S), rel=0.02)


def test_a_hand_that_rests_before_it_lets_go_leaves_no_glide() -> None:
    glide = Glide()
    glide.pushed((50.0, 0.0), 1 / 60)
    for _ in range(10):
        glide.pushed((0.0, 0.0), 1 / 60)
    glide.let_go()
    assert not glide.moves
    glide.pushed((50.0, 0.0), 1 / 60)
    glide.let_go(at_once=True)
    assert not glide.moves
