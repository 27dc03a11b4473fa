"""Single layers told to draw differently: style and noise."""

from __future__ import annotations

import pytest
import torch

from generator import Generator, LayerEdit, NetworkConfig, build_network

KINDS = ("stylegan2", "stylegan3-t", "stylegan3-r")


@pytest.fixture(scope="module", params=KINDS)
def net(request: pytest.FixtureRequest) -> Generator:
    config = NetworkConfig(
        kind=request.param, resolution=16, z_dim=8, w_dim=8, channel_base=128, channel_max=8
    )
    net = build_network(config, seed=2).double().eval().requires_grad_(False)
    for name, parameter in net.named_parameters():
        if name.endswith("noise_strength"):
            parameter.fill_(0.5)
    return net


def drawn(net: Generator, count: int = 1, **settings: object) -> torch.Tensor:
    z = torch.randn(count, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return net.synthesis(net.mapping(z), **settings)


def styled(net: Generator) -> list[str]:
    return [layer.name for layer in net.synthesis.layers if layer.kernel]


@pytest.mark.slow
def test_an_edit_of_nothing_changes_nothing(net: Generator) -> None:
    edits = {name: LayerEdit() for name in styled(net)}
    torch.testing.assert_close(drawn(net, edits=edits), drawn(net), rtol=0, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2])
def test_the_style_that_a_layer_takes_is_the_edited_one(net: Generator, count: int) -> None:
    """The same picture comes of an affine map whose bias and weight are edited."""
    for name in (styled(net)[1], styled(net)[-1]):
        affine = net.synthesis.get_submodule(name).get_submodule("affine")
        offset = torch.linspace(-0.3, 0.4, affine.bias.numel(), dtype=torch.float64)
        edited = drawn(net, count, edits={name: LayerEdit(style_gain=0.7, style_offset=offset)})
        weight, bias = affine.weight.clone(), affine.bias.clone()
        affine.weight.mul_(0.7)
        affine.bias.mul_(0.7).add_(offset / affine.bias_gain)
        expected = drawn(net, count)
        affine.weight.copy_(weight)
        affine.bias.copy_(bias)
        torch.testing.assert_close(edited, expected, rtol=0, atol=1e-10)
        assert (edited - drawn(net, count)).abs().max() > 1e-4


def test_noise_is_switched_layer_by_layer() -> None:
    config = NetworkConfig(
        kind="stylegan2", resolution=16, z_dim=8, w_dim=8, channel_base=128, channel_max=8
    )
    net = build_network(config, seed=2).double().eval().requires_grad_(False)
    noisy = net.synthesis.get_submodule("b8.conv1")
    noisy.get_parameter("noise_strength").fill_(0.5)
    silent = drawn(net, noise="none")
    assert (drawn(net) - silent).abs().max() > 1e-3
    other = drawn(net, edits={"b8.conv0": LayerEdit(noise=False)})
    torch.testing.assert_close(other, drawn(net), rtol=0, atol=0)
    switched = drawn(net, edits={"b8.conv1": LayerEdit(noise=False)})
    torch.testing.assert_close(switched, silent, rtol=0, atol=0)


def test_a_layer_without_a_style_is_refused(net: Generator) -> None:
    for name in ("input", "nowhere"):
        with pytest.raises(ValueError, match=name):
            drawn(net, edits={name: LayerEdit()})


def test_style_is_what_the_affine_map_gives(net: Generator) -> None:
    w = torch.randn(3, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for layer in net.synthesis.layers[1:]:
        style = net.synthesis.style(layer.name, w)
        assert style.shape == (3, layer.in_channels)
        assert style.mean() == pytest.approx(1.0, abs=1.0)
