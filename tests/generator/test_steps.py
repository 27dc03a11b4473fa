"""The steps of a layer, against what the fused layer draws and against known band limits."""

from __future__ import annotations

import pytest
import torch

from generator import Generator, NetworkConfig, build_network
from generator.steps import Step, StepTracer, step_names
from ops.bands import above_band_db

KINDS = ("stylegan2", "stylegan3-t", "stylegan3-r")


def drawn(kind: str, resolution: int = 32) -> tuple[Generator, torch.Tensor]:
    config = NetworkConfig(
        kind=kind, resolution=resolution, z_dim=16, w_dim=16, channel_base=512, channel_max=16
    )
    net = build_network(config, seed=1)
    with torch.no_grad():
        for name, parameter in net.synthesis.named_parameters():
            if name.endswith(("bias", "noise_strength")):
                parameter.add_(0.1)
        ws = net.mapping(torch.randn(1, 16, generator=torch.Generator().manual_seed(2)))
    return net, ws


def traced(net: Generator, ws: torch.Tensor, **options: object) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}

    def take(step: Step) -> None:
        found.setdefault(step.layer.name, []).append(step)

    tracer = StepTracer(net, ws, take, **options)
    with torch.inference_mode():
        net.synthesis(ws, taps=tracer)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_layer_is_taken_apart_into_its_steps(kind: str) -> None:
    net, ws = drawn(kind)
    found = traced(net, ws, channels=4)
    assert list(found) == [info.name for info in net.synthesis.layers]
    for info in net.synthesis.layers:
        assert tuple(step.name for step in found[info.name]) == tuple(step_names(info))
        assert all(step.x.shape[1] <= 4 for step in found[info.name])


@pytest.mark.parametrize("kind", KINDS)
def test_the_steps_lead_to_what_the_layer_draws(kind: str) -> None:
    net, ws = drawn(kind)
    outputs: dict[str, torch.Tensor] = {}
    found = traced(net, ws)
    with torch.inference_mode():
        net.synthesis(ws, taps=lambda name, x: outputs.update({name: x}))
    for info in net.synthesis.layers:
        last, output = found[info.name][-1], outputs[info.name]
        if info.name == "input" or kind != "stylegan2":
            x = last.x if not info.to_rgb else last.x + bias_of(net, info.name)
            shown = x[:, :, :: info.down, :: info.down]
            # Fused and separate operations round differently.
            torch.testing.assert_close(shown, output, atol=1e-4, rtol=1e-4)
        elif info.to_rgb:
            torch.testing.assert_close(last.x + bias_of(net, info.name), output)
        else:
            # Before the nonlinearity, StyleGAN2's steps are at the rate of the layer.
            step = found[info.name][-3]
            x = step.x + bias_of(net, info.name)
            if info.up > 1:
                layer = net.synthesis.get_submodule(info.name)
                x = x + layer.noise_const * layer.noise_strength
            expected = torch.nn.functional.leaky_relu(x, 0.2) * 2**0.5
            torch.testing.assert_close(expected, output, atol=1e-4, rtol=1e-4)


def bias_of(net: Generator, name: str) -> torch.Tensor:
    return net.synthesis.get_submodule(name).bias[:, None, None]


def test_only_the_wanted_layer_is_traced() -> None:
    net, ws = drawn("stylegan3-t")
    name = net.synthesis.layers[3].name
    assert list(traced(net, ws, layers=frozenset({name}))) == [name]


@pytest.mark.slow
def test_frequencies_are_made_by_the_nonlinearity_and_removed_only_by_stylegan3() -> None:
    """Above the stopband, or half the rate: the paper's argument in figures."""
    removed = {}
    for kind in KINDS:
        net, ws = drawn(kind, resolution=64)
        for steps in traced(net, ws).values():
            names = {step.name: step for step in steps}
            if "nonlinearity" not in names or steps[0].layer.size[0] < 32:
                continue
            made, left = (
                above_band_db(step.x, (step.band.stopband or step.band.cutoff) / step.rate)
                for step in (names["nonlinearity"], names["downsample"])
            )
            assert made is not None
            assert left is not None
            # Below that the untrained layers make little more than what the window leaks.
            if made > -45:
                removed.setdefault(kind, []).append(made - left)
            if kind == "stylegan2":
                assert left == made
    for kind in ("stylegan3-t", "stylegan3-r"):
        assert len(removed[kind]) > 5
        assert min(removed[kind]) > 12
