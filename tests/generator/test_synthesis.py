"""Synthesis networks: batches, precision, noise, taps, gradients, tracked magnitudes."""

import pytest
import torch

from generator import seed_z, to_uint8


@torch.no_grad()
def test_batch_equals_one_by_one(tiny, kind) -> None:
    net = tiny(kind)
    ws = net.mapping(seed_z([1, 2, 3], 16))
    single = torch.cat([net.synthesis(w[None]) for w in ws])
    # Different orders of summation in float32.
    torch.testing.assert_close(net.synthesis(ws), single, atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("count", [1, 3])
@torch.no_grad()
def test_bf16_is_close_to_fp32(tiny, kind, count) -> None:
    """bfloat16 rounds by 2**-9 in each of about 8 layers: some 1 % of the picture's deviation."""
    net = tiny(kind)
    ws = net.mapping(seed_z(range(count), 16))
    exact = net.synthesis(ws)
    rounded = net.synthesis(ws, precision="bf16")
    assert rounded.dtype == torch.float32
    error = (rounded - exact).square().mean().sqrt() / exact.std()
    assert 1e-5 < error < 0.03


@torch.no_grad()
def test_double_precision(tiny, kind) -> None:
    net = tiny(kind)
    ws = net.mapping(seed_z([1, 2], 16))
    single = net.synthesis(ws)
    double = net.double().synthesis(ws.double())
    assert double.dtype == torch.float64
    torch.testing.assert_close(single.double(), double, atol=5e-5, rtol=5e-5)


@torch.no_grad()
def test_noise_modes(tiny) -> None:
    net = tiny("stylegan2")
    ws = net.mapping(seed_z([1], 16))
    const = net.synthesis(ws)
    assert torch.equal(const, net.synthesis(ws))
    without = net.synthesis(ws, noise="none")
    assert (const - without).abs().max() > 1e-3
    torch.manual_seed(0)
    first, second = net.synthesis(ws, noise="random"), net.synthesis(ws, noise="random")
    assert (first - second).abs().max() > 1e-3
    torch.manual_seed(0)
    assert torch.equal(first, net.synthesis(ws, noise="random"))


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@pytest.mark.parametrize("start", ["const", "fourier"])
@torch.no_grad()
def test_stylegan2_variants_draw(tiny, architecture, start) -> None:
    net = tiny("stylegan2", architecture=architecture, input=start)
    names: list[str] = []
    image = net.synthesis(net.mapping(seed_z([1, 2], 16)), taps=lambda name, x: names.append(name))
    assert image.shape == (2, 3, 32, 32)
    assert net.num_ws == 8
    assert image.std() > 0.1
    assert sum(name.endswith("torgb") for name in names) == (4 if architecture == "skip" else 1)


@torch.no_grad()
def test_taps_follow_the_layer_list(tiny, kind) -> None:
    net = tiny(kind)
    seen: list[tuple[str, torch.Size]] = []
    net.synthesis(net.mapping(seed_z([1], 16)), taps=lambda name, x: seen.append((name, x.shape)))
    assert seen == [(info.name, (1, info.channels, *info.size)) for info in net.synthesis.layers]


@torch.no_grad()
def test_layers_stay_channels_last(tiny, kind) -> None:
    """The fast kernels need it, and a change of layout between layers costs a pass."""
    net = tiny(kind)
    for count in (1, 2):
        strided: list[str] = []

        def look(name: str, x: torch.Tensor, strided: list[str] = strided) -> None:
            if not x.is_contiguous(memory_format=torch.channels_last):
                strided.append(name)

        net.synthesis(net.mapping(seed_z(range(count), 16)), taps=look)
        assert strided == []


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_gradients_of_second_order_reach_every_weight(tiny, kind, precision) -> None:
    net = tiny(kind).train()
    ws = net.mapping(seed_z([1, 2], 16))
    image = net.synthesis(ws, precision=precision)
    (slope,) = torch.autograd.grad((image * image.detach().sign()).sum(), ws, create_graph=True)
    (image.mean() + slope.square().sum()).backward()
    for name, parameter in net.named_parameters():
        if name.startswith("synthesis"):
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name


def test_gradcheck(tiny, kind) -> None:
    """Analytic against numeric derivatives, first and second order, along two paths in w."""
    small = {"resolution": 16, "layers": 3, "critical_layers": 1, "margin": 2, "filter_size": 2}
    net = tiny(kind, w_dim=3, channel_max=2, first_cutoff=1.0, first_stopband=2.0, **small).double()
    base, across, along = seed_z(range(3 * net.num_ws), 3).double().view(3, 1, net.num_ws, 3)
    weights = torch.linspace(-1, 1, 16 * 16, dtype=torch.float64).view(16, 16)

    def projected(place: torch.Tensor) -> torch.Tensor:
        return (net.synthesis(base + place[0] * across + place[1] * along) * weights).sum()

    start = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(projected, (start,))
    assert torch.autograd.gradgradcheck(projected, (start,))


def test_magnitudes_are_tracked_when_asked(tiny) -> None:
    net = tiny("stylegan3-t").train()
    ws = net.mapping(seed_z([1, 2], 16)).detach()
    inputs: list[torch.Tensor] = []
    net.synthesis(ws, taps=lambda name, x: inputs.append(x.detach()))
    first = net.get_submodule(f"synthesis.{net.synthesis.layers[1].name}")
    assert first.magnitude_ema == 1
    net.synthesis(ws, update_ema=True, ema_beta=0.75)
    expected = 0.75 + 0.25 * inputs[0].square().mean()
    torch.testing.assert_close(first.magnitude_ema, expected)


def test_wrong_arguments_are_refused_in_one_line(tiny) -> None:
    net = tiny("stylegan3-t")
    ws = torch.zeros(2, net.num_ws, 16)
    wrong = (
        {"transform": torch.eye(2)},
        {"transform": torch.eye(3).expand(3, 3, 3)},
        {"canvas": (65, 32)},
        {"noise": "loud"},
        {"precision": "int8"},
    )
    for options in wrong:
        with pytest.raises(ValueError, match=next(iter(options))):
            net.synthesis(ws, **options)
    with pytest.raises(ValueError, match="ws must be"):
        net.synthesis(ws[:, 1:])


def test_seed_fixes_the_weights_and_leaves_the_random_state(tiny, kind) -> None:
    state = torch.random.get_rng_state()
    first, again, other = tiny(kind, seed=4), tiny(kind, seed=4), tiny(kind, seed=5)
    assert torch.equal(state, torch.random.get_rng_state())
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name])
    weight = "mapping.fc0.weight"
    assert not torch.equal(first.state_dict()[weight], other.state_dict()[weight])


def test_bytes_of_pictures() -> None:
    picture = torch.tensor([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0])
    assert to_uint8(picture).tolist() == [0, 0, 128, 191, 255, 255]
