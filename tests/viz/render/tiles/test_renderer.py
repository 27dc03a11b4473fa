"""Tiles of the atlas as the renderer draws them."""

from __future__ import annotations

import os
import pickle
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from generator import load_network, seed_z, to_uint8
from generator.drawing.seams import measure_seams
from viz.protocol.request import LatentPoint, LayerEdits
from viz.protocol.tiles import (
    COARSE,
    FINE,
    DrawnTile,
    Grid,
    Plane,
    TileId,
    TilesRequest,
    grid_of,
    pooled,
    seam_db,
)
from viz.protocol.transforms import inverse_of
from viz.render.networks import NetworkStore
from viz.render.tiles import renderer as tiles_module
from viz.render.tiles.disk_cache import TileFiles
from viz.render.tiles.renderer import TileRenderer, _Estimator

if TYPE_CHECKING:
    from pathlib import Path

PATIENT = 1e9


@pytest.fixture
def tiles(monkeypatch: pytest.MonkeyPatch) -> TileRenderer:
    """A renderer that is given all the time it needs."""
    monkeypatch.setattr(tiles_module, "MOMENT_S", PATIENT)
    return TileRenderer(NetworkStore(lambda _event: None))


def plane(source: str, **changes: object) -> Plane:
    return Plane(source, LatentPoint(seeds=((5, 1.0),)), LayerEdits(), **changes)  # type: ignore[arg-type]


def asked(one: Plane, grid: Grid, *wanted: TileId) -> TilesRequest:
    return TilesRequest(tuple((one, grid, tile) for tile in wanted), threads=1)


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-t", "stylegan3-r"])
def test_a_tile_is_that_part_of_the_network_s_plane(
    network_files: dict[str, str], kind: str, tiles: TileRenderer
) -> None:
    source, grid = network_files[kind], grid_of(kind, 32)
    turned = plane(source, angle_rad=0.4, psi=0.8)
    result = tiles.render(asked(turned, grid, TileId(FINE, 2, -1)))
    (drawn,) = pickle.loads(pickle.dumps(result)).tiles
    net = load_network(source)
    middle = (2.5 * grid.step_px / 32, -0.5 * grid.step_px / 32)
    turn = torch.tensor(inverse_of(shift=(0, 0), angle_rad=0.4, shear=0, scale=1)).view(3, 3)
    there = torch.tensor([[1, 0, middle[0]], [0, 1, middle[1]], [0, 0, 1]])
    with torch.no_grad():
        ws = net.mapping(seed_z([5], net.z_dim), psi=0.8)
        expected = to_uint8(net.synthesis(ws, transform=turn @ there))[0].permute(1, 2, 0)
    apart = np.abs(drawn.pixels[..., :3].astype(int) - expected.numpy())
    assert apart.max() <= 1, "rounding may move a value over a whole number"
    assert drawn.plane == turned
    assert drawn.tile == TileId(FINE, 2, -1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "low_db", "high_db"),
    [("stylegan2", 5, 30), ("stylegan3-t", 50, 200), ("stylegan3-r", 50, 200)],
)
def test_seams_tell_the_bundled_networks_apart(
    kind: str, low_db: float, high_db: float, tiles: TileRenderer
) -> None:
    source = f"bundled:relief-{kind}"
    grid = grid_of(kind, 64)
    square = [TileId(FINE, x, y) for x in (-1, 0) for y in (-1, 0)]
    result = tiles.render(asked(plane(source), grid, *square))
    seams = {(seam.tile, seam.border): seam for one in result.tiles for seam in one.seams}
    assert set(seams) == {
        (TileId(FINE, -1, -1), "right"),
        (TileId(FINE, -1, 0), "right"),
        (TileId(FINE, -1, -1), "below"),
        (TileId(FINE, 0, -1), "below"),
    }
    level = seam_db(*pooled(seams))
    assert level is not None
    assert low_db <= level <= high_db
    net = load_network(f"generator/pretrained/relief-{kind}.safetensors")
    with torch.no_grad():
        ws = net.mapping(seed_z([5], net.z_dim))
        # Batched and single layers may round differently.
        expected = measure_seams(net, ws, rows=2, columns=2).pooled_db
        assert level == pytest.approx(expected, abs=1.0)


def test_far_from_the_origin_tiles_still_join(tiles: TileRenderer) -> None:
    grid = grid_of("stylegan3-r", 64)
    far = 100_000
    pair = [TileId(FINE, far, -far), TileId(FINE, far + 1, -far)]
    result = tiles.render(asked(plane("bundled:relief-stylegan3-r"), grid, *pair))
    level = seam_db(*pooled({(s.tile, s.border): s for one in result.tiles for s in one.seams}))
    assert level is not None
    assert level >= 50


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_estimates_keep_to_the_colours_that_the_network_draws(channels: int) -> None:
    """Features unlike any before once made colours that no picture has."""
    random = torch.Generator().manual_seed(0)
    features = torch.randn(500, 4, generator=random)
    colours = (features @ torch.randn(4, channels, generator=random)).clamp(-0.5, 0.25)
    estimator = _Estimator.of(4, channels, torch.device("cpu"))
    estimator.learn(features, colours)
    estimated = estimator.colours(10 * features)
    assert (estimated >= colours.amin(0)).all()
    assert (estimated <= colours.amax(0)).all()
    assert estimated.std() > 0.1


@pytest.mark.slow
def test_estimates_resemble_what_they_stand_for(tiles: TileRenderer) -> None:
    """Explained variance of colours, shrunk to an estimate's rate."""
    source, grid = "bundled:relief-stylegan3-t", grid_of("stylegan3-t", 64)
    learnt = [TileId(FINE, x, y) for x in range(-2, 2) for y in range(-1, 1)]
    away = [TileId(COARSE, 3, 2), TileId(COARSE, -4, 1)]
    truth = [
        TileId(FINE, 2 * one.column + x, 2 * one.row + y)
        for one in away
        for x in (0, 1)
        for y in (0, 1)
    ]
    result = tiles.render(asked(plane(source), grid, *learnt, *away, *truth))
    found = {one.tile: one.pixels[..., :3].astype(float) for one in result.tiles}
    rim, half = grid.overlap_px // 2, grid.step_px // 2
    for one in away:
        whole = np.zeros((2 * half, 2 * half, 3))
        for x in (0, 1):
            for y in (0, 1):
                fine = found[TileId(FINE, 2 * one.column + x, 2 * one.row + y)][rim:-rim, rim:-rim]
                shrunk = fine.reshape(half, 2, half, 2, 3).mean((1, 3))
                whole[y * half : (y + 1) * half, x * half : (x + 1) * half] = shrunk
        error = np.square(found[one] - whole).mean()
        assert error < 0.6 * np.square(whole - whole.mean((0, 1))).mean()


def test_estimates_need_nothing_drawn_before(
    network_files: dict[str, str], tiles: TileRenderer
) -> None:
    for kind in ("stylegan2", "stylegan3-r"):
        grid = grid_of(kind, 32)
        result = tiles.render(asked(plane(network_files[kind]), grid, TileId(COARSE, 1, 1)))
        assert not result.errors
        assert result.tiles[0].pixels.shape == (grid.step_px, grid.step_px, 4)


@pytest.mark.slow
def test_a_moment_holds_a_few_tiles_and_ends_early_when_interrupted(
    network_files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = grid_of("stylegan3-t", 32)
    row = [TileId(FINE, x, 0) for x in range(50)]
    request = asked(plane(network_files["stylegan3-t"]), grid, *row)
    renderer = TileRenderer(NetworkStore(lambda _event: None))
    monkeypatch.setattr(tiles_module, "MOMENT_S", 0.0)
    assert len(renderer.render(request).tiles) == 1
    monkeypatch.setattr(tiles_module, "MOMENT_S", PATIENT)
    assert len(renderer.render(request, lambda: True).tiles) == 1
    assert [one.tile for one in renderer.render(request).tiles] == row


def test_a_plane_that_cannot_be_drawn_leaves_the_others(
    network_files: dict[str, str], tiles: TileRenderer
) -> None:
    grid, good = grid_of("stylegan3-t", 32), plane(network_files["stylegan3-t"])
    bad, nowhere = plane("/nowhere.safetensors"), plane(good.source, device="cuda:77")
    wanted = [(bad, grid, TileId(FINE, 0, 0)), (nowhere, grid, TileId(FINE, 0, 0))]
    result = tiles.render(TilesRequest((*wanted, (good, grid, TileId(FINE, 0, 0))), threads=1))
    assert [one.plane for one in result.tiles] == [good]
    errors = dict(result.errors)
    assert errors.keys() == {bad, nowhere}
    assert "nowhere" in errors[bad]
    assert "cuda:77" in errors[nowhere]
    assert not any("\n" in error for error in errors.values())


@pytest.mark.slow
def test_what_is_remembered_is_bounded(
    network_files: dict[str, str], monkeypatch: pytest.MonkeyPatch, tiles: TileRenderer
) -> None:
    monkeypatch.setattr(tiles_module, "RIM_BYTES", 8 * 5 * 4 * 3 * 4 * 4 * 32)
    source, grid = network_files["stylegan3-t"], grid_of("stylegan3-t", 32)
    row = [TileId(FINE, x, 0) for x in range(7)]
    for psi in np.linspace(0.1, 1, 10):
        tiles.render(asked(plane(source, psi=float(psi)), grid, *row))
    assert len(tiles._drawers) == tiles_module.REMEMBERED_PLANES
    assert all(len(one.rims) == 5 for one in tiles._drawers.values())


def test_tiles_on_disk_come_back_until_the_network_changes(
    network_files: dict[str, str], tmp_path: Path
) -> None:
    source = tmp_path / "network.safetensors"
    shutil.copy(network_files["stylegan3-t"], source)
    files = TileFiles(tmp_path / "tiles")
    one, grid, tile = plane(str(source)), grid_of("stylegan3-t", 32), TileId(FINE, 1, 2)

    def drawn(**how: object) -> DrawnTile:
        renderer = TileRenderer(NetworkStore(lambda _event: None), files)
        request = replace(asked(one, grid, tile), **how)  # type: ignore[arg-type]
        return renderer.render(request).tiles[0]

    drawn()
    assert not (tmp_path / "tiles").exists(), "only on request"
    first = drawn(disk_bytes=10**9)
    (path,) = (tmp_path / "tiles").glob("*/*.png")
    np.testing.assert_array_equal(files.get(path), first.pixels)
    Image.fromarray(255 - first.pixels[..., :3]).save(path)
    inverted = drawn(disk_bytes=10**9).pixels
    assert np.array_equal(inverted[..., :3], 255 - first.pixels[..., :3]), "read, not drawn"
    measured = drawn(disk_bytes=10**9, measured=True).pixels
    assert np.array_equal(measured, first.pixels), "seams need tiles that are drawn"
    path.write_bytes(b"broken")
    assert np.array_equal(drawn(disk_bytes=10**9).pixels, first.pixels)
    os.utime(source, (1, 1))
    drawn(disk_bytes=10**9)
    assert len(list((tmp_path / "tiles").glob("*/*.png"))) == 2


def test_tiles_on_disk_keep_their_bound(tmp_path: Path) -> None:
    files = TileFiles(tmp_path)
    random = np.random.default_rng(0)
    for index in range(40):
        noise = random.integers(0, 256, (32, 32, 4), np.uint8)
        path = tmp_path / f"{index % 4:02}" / f"{index:02}.png"
        files.put(path, noise, 60_000)
        os.utime(path, (index, index))
        assert sum(one.stat().st_size for one in tmp_path.glob("*/*.png")) <= 60_000
    left = sorted(int(one.stem) for one in tmp_path.glob("*/*.png"))
    assert left == list(range(left[0], 40)), "the oldest have gone"


def test_a_disk_that_cannot_be_written_costs_the_files_alone(
    network_files: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "tiles").write_text("in the way")
    renderer = TileRenderer(NetworkStore(lambda _event: None), TileFiles(tmp_path / "tiles"))
    one, grid = plane(network_files["stylegan3-t"]), grid_of("stylegan3-t", 32)
    request = replace(asked(one, grid, TileId(FINE, 0, 0)), disk_bytes=10**9)
    result = renderer.render(request)
    assert len(result.tiles) == 1
    assert not result.errors
