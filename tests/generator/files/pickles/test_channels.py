"""Networks whose pictures are grey, or colours with opacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from generator import NetworkConfig, NetworkFileError, build_network, load_network, to_uint8
from generator.commands.pictures import images
from generator.drawing.seams import measure_seams
from tests.generator.files.pickles.test_torch_networks import options_of, write
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


@torch.no_grad()
@pytest.mark.parametrize(
    ("size", "arguments"),
    [
        ((32, 48), {"img_resolution": 48}),
        ((32, 48), {"img_resolution": [32, 48]}),
        ((32, 48), {"img_resolution": None}),
        ((32, 48), {"img_resolution": 32, "init_res": [4, 6]}),
        ((32, 16), {"img_resolution": 32, "square": False}),
    ],
)
def test_forks_for_other_shapes_are_drawn(
    size: tuple[int, int], arguments: dict[str, object], tmp_path: Path
) -> None:
    """Their constant says it, whatever they call the resolution."""
    config = NetworkConfig(
        kind="stylegan2", input="const", resolution=32, size=size, z_dim=16, w_dim=16,
        channel_base=256, channel_max=8, img_channels=4,
    )  # fmt: skip
    own = build_network(config, seed=1)
    weights = {name: tensor.numpy() for name, tensor in own.state_dict().items()}
    options = options_of(config) | arguments | {"img_channels": 4}
    net = load_network(write(tmp_path / "net.pkl", weights, options))
    assert net.config == config
    z = torch.randn(2, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        net.synthesis(net.mapping(z)), own.synthesis(own.mapping(z)), rtol=0, atol=0
    )


@pytest.mark.parametrize("shape", [(8, 4, 0), (8, 4, 300), (8, 4), (8, 2000, 4), (8, 3, 5, 1)])
def test_constants_of_no_picture_are_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    config = NetworkConfig(
        kind="stylegan2", input="const", resolution=32, z_dim=16, w_dim=16, channel_base=256,
        channel_max=8,
    )  # fmt: skip
    weights = {name: one.numpy() for name, one in build_network(config).state_dict().items()}
    weights["synthesis.b4.const"] = np.zeros(shape, np.float32)
    path = write(tmp_path / "net.pkl", weights, options_of(config))
    with pytest.raises(NetworkFileError):
        load_network(path)


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
