"""Canvases of another size than the trained one, posters in tiles, seams."""

import math

import pytest
import torch
from torch import Tensor

from generator import bundled_networks, load_network, seed_z, to_uint8, transforms
from generator.canvas import Canvas, free_bytes
from generator.drawing.poster import Poster, parse_size
from generator.drawing.seams import measure_seams


def psnr_db(first: Tensor, second: Tensor) -> float:
    return 10 * math.log10(4 / float((first - second).double().square().mean().clamp_min(1e-30)))


def bundled(kind: str):
    net = next(net for net in map(load_network, bundled_networks()) if net.kind == kind)
    return net.requires_grad_(False)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stylegan3-t", "stylegan3-r"])
@torch.inference_mode()
def test_canvas_equals_the_joined_tiles(kind) -> None:
    net = bundled(kind)
    ws, side = net.mapping(seed_z([3], net.z_dim)), net.resolution
    canvas = net.synthesis(ws, canvas=(2 * side, 3 * side))
    rows = [
        torch.cat(
            [
                net.synthesis(ws, transform=transforms.translation(1 - column, 0.5 - row))
                for column in range(3)
            ],
            dim=3,
        )
        for row in range(2)
    ]
    # The equivariance of these networks: the metric EQ-T is about 60 dB.
    assert psnr_db(canvas, torch.cat(rows, dim=2)) >= 50


@torch.inference_mode()
def test_trained_size_is_the_picture_itself(tiny, kind) -> None:
    net = tiny(kind)
    ws = net.mapping(seed_z([1], 16))
    assert torch.equal(net.synthesis(ws, canvas=(32, 32)), net.synthesis(ws))


@torch.inference_mode()
def test_smaller_canvas_is_the_middle_of_the_picture() -> None:
    net = bundled("stylegan3-t")
    ws, side = net.mapping(seed_z([3], net.z_dim)), net.resolution
    quarter = side // 4
    middle = net.synthesis(ws)[..., quarter:-quarter, quarter:-quarter]
    assert psnr_db(net.synthesis(ws, canvas=(side // 2, side // 2)), middle) >= 50


@torch.inference_mode()
def test_layers_grow_by_their_rate_and_keep_their_margins(tiny, kind) -> None:
    net = tiny(kind)
    step = net.synthesis.canvas_step
    size = (32 + step, 32 + 3 * step)
    canvas = Canvas.of(net.synthesis.layers, 32, size)
    seen: dict[str, tuple[int, ...]] = {}
    image = net.synthesis(
        net.mapping(seed_z([1], 16)),
        canvas=size,
        taps=lambda name, x: seen.update({name: x.shape[2:]}),
    )
    assert image.shape == (1, 3, *size)
    for layer in net.synthesis.layers:
        per_pixel = layer.sampling_rate / 32
        expected = (layer.size[0] + step * per_pixel, layer.size[1] + 3 * step * per_pixel)
        assert seen[layer.name] == expected == canvas.samples(layer)


@pytest.mark.parametrize("start", ["const", "fourier"])
@torch.inference_mode()
def test_stylegan2_repeats_its_noise(tiny, start) -> None:
    """The period of the fixed noise shows where nothing else differs from place to place."""
    net = tiny("stylegan2", input=start)
    with torch.no_grad():
        if net.synthesis.input is None:
            net.synthesis.get_parameter("b4.const").fill_(0.3)
        else:
            net.synthesis.input.weight.zero_()
    ws = net.mapping(seed_z([1], 16))
    wide = net.synthesis(ws, canvas=(32, 160))
    # The period in the middle, which no zero padding reaches through 3x3 kernels.
    torch.testing.assert_close(wide[..., 48:80], wide[..., 80:112], atol=1e-5, rtol=1e-5)
    assert wide[..., 48:80].std() > 0.01


@torch.inference_mode()
def test_stylegan2_mirrors_its_constant(tiny) -> None:
    net = tiny("stylegan2", input="const")
    ws = net.mapping(seed_z([1], 16))
    seen: list[Tensor] = []
    net.synthesis(
        ws, canvas=(32, 96), taps=lambda name, x: seen.append(x) if name == "input" else None
    )
    start = seen[0]
    torch.testing.assert_close(start[..., 4:8], net.synthesis.get_parameter("b4.const")[None])
    torch.testing.assert_close(start[..., :4], start[..., 4:8].flip(3))
    torch.testing.assert_close(start[..., 8:], start[..., 4:8].flip(3))


@torch.no_grad()
def test_impossible_canvases_are_refused(tiny, kind, monkeypatch) -> None:
    net = tiny(kind)
    ws, step = net.mapping(seed_z([1], 16)), net.synthesis.canvas_step
    assert step > 1
    for size in ((32 + 1, 32), (0, 32), (-32, 32)):
        with pytest.raises(ValueError, match=f"multiples of {step} pixels.*nearest is"):
            net.synthesis(ws, canvas=size)
    for size in ((32,), (32, 32, 32), (32.5, 32), 32):
        with pytest.raises(ValueError, match="height and width"):
            net.synthesis(ws, canvas=size)
    assert (free_bytes(torch.device("cpu")) or 1 << 30) > 1 << 20
    with pytest.raises(ValueError, match=r"GB of memory and .* GB are free.*tiles"):
        net.synthesis(ws, canvas=(1 << 20, 1 << 20))


@pytest.mark.slow
@torch.inference_mode()
def test_poster_in_tiles_equals_one_pass() -> None:
    net = bundled("stylegan3-r")
    ws = net.mapping(seed_z([5], net.z_dim))
    size = (2 * net.resolution, 3 * net.resolution)
    poster = Poster(net, ws, size, tile_bytes=12_000_000)
    assert poster.side < net.resolution * 2
    assert len(poster.tiles()) >= 2
    seen: list[tuple[int, int]] = []
    drawn = torch.cat(list(poster.strips(lambda *at: seen.append(at))))
    whole = to_uint8(net.synthesis(ws, canvas=size))[0].permute(1, 2, 0)
    # Rounding to bytes falls differently here and there.
    assert drawn.shape == whole.shape
    assert (drawn.int() - whole.int()).abs().max() <= 1
    count = sum(map(len, poster.tiles()))
    assert seen == [(done, count) for done in range(1, count + 1)]


@torch.inference_mode()
def test_posters_of_any_size_share_their_centre(tiny) -> None:
    net = tiny("stylegan3-t")
    ws = net.mapping(seed_z([5], 16))
    big = torch.cat(list(Poster(net, ws, (96, 96)).strips())).int()
    odd = torch.cat(list(Poster(net, ws, (33, 58)).strips())).int()
    assert odd.shape == (33, 58, 3)
    middle = big[48 - 16 : 48 + 17, 48 - 29 : 48 + 29]
    # An untrained network of 6 layers and a margin of 4 samples: its edges reach inwards.
    assert (odd - middle)[8:-8, 8:-8].float().square().mean().sqrt() < 2


@pytest.mark.parametrize("text", ["1024", "1024x", "x5", "10x20x30", "-5x8", "1e3x8", ""])
def test_what_is_no_size_is_refused(text) -> None:
    with pytest.raises(ValueError, match="1024x4096, height by width"):
        parse_size(text)


def test_sizes_are_height_by_width() -> None:
    assert parse_size("1024x4096") == parse_size("1024×4096") == (1024, 4096)


@pytest.mark.parametrize("size", [(0, 5), (5, -1), (2_000_000, 5)])
def test_posters_without_a_size_are_refused(tiny, size) -> None:
    net = tiny("stylegan3-t")
    with pytest.raises(ValueError, match="pixels a side"):
        Poster(net, net.mapping(seed_z([5], 16)), size)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "low_db", "high_db"),
    [("stylegan2", 5, 30), ("stylegan3-t", 50, 200), ("stylegan3-r", 50, 200)],
)
@torch.inference_mode()
def test_seams_tell_the_networks_apart(kind, low_db, high_db) -> None:
    net = bundled(kind)
    found = measure_seams(net, net.mapping(seed_z([1], net.z_dim)), rows=2, columns=3)
    assert found.vertical_db.shape == (2, 2)
    assert found.horizontal_db.shape == (1, 3)
    every = [*found.vertical_db.flat, *found.horizontal_db.flat]
    assert low_db <= min(every) <= found.pooled_db <= max(every) <= high_db


@torch.inference_mode()
def test_grids_without_a_border_are_refused(tiny) -> None:
    net = tiny("stylegan3-t")
    ws = net.mapping(seed_z([1, 2], 16))
    with pytest.raises(ValueError, match="no border"):
        measure_seams(net, ws[:1], rows=1, columns=1)
    with pytest.raises(ValueError, match="one picture"):
        measure_seams(net, ws)
