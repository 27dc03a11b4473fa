"""Networks whose pictures are no squares, and all that is drawn and measured of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from generator import NetworkConfig, build_network, save_network
from viz.model.comparison import untransformed
from viz.protocol.equivariance import EquivarianceRequest, Move
from viz.protocol.request import MapsRequest, Request, SpectrumRequest
from viz.protocol.tiles import FINE, TileId, TilesRequest, grid_of, plane_of
from viz.protocol.transforms import inverse_of
from viz.render.renderer import Renderer
from viz.render.tiles.renderer import TileRenderer

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (32, 48)


@pytest.fixture(params=["stylegan2", "stylegan3-t", "stylegan3-r"])
def request_of_wide(request: pytest.FixtureRequest, tmp_path: Path) -> Request:
    """A request for a network of 48 × 32 pixels."""
    config = NetworkConfig(
        kind=request.param, resolution=32, size=SIZE, z_dim=8, w_dim=8, channel_base=256,
        channel_max=8, layers=6, margin=4,
    )  # fmt: skip
    path = tmp_path / "wide.safetensors"
    save_network(path, build_network(config))
    return Request(networks=(str(path),), threads=1)


def test_pictures_canvases_and_instruments(request_of_wide: Request) -> None:
    renderer = Renderer()
    (drawn,) = renderer.render(request_of_wide).networks
    assert not drawn.error
    assert drawn.picture.shape == (*SIZE, 4)
    assert drawn.summary.size == SIZE
    assert drawn.summary.size_text == "48×32"
    (wider,) = renderer.render(replace(request_of_wide, extent=2)).networks
    assert wider.picture.shape == (64, 96, 4)
    name = drawn.summary.layers[2].name
    measured = replace(
        request_of_wide,
        spectrum=SpectrumRequest(layer=name),
        maps=MapsRequest(0, name, 0, 2),
        strip_px=16,
        strip_slot=0,
        equivariance=EquivarianceRequest(None, Move("rotation", (0.3,))),
    )
    (found,) = renderer.render(measured).networks
    assert not found.error
    layer = drawn.summary.layers[2]
    assert found.maps.maps.shape == (2, layer.height, layer.width)
    assert found.spectrum.power_db.shape[0] == found.spectrum.power_db.shape[1]
    assert found.equivariance.error_db.shape == SIZE
    (whole,) = renderer.render(replace(request_of_wide, spectrum=SpectrumRequest())).networks
    assert whole.spectrum.rate == 32


def test_tiles_of_the_plane(request_of_wide: Request) -> None:
    renderer = Renderer()
    (drawn,) = renderer.render(request_of_wide).networks
    grid = grid_of(drawn.summary.kind, drawn.summary.resolution)
    plane = plane_of(request_of_wide, 0, precision="fp32", angle_rad=0.0)
    wanted = tuple((plane, grid, TileId(FINE, column, 0)) for column in (-1, 0))
    result = TileRenderer(renderer.networks).render(TilesRequest(wanted, threads=1))
    assert not result.errors
    assert result.tiles[0].pixels.shape == (grid.drawn_px, grid.drawn_px, 4)


def test_what_is_undone_counts_in_one_unit() -> None:
    """A quarter of a unit of 32 pixels is 8 pixels, across and down."""
    picture = np.random.default_rng(0).integers(0, 256, (*SIZE, 4), np.uint8)
    picture[..., 3] = 255
    inverse = inverse_of(shift=(0.25, 0.25), angle_rad=0.0, shear=0.0, scale=1.0)
    back = untransformed(picture, inverse, 32)
    np.testing.assert_array_equal(back[:-8, :-8], picture[8:, 8:])
    turn = inverse_of(shift=(0.0, 0.0), angle_rad=np.pi, shear=0.0, scale=1.0)
    back = untransformed(picture, turn, 32).astype(int)
    assert np.abs(back - picture[::-1, ::-1]).max() <= 1, "rounding may move a value"
