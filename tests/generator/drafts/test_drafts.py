"""Thin copies of networks: what they equal, and how near to the pictures they come."""

from __future__ import annotations

from dataclasses import replace
from statistics import mean

import pytest
import torch
from torch import Tensor

from generator import Generator, NetworkConfig, build_network, bundled_networks, load_network
from generator.drafts.fit import Samples, ThinFit, chosen_channels
from generator.drafts.thin import MARGIN, Reach, Readout, ThinLayers, ThinNetwork
from generator.transforms import translation


def db(first: Tensor, second: Tensor) -> float:
    return float(10 * torch.log10(4 / (first - second).square().mean()))


@pytest.fixture(scope="module", params=["relief-stylegan3-t", "relief-stylegan3-r"])
def trained(request: pytest.FixtureRequest) -> Generator:
    path = next(path for path in bundled_networks() if path.stem == request.param)
    return load_network(path).requires_grad_(False)


@torch.inference_mode()
def fitted(net: Generator, ws: Tensor, **drawn: Tensor) -> tuple[ThinNetwork, Tensor]:
    samples = Samples(net)
    image = net.synthesis(ws, taps=samples, **drawn)
    return ThinFit(net, samples, image, ws, transform=drawn.get("transform")).whole(), image


def latents(net: Generator, count: int = 2) -> list[Tensor]:
    random = torch.Generator().manual_seed(4)
    return [net.mapping(torch.randn(1, net.z_dim, generator=random)) for _ in range(count)]


@pytest.mark.parametrize("kind", ["stylegan3-t", "stylegan3-r"])
@torch.inference_mode()
def test_with_all_channels_a_thin_copy_is_the_network_with_a_narrow_margin(kind: str) -> None:
    config = NetworkConfig(
        kind=kind, resolution=32, z_dim=8, w_dim=8, channel_base=256, channel_max=16, layers=6
    )
    net = build_network(config, seed=2)
    narrow = build_network(replace(config, margin=MARGIN), seed=2)
    last = net.synthesis.layers[-1]
    torgb = narrow.synthesis.get_submodule(narrow.synthesis.layers[-1].name)
    ws = latents(net, 1)[0]
    parts = ThinLayers(net, [torch.arange(layer.channels) for layer in net.synthesis.layers[1:-1]])
    weight = torgb.modulation(ws[:, -1], torch.float32).weight.reshape(last.channels, -1)
    readout = Readout(config.output_scale * weight, config.output_scale * torgb.bias)
    whole = [Reach(torch.eye(layer.channels), readout) for layer in net.synthesis.layers[1:-1]]
    moved = translation(0.1, -0.2)
    drawn = ThinNetwork(parts, whole).draw(ws, len(whole) - 1, transform=moved)
    torch.testing.assert_close(drawn, narrow.synthesis(ws, transform=moved), atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_a_draft_is_near_the_picture_and_stays_nearer_than_the_last_one(trained: Generator) -> None:
    here, coarse, near = [], [], []
    for ws, other in zip(latents(trained, 4), latents(trained, 5)[1:], strict=True):
        thin, image = fitted(trained, ws)
        last = len(thin.reaches) - 1
        flat = db(image.mean((2, 3), keepdim=True), image)
        here.append(db(thin.draw(ws, last), image) - flat)
        coarse.append(db(thin.draw(ws, 2), image) - flat)
        moved = ws + 0.15 * (other - ws)
        wanted = trained.synthesis(moved)
        near.append(db(thin.draw(moved, last), wanted) - db(image, wanted))
    assert mean(here) > 4, "nearer than the mean colour"
    assert mean(here) > mean(coarse) > 2
    assert mean(near) > 2, "nearer than the picture before"


@torch.inference_mode()
def test_a_draft_goes_on_from_a_layer_of_the_whole_network(trained: Generator) -> None:
    ws, other = latents(trained)
    thin, _ = fitted(trained, ws)
    near, last = ws + 0.3 * (other - ws), len(thin.reaches) - 1
    drawn: dict[str, Tensor] = {}
    wanted = trained.synthesis(near, taps=drawn.__setitem__)
    steps = [db(thin.draw(near, last), wanted)]
    for index in (last // 2 + 1, last - 1):
        entered = index, drawn[thin.parts.own[index].name]
        steps.append(db(thin.draw(near, last, entered=entered), wanted))
    assert steps[0] < steps[1] < steps[2], "the later it begins, the nearer it comes"


@torch.inference_mode()
def test_the_middle_of_a_picture_is_enough_for_a_first_draft(trained: Generator) -> None:
    ws = latents(trained, 2)[1]
    samples, step = Samples(trained), trained.synthesis.canvas_step
    side = 2 * step * (trained.resolution // (4 * step))
    middle = trained.synthesis(ws, canvas=(side, side), taps=samples)
    thin = ThinFit(trained, samples, middle, ws).whole()
    image = trained.synthesis(ws)
    flat = db(image.mean((2, 3), keepdim=True), image)
    assert db(thin.draw(ws, len(thin.reaches) - 1), image) > flat + 1


@torch.inference_mode()
def test_a_second_fit_keeps_the_channels(trained: Generator) -> None:
    first, second = latents(trained)
    thin, _ = fitted(trained, first)
    samples = Samples(trained)
    image = trained.synthesis(second, taps=samples)
    again = ThinFit(trained, samples, image, second, parts=thin.parts).whole()
    assert again.parts is thin.parts
    last = len(again.reaches) - 1
    assert db(again.draw(second, last), image) > db(thin.draw(second, last), image) + 1


def test_channels_that_say_the_same_are_kept_once() -> None:
    one, two = torch.randn(2, 100, generator=torch.Generator().manual_seed(0))
    x = torch.stack([one, 2 * one, one, two, -two, one + two])
    chosen = chosen_channels(x @ x.T, 2).tolist()
    rest = torch.linalg.lstsq(x[chosen].T, x.T).residuals
    torch.testing.assert_close(rest, torch.zeros_like(rest), atol=1e-6, rtol=0)
