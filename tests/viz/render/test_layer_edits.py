"""What is asked of single layers, and what is told about them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from generator import load_network, seed_z, to_uint8
from viz.protocol.request import LatentPoint, LayerChange, Placement, Request
from viz.render.renderer import Renderer

LIVELY_SEED = 5
"""Gives the small StyleGAN3-R network a picture with some contrast."""
KINDS = ("stylegan2", "stylegan3-t", "stylegan3-r")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def request(*sources: str, **changes: object) -> Request:
    return replace(Request(networks=sources, threads=1), **changes)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_strip_brings_figures_of_every_layer(
    renderer: Renderer, network_files: dict[str, str], kind: str
) -> None:
    source = network_files[kind]
    wanted = request(source, strip_slot=0, strip_px=8, precision="bf16")
    (drawn,) = renderer.render(wanted).networks
    net = load_network(source)
    outputs: dict[str, torch.Tensor] = {}
    ws = net.mapping(seed_z([0], 16))
    with torch.inference_mode():
        net.synthesis(ws, precision="bf16", taps=lambda name, x: outputs.update({name: x}))
    assert drawn.summary is not None
    for row, figures in zip(drawn.summary.layers, drawn.figures, strict=True):
        x = outputs[row.name]
        assert figures.dtype == str(x.dtype).removeprefix("torch.")
        assert figures.mean == pytest.approx(float(x.float().mean()), abs=1e-3)
        assert figures.std == pytest.approx(float(x.float().std(correction=0)), rel=1e-3)
        assert (figures.low, figures.high) == (float(x.min()), float(x.max()))
        info = next(layer for layer in net.synthesis.layers if layer.name == row.name)
        assert (row.up, row.down) == (info.up, info.down)
        assert row.has_noise == (kind == "stylegan2" and "conv" in row.name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_layers_style_gain_of_zero_is_the_mean_w_in_that_layer(
    renderer: Renderer, network_files: dict[str, str], kind: str
) -> None:
    source = network_files[kind]
    net = load_network(source)
    # Only toRGB of the last block and StyleGAN3's layers take an entry of ws that no other takes.
    layer, entry = net.synthesis.layers[-1].name, net.num_ws - 1
    ws = net.mapping(seed_z([LIVELY_SEED], 16))
    ws[:, entry] = net.mapping.w_avg
    with torch.inference_mode():
        expected = to_uint8(net.synthesis(ws))
    place = Placement(LatentPoint(seeds=((LIVELY_SEED, 1.0),)))
    changes = ((0, (LayerChange(layer, style_gain=0.0), LayerChange("nowhere"))),)
    (drawn,) = renderer.render(request(source, place=place, changes=changes)).networks
    assert drawn.picture is not None
    difference = drawn.picture[..., :3].astype(int) - expected[0].permute(1, 2, 0).numpy()
    assert abs(difference).max() <= 1  # rounding to 8 bits


def test_changes_are_those_of_one_network_and_of_one_channel(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan3-t"]
    name = load_network(source).synthesis.layers[-1].name

    def pictures(*changes: LayerChange) -> list[np.ndarray]:
        result = renderer.render(request(source, source, changes=((1, changes),)))
        return [one.picture for one in result.networks if one.picture is not None]

    plain, one_channel = pictures(LayerChange(name, style_offset=4.0, style_channel=0))
    _, all_channels = pictures(LayerChange(name, style_offset=4.0))
    _, beyond = pictures(LayerChange(name, style_offset=4.0, style_channel=999))
    assert not np.array_equal(plain, one_channel)
    assert not np.array_equal(one_channel, all_channels)
    np.testing.assert_array_equal(plain, beyond)


def test_scores_come_where_they_are_asked_for(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan2"]
    (without,) = renderer.render(request(source)).networks
    (with_scores,) = renderer.render(request(source, scores="principal")).networks
    assert without.scores is None
    assert with_scores.scores is not None
    assert with_scores.ws is not None
    assert with_scores.scores.shape == (len(with_scores.ws), 16)
    assert 0.1 < np.abs(with_scores.scores).mean() < 3
