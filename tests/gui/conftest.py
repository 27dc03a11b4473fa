"""Small networks on disk, and the whole program without a display."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from generator import NetworkConfig, build_network, save_network


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Freshly initialised networks of 32², by kind."""
    folder = tmp_path_factory.mktemp("networks")
    files = {}
    for kind in ("stylegan2", "stylegan3-r"):
        config = NetworkConfig(
            kind=kind, resolution=32, z_dim=16, w_dim=16, channel_base=256, channel_max=16
        )
        files[kind] = str(folder / f"tiny-{kind}.safetensors")
        save_network(files[kind], build_network(config, seed=3))
    return files


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for preferences that is not the user's."""
    folder = tmp_path_factory.mktemp("settings")
    before = os.environ.get("XDG_CONFIG_HOME")
    os.environ["XDG_CONFIG_HOME"] = str(folder)
    yield folder
    if before is None:
        del os.environ["XDG_CONFIG_HOME"]
    else:
        os.environ["XDG_CONFIG_HOME"] = before
