"""Small networks for the tests of the generators."""

from collections.abc import Callable

import pytest
import torch

from generator import Generator, NetworkConfig, build_network
from tests.generator.https_server import server, trusted

__all__ = ["server", "trusted"]

KINDS = ("stylegan2", "stylegan3-t", "stylegan3-r")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each of the three systems in turn."""
    return request.param


@pytest.fixture
def tiny() -> Callable[..., Generator]:
    """Builds networks of 32 pixels and a handful of channels."""

    def build(kind: str, seed: int = 0, **options: object) -> Generator:
        settings = {"resolution": 32, "z_dim": 16, "w_dim": 16, "channel_base": 256}
        settings |= {"channel_max": 8, "layers": 6, "margin": 4}
        net = build_network(NetworkConfig(kind=kind, **(settings | options)), seed=seed)
        # Untrained noise strengths are 0, which would hide noise from the tests.
        with torch.no_grad():
            for name, parameter in net.named_parameters():
                if name.endswith("noise_strength"):
                    parameter.fill_(0.1)
        return net

    return build
