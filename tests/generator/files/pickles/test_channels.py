"""Networks whose pictures are grey, or colours with opacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from generator import load_network, to_uint8
from generator.commands.pictures import images
from generator.drawing.seams import measure_seams
from tests.generator.nvidia_files import golden, write_golden

if TYPE_CHECKING:
    from pathlib import Path


def write_channels(path: Path, channels: int) -> tuple[Path, np.ndarray, np.ndarray]:
    """A golden network whose picture has its first channels, or its last one twice.

    Returns:
        The file, z, and the picture that belongs to it.
    """
    _, weights, arrays = golden("stylegan2")
    kept = [0, 1, 2, 2][:channels]
    changed = {
        name: array[kept] if name.endswith(("torgb.weight", "torgb.bias")) else array
        for name, array in weights.items()
    }
    options = {"img_channels": channels}
    write_golden(path, "stylegan2", holds=("G_ema",), weights=changed, options=options)
    return path, arrays["z"], arrays["img_noise_const"][:, kept]


@torch.no_grad()
@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_opacity_are_drawn(channels: int, tmp_path: Path) -> None:
    path, z, expected = write_channels(tmp_path / "net.pkl", channels)
    net = load_network(path)
    assert net.img_channels == channels
    ws = net.mapping(torch.from_numpy(z), None)
    np.testing.assert_allclose(net.synthesis(ws).numpy(), expected, atol=1e-4)
    assert measure_seams(net, ws[:1], rows=1, columns=2).vertical_db.shape == (1, 1)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (4, "RGBA")])
def test_pictures_are_written_with_their_channels(channels: int, mode: str, tmp_path: Path) -> None:
    path, _, _ = write_channels(tmp_path / "net.pkl", channels)
    images((str(path),), seeds="3", psi=1.0, noise="const", out=tmp_path / "out")
    net = load_network(path)
    z = torch.from_numpy(np.random.RandomState(3).randn(1, net.z_dim)).float()
    with torch.no_grad():
        pixels = to_uint8(net.synthesis(net.mapping(z)))[0].permute(1, 2, 0).numpy()
    with Image.open(tmp_path / "out" / "seed0003.png") as image:
        assert image.mode == mode
        written = np.asarray(image).reshape(pixels.shape)
    np.testing.assert_allclose(written.astype(int), pixels.astype(int), atol=1)
