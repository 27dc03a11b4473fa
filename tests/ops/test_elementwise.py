"""The native bias_act, and filtered_lrelu without filters, against the float64 reference.

Inputs are multiples of 1/64, so that the argument of the leaky ReLU is exact and nothing lands on
the other side of zero or of the clamp by rounding; zeros are among them.
"""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import ops
from ops import dispatch

pytestmark = pytest.mark.usefixtures("native")

# Relative to the largest value. float32: four roundings of 2^-24. bfloat16: the derivatives of
# derivatives are rounded to 8 digits before and after a product with the gains, 2^-8 each.
TOLERANCE = {torch.float32: 2**-22, torch.bfloat16: 2**-7}
# Sums are compared relative to what was added, as terms cancel.
SUM_TOLERANCE = {torch.float32: 2**-20, torch.bfloat16: 2**-7}
DTYPES = [torch.float32, torch.bfloat16]


def grid(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Multiples of 1/64 in ±1, 0 among them."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-64, 65, shape, generator=generator).to(dtype) / 64


def compare(operation: Callable[..., Tensor], x: Tensor, *others: Tensor | None) -> None:
    """Compare values, first and second derivatives; x keeps its strides."""
    found = []
    for backend in ("reference", "native"):
        wide = backend == "reference"
        inputs = [
            None if t is None else (t.double() if wide else t.detach()).requires_grad_()
            for t in (x, *others)
        ]
        wanted = [t for t in inputs if t is not None]
        y = operation(*inputs, backend=backend)
        dy = grid(*y.shape, seed=7).to(y.dtype).requires_grad_()
        # Without a graph of the gradients the kernel takes another path than with one.
        plain = torch.autograd.grad(y, wanted, dy, retain_graph=True)
        gradients = torch.autograd.grad(y, wanted, dy, create_graph=True)
        mixed = sum((g * grid(*g.shape, seed=i).to(g.dtype)).sum() for i, g in enumerate(gradients))
        second = torch.autograd.grad(mixed, [dy, *wanted], allow_unused=True)
        found.append([y, *plain, *gradients, *second])
        if not wide:
            assert (y.dtype == x.dtype and y.stride() == x.stride()) or 1 in x.shape
    dx = found[0][1]
    for place, (expected, actual) in enumerate(zip(*found, strict=True)):
        if expected is None or actual is None:
            assert not (expected is not None and expected.any())
            assert not (actual is not None and actual.any())
            continue
        scale = expected.abs().max().clamp(min=1e-3)
        tolerance = TOLERANCE[x.dtype]
        if expected.shape != x.shape:
            scale = torch.maximum(scale, dx.abs().sum() / expected.numel())
            tolerance = SUM_TOLERANCE[x.dtype]
        error = (expected - actual.double()).abs().max() / scale
        assert error <= tolerance, f"result {place}: relative error {error:.2e}"


SHAPES = {
    "channels last": grid(2, 64, 5, 7).contiguous(memory_format=torch.channels_last),
    "channels last, odd": grid(2, 35, 5, 7).contiguous(memory_format=torch.channels_last),
    "channels last, few": grid(3, 3, 5, 5).contiguous(memory_format=torch.channels_last),
    "channels last, parts": grid(1, 24, 31, 33).contiguous(memory_format=torch.channels_last),
    "planes": grid(2, 5, 9, 7),
    "planes, parts": grid(1, 2, 130, 131),
    "one channel": grid(4, 1, 8, 8),
    "one pixel": grid(4, 7, 1, 1),
    "vectors": grid(16, 40),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_layouts(shape: str, dtype: torch.dtype) -> None:
    x = SHAPES[shape].to(dtype)
    compare(
        lambda x, bias, backend: ops.bias_act(
            x, bias, activation="lrelu", gain=1.25, clamp=0.8, backend=backend
        ),
        x,
        grid(x.shape[1], seed=1),
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("clamp", [None, 0.8])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize(
    ("activation", "alpha"), [("linear", None), ("relu", None), ("lrelu", None), ("lrelu", -0.5)]
)
def test_activations(
    activation: str, alpha: float | None, biased: bool, clamp: float | None, dtype: torch.dtype
) -> None:
    compare(
        lambda x, bias, backend: ops.bias_act(
            x, bias, activation=activation, alpha=alpha, clamp=clamp, backend=backend
        ),
        SHAPES["channels last, odd"].to(dtype),
        grid(35, seed=1) if biased else None,
    )


@pytest.mark.parametrize(
    ("x", "dim"),
    [
        (grid(7, 5), 0),
        (grid(5), 0),
        (grid(2, 3, 4), 2),
        (grid(2, 3, 4), -2),
        (grid(3, 1, 4), 1),
        (grid(4, 6, 5).transpose(0, 1), 1),
        (grid(6, 4, 5, 3).permute(2, 1, 0, 3), 2),
        (grid(6, 8)[:, ::2], 1),
        (grid(1, 6).expand(3, 6), 1),
        (grid(2, 3, 2, 3, 2), 1),
    ],
)
def test_any_dimension_and_strides(x: Tensor, dim: int) -> None:
    y = ops.bias_act(x, grid(x.shape[dim], seed=1), dim=dim, activation="lrelu", backend="native")
    expected = ops.bias_act(
        x.double(), grid(x.shape[dim], seed=1), dim=dim, activation="lrelu", backend="reference"
    )
    torch.testing.assert_close(y.double(), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("clamp", [None, 0.8])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("gains", ["", "input", "output", "input output"])
def test_filtered_lrelu_without_filters(
    gains: str, layout: torch.memory_format, clamp: float | None, dtype: torch.dtype
) -> None:
    names = [f"{name}_gain" for name in gains.split()]

    def operation(x: Tensor, bias: Tensor, *factors: Tensor, backend: str) -> Tensor:
        named = dict(zip(names, factors, strict=True))
        return ops.filtered_lrelu(x, bias=bias, clamp=clamp, backend=backend, **named)

    x = grid(3, 21, 6, 5, dtype=dtype).contiguous(memory_format=layout)
    factors = [grid(3, 21, seed=2 + i) for i in range(len(names))]
    compare(operation, x, grid(21, seed=1), *factors)


@pytest.mark.parametrize("activation", ["relu", "lrelu", "linear"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_no_number_passes_and_infinity_stays(activation: str, dtype: torch.dtype) -> None:
    x = torch.tensor([float("nan"), float("inf"), -float("inf"), 0.0], dtype=dtype)
    for clamp in (None, 2.0):
        y = ops.bias_act(x, activation=activation, clamp=clamp, backend="native")
        expected = ops.bias_act(x, activation=activation, clamp=clamp, backend="reference")
        torch.testing.assert_close(y, expected, equal_nan=True)


@pytest.mark.parametrize("shape", [(0, 4, 8, 8), (2, 0, 8, 8), (0,)])
def test_empty(shape: tuple[int, ...]) -> None:
    x = torch.empty(shape, requires_grad=True)
    bias = torch.zeros(shape[min(1, len(shape) - 1)], requires_grad=True)
    y = ops.bias_act(
        x, bias, dim=min(1, len(shape) - 1), activation="lrelu", clamp=1.0, backend="native"
    )
    dx, dbias = torch.autograd.grad(y.sum(), [x, bias])
    assert y.shape == dx.shape == x.shape
    assert not dbias.any()


def test_results_do_not_depend_on_threads() -> None:
    x = torch.randn(2, 48, 65, 67).contiguous(memory_format=torch.channels_last)
    bias = torch.randn(48)
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 5):
            torch.set_num_threads(threads)
            inputs = x.clone().requires_grad_(), bias.clone().requires_grad_()
            y = ops.bias_act(*inputs, activation="lrelu", clamp=1.0, backend="native")
            results.append([y, *torch.autograd.grad(y, inputs, x)])
    finally:
        torch.set_num_threads(before)
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True))


def test_two_bits_an_element_are_kept() -> None:
    x = torch.randn(2, 64, 8, 8, requires_grad=True)
    y = ops.bias_act(x, torch.zeros(64), activation="lrelu", clamp=1.0, backend="native")
    kept = sum(t.numel() * 4 for t in y.grad_fn.saved_tensors if t is not None and t is not x)
    assert kept <= x.numel() // 4 + 64 * 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ops.bias_act(x, activation="swish", backend="native"), "activations are"),
        (lambda x: ops.bias_act(x, gain=-1.0, backend="native"), "gain is not positive"),
        (lambda x: ops.bias_act(x.double(), backend="native"), "float64"),
    ],
)
def test_what_pytorch_serves(call: Callable[[Tensor], Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(torch.zeros(1, 2, 4, 4))


def test_the_report_says_which_activations_are_native() -> None:
    assert any("linear, relu and lrelu" in line for line in dispatch.backend_report())
