"""Which way pictures move: known answers of networks whose picture is known."""

import math

import pytest
import torch

from generator import seed_z, transforms
from generator.fourier import FourierInput


def wave(fx: float, fy: float, w_dim: int | None = None) -> FourierInput:
    """A single wave, sin(2π(fx·x + fy·y))."""
    net = FourierInput(1, (64, 64), 64.0, 8.0, w_dim)
    with torch.no_grad():
        net.freqs.copy_(torch.tensor([[fx, fy]]))
        net.phases.zero_()
        net.weight.fill_(1.0)
    return net


def places() -> tuple[torch.Tensor, torch.Tensor]:
    line = (torch.arange(64) + 0.5 - 32) / 64
    return line[None, :], line[:, None]


@torch.no_grad()
def test_features_are_sines_over_the_picture() -> None:
    x, y = places()
    expected = torch.sin(2 * math.pi * (2 * x + 3 * y))
    torch.testing.assert_close(wave(2, 3)(torch.zeros(1, 4))[0, 0], expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_translation_moves_right_and_down() -> None:
    x, y = places()
    moved = wave(2, 3)(torch.zeros(1, 4), transforms.translation(0.25, 0.125))[0, 0]
    expected = torch.sin(2 * math.pi * (2 * (x - 0.25) + 3 * (y - 0.125)))
    torch.testing.assert_close(moved, expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_rotation_turns_anticlockwise_on_screen() -> None:
    still = wave(2, 3)(torch.zeros(1, 4))[0, 0]
    turned = wave(2, 3)(torch.zeros(1, 4), transforms.rotation(math.pi / 2))[0, 0]
    # torch.rot90 by 1 leads from the first axis to the second: rows point down.
    torch.testing.assert_close(turned, torch.rot90(still, 1), atol=1e-5, rtol=0)


@torch.no_grad()
def test_scale_enlarges_and_shrunk_waves_fade_before_they_alias() -> None:
    x, _ = places()
    enlarged = wave(2, 0)(torch.zeros(1, 4), transforms.scale(2))[0, 0]
    torch.testing.assert_close(
        enlarged, torch.sin(2 * math.pi * x).expand(64, 64), atol=1e-5, rtol=0
    )
    # From cutoff 8 to half the rate, 32, amplitudes fade to nothing: 20 is half way.
    halfway = wave(8, 0)(torch.zeros(1, 4), transforms.scale(8 / 20))[0, 0]
    torch.testing.assert_close(
        halfway, 0.5 * torch.sin(2 * math.pi * 20 * x).expand(64, 64), atol=1e-4, rtol=0
    )
    assert wave(8, 0)(torch.zeros(1, 4), transforms.scale(0.25))[0, 0].abs().max() < 1e-6


@torch.no_grad()
def test_w_turns_first_and_moves_then() -> None:
    """w gives (cos, sin, x, y); the picture moves by (x, y) turned with it."""
    x, y = places()
    net = wave(2, 3, w_dim=4)
    net.affine.bias.copy_(torch.tensor([0.0, 2.0, 0.2, 0.6]))
    # Normalised by |(0, 2)|: a quarter turn, then a move by (0.1, 0.3).
    cos, sin, tx, ty = 0.0, 1.0, 0.1, 0.3
    u, v = x - tx, y - ty
    expected = torch.sin(2 * math.pi * (2 * (cos * u - sin * v) + 3 * (sin * u + cos * v)))
    torch.testing.assert_close(net(torch.zeros(1, 4))[0, 0], expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_compose_applies_the_first_first() -> None:
    both = transforms.compose(transforms.translation(0.25, 0), transforms.rotation(math.pi / 2))
    # Moved right, then turned anticlockwise: what was in the centre is now at the top.
    centre_comes_from = both @ torch.tensor([0.0, -0.25, 1.0])
    torch.testing.assert_close(centre_comes_from, torch.tensor([0.0, 0.0, 1.0]), atol=1e-6, rtol=0)
    assert torch.equal(transforms.compose(), transforms.identity())


@pytest.mark.parametrize("factor", [0.0, math.inf, math.nan])
def test_impossible_scale_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        transforms.scale(factor)


@torch.no_grad()
def test_alias_free_pictures_move_with_the_transform(tiny) -> None:
    """The point of it all: moved by 3 pixels the picture is the same picture, moved."""
    net = tiny("stylegan3-t", resolution=64, margin=10, layers=8)
    ws = net.mapping(seed_z([1], 16))
    still = net.synthesis(ws)
    moved = net.synthesis(ws, transform=transforms.translation(3 / 64, 5 / 64))
    error = (moved[..., 5:, 3:] - still[..., :-5, :-3]).square().mean()
    assert 10 * torch.log10(still.var() / error) > 45


@torch.no_grad()
def test_learned_constant_is_resampled(tiny) -> None:
    net = tiny("stylegan2", input="const")
    start = {}
    ws = net.mapping(seed_z([1], 16))
    net.synthesis(ws, transform=transforms.identity(), taps=start.__setitem__)
    const = net.get_parameter("synthesis.b4.const")
    torch.testing.assert_close(start["input"][0], const, atol=1e-5, rtol=0)
    # A quarter of the picture is one of four samples; the border is mirrored in.
    net.synthesis(ws, transform=transforms.translation(0.25, 0), taps=start.__setitem__)
    torch.testing.assert_close(start["input"][0, :, :, 1:], const[:, :, :3], atol=1e-5, rtol=0)
    torch.testing.assert_close(start["input"][0, :, :, 0], const[:, :, 0], atol=1e-5, rtol=0)


@torch.no_grad()
def test_each_sample_may_have_its_own_transform(tiny, kind) -> None:
    for options in ({"input": "const"}, {"input": "fourier"}):
        net = tiny(kind, **options)
        ws = net.mapping(seed_z([1, 1], 16))
        matrices = torch.stack([transforms.identity(), transforms.translation(0.1, -0.2)])
        both = net.synthesis(ws, transform=matrices)
        for i in range(2):
            alone = net.synthesis(ws[:1], transform=matrices[i])
            torch.testing.assert_close(both[i : i + 1], alone, atol=2e-5, rtol=2e-5)
