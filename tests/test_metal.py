"""What runs on Apple's GPUs, watched on a device that stands in for one.

No values are compared: those are the CPU's, which the other tests compare. What is found here is
what Metal would refuse: float64, and operators without a Metal kernel.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
import torch

import generator
from generator import Generator, NetworkConfig, build_network, save_network
from generator.directions import style_directions
from generator.equivariance.comparison import Moves
from generator.equivariance.layers import layer_scores
from generator.equivariance.metrics import EquivarianceMeter
from generator.projection.options import ProjectionOptions
from ops.bands import band_energy
from ops.interpolation import interpolate
from ops.spectra import power_spectrum, radial_profile
from tests.stand_in_metal import DEVICE, StandInMetal, on_metal
from train.colours import fit_colours
from train.config.presets import preset
from train.data.dataset import ImageDataset
from train.trainer import Trainer
from viz.protocol.request import LatentPoint, MapsRequest, Placement, Request, SpectrumRequest
from viz.render import devices
from viz.render.renderer import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = ("stylegan2", "stylegan3-t", "stylegan3-r")


@pytest.fixture
def metal(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInMetal]:
    with on_metal(monkeypatch) as mode:
        yield mode


def network(kind: str, device: str = DEVICE) -> Generator:
    config = NetworkConfig(
        kind=kind, resolution=32, z_dim=16, w_dim=16, channel_base=256, channel_max=8, layers=6
    )
    return build_network(config, seed=0).to(device)


def latents(net: Generator, count: int = 1) -> torch.Tensor:
    return net.mapping(torch.randn(count, net.z_dim, device=DEVICE), psi=0.7)


@pytest.mark.parametrize("kind", KINDS)
def test_networks_and_their_gradients(metal: StandInMetal, kind: str) -> None:
    net = network(kind)
    far = torch.tensor([[1.0, 0, 1e6], [0, 1, 0.25], [0, 0, 1]], dtype=torch.float64)
    net.synthesis(latents(net, 2), transform=far).square().sum().backward()
    assert len(metal.operators) > 40


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-r"])
def test_equivariance(metal: StandInMetal, kind: str) -> None:
    net = network(kind)
    meter = EquivarianceMeter(net)
    meter.add(1)
    meter.result()
    for moves in (Moves.of("fractional", [[0.1, 0.05]], 32), Moves.of("rotation", [0.3], 32)):
        assert list(layer_scores(net, latents(net), moves))


def test_spectra(metal: StandInMetal) -> None:
    images = torch.rand(2, 3, 32, 32, device=DEVICE)
    radial_profile(power_spectrum(images))
    band_energy(images, 0.3)
    interpolate(images, 2)


def test_fits(metal: StandInMetal) -> None:
    net = network("stylegan3-t")
    style_directions(net)
    fewer = dataclasses.replace(net.config, layers=4, critical_layers=0)
    fit_colours(build_network(fewer, seed=0).to(DEVICE), net)


def test_projection(metal: StandInMetal) -> None:
    few = ProjectionOptions(
        candidates=32, poses=4, starts=1, search_steps=1, refinements=1, layer_steps=1
    )
    generator.project(network("stylegan3-t"), 2 * torch.rand(3, 32, 32) - 1, few)


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-r"])
def test_training(metal: StandInMetal, kind: str) -> None:
    pictures = torch.zeros(8, 32, 32, 3, dtype=torch.uint8).numpy()
    alias_free = kind != "stylegan2"
    config = dataclasses.replace(
        preset(kind),
        batch=4,
        precision="fp32",
        augment="ada",
        augment_p=0.5,
        input_shift=3.0 * alias_free,
        style_mixing=0.0 if alias_free else 0.9,
        path_length_weight=0.0 if alias_free else 2.0,
    ).for_data(size=(32, 32), c_dim=0)
    trainer = Trainer(config, ImageDataset.from_arrays(pictures), device=DEVICE)
    trainer.step()  # with the penalties, which later ones leave out
    assert any("fused_adam" in name for name in metal.operators)


@pytest.mark.parametrize("kind", KINDS)
def test_requests_of_the_window(
    metal: StandInMetal, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "network.safetensors"
    save_network(path, network(kind, device="cpu"))
    monkeypatch.setattr(devices, "choose_device", lambda _name: torch.device(DEVICE))
    layer = network(kind).synthesis.layers[2].name
    request = Request(
        networks=(str(path),),
        threads=1,
        place=Placement(
            LatentPoint(seeds=((5, 1.0),)), (1.0, 0.0, 0.1, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
        ),
        maps=MapsRequest(0, layer),
        strip_px=16,
        strip_slot=0,
        spectrum=SpectrumRequest(),
    )
    (drawn,) = Renderer().render(request).networks
    assert drawn.error == ""
    assert drawn.picture is not None


def test_what_metal_lacks_is_found(metal: StandInMetal) -> None:
    x = torch.rand(3, 3, device=DEVICE)
    with pytest.raises(TypeError, match="float64"):
        x.double()
    with pytest.raises(NotImplementedError, match="svd"):
        torch.linalg.svd(x)
