"""Small networks on disk, for what renders."""

from __future__ import annotations

import pytest
import torch

from generator import NetworkConfig, build_network, save_network
from tests.generator.https_server import server, trusted

__all__ = ["server", "trusted"]


@pytest.fixture(scope="session")
def network_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Freshly initialised networks of 32², by kind and with a mean w."""
    folder = tmp_path_factory.mktemp("networks")
    files = {}
    for kind in ("stylegan2", "stylegan3-t", "stylegan3-r"):
        net = build_network(
            NetworkConfig(
                kind=kind, resolution=32, z_dim=16, w_dim=16, channel_base=256, channel_max=16
            ),
            seed=3,
        )
        with torch.no_grad():
            ws = net.mapping(torch.randn(64, 16, generator=torch.Generator().manual_seed(0)))
            net.mapping.w_avg.copy_(ws[:, 0].mean(0))
        files[kind] = str(folder / f"{kind}.safetensors")
        save_network(files[kind], net, info={"kimg": 12})
    return files
