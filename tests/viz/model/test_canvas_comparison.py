"""Canvases larger than trained in the visualizer: the renderer's part and the view's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generator import load_network, seed_z, to_uint8
from viz.model.comparison import untransformed
from viz.protocol.request import Placement, Request, SpectrumRequest
from viz.protocol.transforms import inverse_of
from viz.render.renderer import Renderer
from viz.state.app_state import AppState
from viz.state.inputs import TransformState
from viz.state.to_request import request_for


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-t", "stylegan3-r"])
def test_the_picture_is_the_canvas_of_the_network(network_files: dict[str, str], kind: str) -> None:
    source = network_files[kind]
    transform = TransformState(x=0.1, angle_rad=0.3)
    asked = Request(
        networks=(source,),
        place=Placement(transform=transform.inverse_matrix),
        extent=2,
        threads=1,
        spectrum=SpectrumRequest(),
    )
    (drawn,) = Renderer().render(asked).networks
    net = load_network(source)
    with torch.no_grad():
        matrix = torch.tensor(transform.inverse_matrix).view(3, 3)
        ws = net.mapping(seed_z([0], net.z_dim))
        expected = to_uint8(net.synthesis(ws, transform=matrix, canvas=(64, 64)))[0]
    assert drawn.picture is not None
    assert drawn.extent == 2
    apart = drawn.picture[..., :3].astype(int) - expected.permute(1, 2, 0).numpy()
    assert np.abs(apart).max() <= 1, "rounding may move a value over a whole number"
    assert drawn.spectrum is not None
    assert drawn.spectrum.rate == 32, "more picture, not more samples per picture"


def test_the_request_says_how_much_is_drawn() -> None:
    state = AppState()
    assert request_for(state).extent == 1
    state.canvas.extent = 3
    assert request_for(state).extent == 3


def test_a_canvas_is_untransformed_in_widths_of_the_picture() -> None:
    """A shift by a quarter of the trained picture is an eighth of a canvas two wide."""
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 4), np.uint8)
    picture[..., 3] = 255
    inverse = inverse_of(shift=(0.25, 0.0), angle_rad=0.0, shear=0.0, scale=1.0)
    back = untransformed(picture, inverse, 32)
    np.testing.assert_array_equal(back[:, :56], picture[:, 8:])
    assert not back[:, 56:].any()
