"""Pictures with other than three channels as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generator import NetworkConfig, build_network, save_network
from viz.protocol.request import Request, SpectrumRequest
from viz.render.feature_maps import BOARD_GREYS, BOARD_SQUARES, rgba, shown_colours
from viz.render.renderer import Renderer

if TYPE_CHECKING:
    from pathlib import Path


def test_grey_is_shown_as_grey() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4, 1)
    shown = shown_colours(pixels)
    assert shown.shape == (3, 4, 3)
    for channel in range(3):
        np.testing.assert_array_equal(shown[..., channel], pixels[..., 0])


def test_opacity_lets_a_chequerboard_through() -> None:
    pixels = np.zeros((8 * BOARD_SQUARES, 8 * BOARD_SQUARES, 4), np.uint8)
    pixels[..., :3] = (250, 100, 0)
    shown = shown_colours(pixels)
    assert {tuple(colour) for colour in shown.reshape(-1, 3)} == {(g, g, g) for g in BOARD_GREYS}
    assert tuple(shown[0, 0]) != tuple(shown[0, 8])
    pixels[..., 3] = 255
    np.testing.assert_array_equal(shown_colours(pixels), pixels[..., :3])
    pixels[..., 3] = 128
    half = shown_colours(pixels)[0, 0].astype(int)
    np.testing.assert_allclose(half, (np.array([250, 100, 0]) + BOARD_GREYS[1]) / 2, atol=1)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_textures_are_opaque(channels: int) -> None:
    picture = torch.randint(0, 256, (1, channels, 8, 8), dtype=torch.uint8)
    assert rgba(picture).shape == (8, 8, 4)
    assert (rgba(picture)[..., 3] == 255).all()


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-t"])
@pytest.mark.parametrize("channels", [1, 4])
def test_pictures_and_instruments_take_any_channels(
    kind: str, channels: int, tmp_path: Path
) -> None:
    settings = {"resolution": 32, "z_dim": 8, "w_dim": 8, "channel_base": 256, "channel_max": 8}
    config = NetworkConfig(kind=kind, img_channels=channels, layers=6, margin=4, **settings)
    path = tmp_path / "net.safetensors"
    save_network(path, build_network(config))
    request = Request(networks=(str(path),), threads=1, spectrum=SpectrumRequest())
    (drawn,) = Renderer().render(request).networks
    assert not drawn.error
    assert drawn.picture.shape == (32, 32, 4)
    assert drawn.spectrum is not None
    if channels == 1:
        np.testing.assert_array_equal(drawn.picture[..., 0], drawn.picture[..., 2])
