"""Winograd's convolution against the float64 reference, what is kept of weights, and the choice."""

import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

import ops
from ops import dispatch
from ops.convolution import Shape
from ops.cpu import gains
from ops.cpu.gains import Gains
from ops.cpu.winograd import WinogradKernels
from ops.kept import Kept
from tests.ops.without_compiler import run_without_compiler

# float32: sums of up to 9 · 91 products, whose factors are sums themselves.
TOLERANCE = 1e-5

with_kernels = pytest.mark.usefixtures("native")


def images(*shape: int, seed: int = 0) -> Tensor:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


def error(expected: Tensor, actual: Tensor) -> float:
    return ((expected - actual.double()).abs().max() / expected.abs().max()).item()


def derivatives(operation: Callable[..., Tensor], inputs: list[Tensor]) -> list[Tensor]:
    """Value, first and second derivatives, with respect to all inputs and the gradient fed in."""
    y = operation(*inputs)
    dy = torch.linspace(-1, 1, y.numel(), dtype=torch.float64).sin().reshape(y.shape)
    dy = dy.to(y.dtype).requires_grad_()
    first = torch.autograd.grad(y, inputs, dy, create_graph=True)
    mixed = sum((d.square().sum() for d in first), start=y.new_zeros(()))
    return [y, *first, *torch.autograd.grad(mixed, [dy, *inputs])]


SHAPES = [
    (1, 16, 16, 8, 8, 1),
    (2, 3, 5, 7, 9, 2),
    (1, 64, 64, 33, 20, 0),
    (3, 40, 70, 1, 1, 1),
    (2, 17, 33, 13, 5, 2),
    (1, 91, 64, 40, 41, 2),
    (5, 1, 1, 4, 3, 1),
    (2, 33, 100, 3, 70, 0),
]


@with_kernels
@pytest.mark.parametrize(("n", "inputs", "outputs", "height", "width", "padding"), SHAPES)
def test_values_and_derivatives(
    n: int, inputs: int, outputs: int, height: int, width: int, padding: int
) -> None:
    tensors = images(n, inputs, height, width), images(outputs, inputs, 3, 3, seed=1)
    found = []
    for backend, dtype in (("reference", torch.float64), ("native", torch.float32)):
        found.append(
            derivatives(
                lambda x, w, b=backend: ops.convolve(x, w, padding=padding, backend=b),
                [t.to(dtype).requires_grad_() for t in tensors],
            )
        )
    for expected, actual in zip(*found, strict=True):
        assert error(expected, actual) < TOLERANCE


@with_kernels
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("differentiable", [True, False])
def test_gains_and_offset(shared: bool, differentiable: bool) -> None:
    x, weight = images(2, 20, 9, 7), images(35, 20, 3, 3, seed=1)
    terms = images(2, 20, seed=2), images(2, 35, seed=3)
    offset = images(9, 7, seed=4) if shared else images(2, 1, 9, 7, seed=4)

    def call(*tensors: Tensor, backend: str) -> Tensor:
        x, weight, input_gain, output_gain, offset = tensors
        return ops.convolve(
            x, weight, padding=1, input_gain=input_gain, output_gain=output_gain, offset=offset,
            backend=backend,
        )  # fmt: skip

    tensors = [x, weight, *terms, offset]
    exact = [t.double().requires_grad_(differentiable) for t in tensors]
    own = [t.requires_grad_(differentiable) for t in tensors]
    expected, actual = call(*exact, backend="reference"), call(*own, backend="native")
    assert error(expected, actual) < TOLERANCE
    if differentiable:
        wanted = torch.autograd.grad(expected.sin().sum(), exact)
        got = torch.autograd.grad(actual.sin().sum(), own)
        for one, other in zip(wanted, got, strict=True):
            assert error(one, other) < 10 * TOLERANCE


def test_float64_gradients_of_the_composition() -> None:
    x, weight = images(2, 2, 4, 5).double(), images(3, 2, 3, 3, seed=1).double()
    gain, offset = images(2, 2, seed=2).double(), images(5, 6, seed=3).double()
    tensors = [t.requires_grad_() for t in (x, weight, gain, offset)]

    def call(x: Tensor, weight: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
        return ops.convolve(x, weight, padding=2, input_gain=gain, offset=None) + 0 * offset.sum()

    assert torch.autograd.gradcheck(call, tensors)
    assert torch.autograd.gradgradcheck(call, tensors)


@with_kernels
def test_every_bit_is_independent_of_threads_and_batch() -> None:
    x, weight = images(3, 37, 23, 30), images(50, 37, 3, 3, seed=1)
    dy = images(3, 50, 25, 32, seed=2)
    kernels = WinogradKernels()
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append((kernels.convolve(x, weight, 2), kernels.weight_gradient(x, dy, 2)))
    finally:
        torch.set_num_threads(before)
    for y, dw in found[1:]:
        assert torch.equal(y, found[0][0])
        assert torch.equal(dw, found[0][1])
    assert torch.equal(kernels.convolve(x[1:2], weight, 2), found[0][0][1:2])


@with_kernels
def test_memory_format_is_kept() -> None:
    x, weight = images(2, 4, 8, 8), images(5, 4, 3, 3, seed=1)
    y = ops.convolve(x, weight, backend="native")
    plain = ops.convolve(x.contiguous(), weight, backend="native")
    assert plain.is_contiguous()
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(y, plain)


@with_kernels
@pytest.mark.parametrize("shape", [(0, 4, 8, 8), (2, 0, 8, 8)])
def test_empty(shape: tuple[int, ...]) -> None:
    x, weight = torch.ones(shape).requires_grad_(), torch.ones(5, shape[1], 3, 3).requires_grad_()
    y = ops.convolve(x, weight, padding=1, backend="native")
    y.sum().backward()
    assert y.shape == (shape[0], 5, 8, 8)
    assert not y.any()
    assert weight.grad is not None
    assert not weight.grad.any()


@with_kernels
def test_changed_weights_are_noticed() -> None:
    x, weight = images(1, 8, 8, 8), images(8, 8, 3, 3, seed=1)
    layer = torch.nn.Module()
    layer.weight = torch.nn.Parameter(weight.clone(), requires_grad=False)

    @torch.no_grad()
    def drawn() -> Tensor:
        return ops.convolve(x, layer.weight, padding=1, backend="native")

    def check(expected: Tensor) -> None:
        exact = ops.convolve(x.double(), expected.double(), padding=1)
        assert error(exact, drawn()) < TOLERANCE

    check(weight)
    with torch.no_grad():
        layer.weight.mul_(2)
    check(2 * weight)
    layer.load_state_dict({"weight": 3 * weight})
    check(3 * weight)
    layer.weight.data = 4 * weight
    check(4 * weight)
    torch._foreach_lerp_([layer.weight], [weight], 1.0)
    check(weight)


@with_kernels
def test_trained_weights_are_noticed() -> None:
    x, weight = images(1, 8, 8, 8), torch.nn.Parameter(images(8, 8, 3, 3, seed=1))
    for _ in range(2):
        with torch.no_grad():
            y = ops.convolve(x, weight, padding=1, backend="native")
        assert error(ops.convolve(x.double(), weight.detach().double(), padding=1), y) < TOLERANCE
        weight.grad = torch.ones_like(weight)
        # It does not count the version of what it changes.
        torch.optim.Adam([weight], fused=True).step()


def test_kept_tensors_are_made_once_and_go_with_their_source() -> None:
    kept, made = Kept(1 << 20), []

    def make() -> Tensor:
        made.append(torch.ones(4))
        return made[-1]

    source = torch.ones(4)
    assert kept.get(source, "a", make) is kept.get(source, "a", make)
    assert kept.get(source, "b", make) is not kept.get(source, "a", make)
    assert len(made) == 2
    del source
    gc.collect()
    assert kept.nbytes == 0


def test_kept_tensors_are_those_used_last() -> None:
    kept = Kept(3 * 16)
    sources = [torch.ones(4) for _ in range(4)]

    def is_kept(source: Tensor) -> bool:
        new = torch.ones(4)
        return kept.get(source, None, lambda: new) is not new

    for source in (*sources[:3], sources[0]):
        kept.get(source, None, lambda: torch.ones(4))
    kept.get(sources[3], None, lambda: torch.ones(4))
    assert kept.nbytes == 3 * 16
    assert is_kept(sources[0])
    assert not is_kept(sources[1])


class Measured(Gains):
    """Gains that are told instead of measured."""

    def __init__(self, kernels: WinogradKernels, gain: float) -> None:
        super().__init__(kernels)
        self.gain = gain
        self.calls: list[tuple[Shape, int]] = []

    def _measure(self, shape: Shape, tiles: int) -> float:
        self.calls.append((shape, tiles))
        return self.gain


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty folder for measurements."""
    monkeypatch.setattr(gains, "private_folder", lambda name: tmp_path)
    return tmp_path


@pytest.mark.parametrize(("gain", "faster"), [(1.0, False), (1.05, False), (1.3, True)])
def test_a_gain_decides(gain: float, faster: bool, folder: Path) -> None:
    measured = Measured(WinogradKernels(), gain)
    assert (measured.of(Shape(64, 64, 1, 64, 64)) > 1) is faster


def test_tiles_over_the_rim_count(folder: Path) -> None:
    measured = Measured(WinogradKernels(), 2.0)
    assert measured.of(Shape(64, 64, 1, 8, 8)) > 1
    assert measured.of(Shape(64, 64, 1, 5, 5)) < 1


def test_a_measurement_serves_similar_shapes_and_later_processes(folder: Path) -> None:
    first = Measured(WinogradKernels(), 2.0)
    for side in (64, 100, 276):
        first.of(Shape(64, 32, 2, side, side))
    assert [tiles for _, tiles in first.calls] == [256]
    first.of(Shape(64, 32, 1, 32, 32))
    first.of(Shape(64, 32, 1, 32, 32, weight_gradient=True))
    assert [tiles for _, tiles in first.calls] == [256, 64, 64]
    second = Measured(WinogradKernels(), 3.0)
    second.of(Shape(64, 32, 1, 99, 99))
    second.of(Shape(32, 64, 1, 99, 99))
    assert len(second.calls) == 1
    (file,) = folder.iterdir()
    assert len(json.loads(file.read_text())) == 4


@pytest.mark.parametrize("content", ["", "[1]", '{"a": "b"}', "\0"])
def test_a_damaged_file_is_measured_anew(content: str, folder: Path) -> None:
    Measured(WinogradKernels(), 2.0).of(Shape(64, 64, 1, 8, 8))
    (file,) = folder.iterdir()
    file.write_text(content)
    again = Measured(WinogradKernels(), 2.0)
    assert again.of(Shape(64, 64, 1, 8, 8)) > 1
    assert len(again.calls) == 1


@with_kernels
def test_both_ways_are_timed(folder: Path) -> None:
    measured = Gains(WinogradKernels())
    assert measured.of(Shape(3, 5, 1, 8, 8)) > 0
    assert measured.of(Shape(3, 5, 1, 8, 8, weight_gradient=True)) > 0


@with_kernels
@pytest.mark.parametrize("faster", [True, False])
def test_auto_takes_what_is_faster(faster: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = WinogradKernels()
    monkeypatch.setattr(kernels, "is_faster", lambda shape: faster)
    monkeypatch.setitem(dispatch.CONVOLUTION, "cpu", kernels)
    x, weight = images(2, 20, 9, 7), images(35, 20, 3, 3, seed=1)
    chosen, other = ("native", "reference") if faster else ("reference", "native")
    with torch.no_grad():
        y = ops.convolve(x, weight, padding=1)
        assert torch.equal(y, ops.convolve(x, weight, padding=1, backend=chosen))
        assert not torch.equal(y, ops.convolve(x, weight, padding=1, backend=other))
    assert ops.is_winograd_faster(weight, (9, 7), torch.float32) is faster
    assert not ops.is_winograd_faster(weight, (9, 7), torch.bfloat16)
    with ops.reference_only():
        assert not ops.is_winograd_faster(weight, (9, 7), torch.float32)


@with_kernels
@pytest.mark.parametrize("faster", ["convolution", "weight gradient"])
def test_each_derivative_is_decided_by_itself(faster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = WinogradKernels()
    monkeypatch.setattr(
        kernels, "is_faster", lambda s: s.weight_gradient is (faster == "weight gradient")
    )
    monkeypatch.setitem(dispatch.CONVOLUTION, "cpu", kernels)
    tensors = images(2, 20, 9, 7), images(35, 20, 3, 3, seed=1)
    for padding in (0, 1, 2):
        found = []
        for backend, dtype in (("reference", torch.float64), ("auto", torch.float32)):
            found.append(
                derivatives(
                    lambda x, w, b=backend, p=padding: ops.convolve(x, w, padding=p, backend=b),
                    [t.to(dtype).requires_grad_() for t in tensors],
                )
            )
        for expected, actual in zip(*found, strict=True):
            assert error(expected, actual) < TOLERANCE


@pytest.mark.parametrize(
    ("x", "weight", "options", "message"),
    [
        ((1, 4, 8), (5, 4, 3, 3), {}, "expected floating-point images"),
        ((1, 4, 8, 8), (5, 3, 3, 3), {}, "weight must be"),
        ((1, 4, 8, 8), (5, 4, 3, 3), {"padding": -1}, "padding"),
        ((1, 4, 2, 8), (5, 4, 3, 3), {}, "smaller than the kernel"),
        ((1, 4, 8, 8), (5, 4, 3, 3), {"input_gain": torch.ones(1, 5)}, "input_gain"),
        ((1, 4, 8, 8), (5, 4, 3, 3), {"output_gain": torch.ones(1, 4)}, "output_gain"),
        ((1, 4, 8, 8), (5, 4, 3, 3), {"offset": torch.ones(8, 8)}, "offset"),
        ((1, 4, 8, 8), (5, 4, 1, 1), {"backend": "native"}, "not 3x3"),
        ((1, 4, 8, 8), (5, 4, 3, 3), {"padding": 3, "backend": "native"}, "padding"),
    ],
)
@with_kernels
def test_errors(
    x: tuple[int, ...], weight: tuple[int, ...], options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ops.convolve(torch.ones(x), torch.ones(weight), **options)


@pytest.mark.process
def test_without_a_compiler_pytorch_serves(tmp_path: Path) -> None:
    program = (
        "import torch, ops\n"
        "x = torch.randn(1, 8, 32, 32).contiguous(memory_format=torch.channels_last)\n"
        "w = torch.randn(8, 8, 3, 3)\n"
        "y = ops.convolve(x, w, padding=1)\n"
        "assert torch.equal(y, torch.nn.functional.conv2d(x, w, padding=1))\n"
        "assert not ops.is_winograd_faster(w, (32, 32), x.dtype)\n"
        "assert any('convolve: PyTorch' in line for line in ops.backend_report())\n"
    )
    run_without_compiler(program, tmp_path)
