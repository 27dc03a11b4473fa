"""The native kernels against the float64 reference, on shapes the networks never use."""

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

import ops
from ops.cpu import build, kernels
from tests.ops.without_compiler import run_without_compiler

pytestmark = pytest.mark.usefixtures("native")

# float32: rounding of at most 144 products and of sums over a picture. bfloat16: the gradient fed
# in and the result are each rounded once to 8 digits, half a unit in the last being 2^-9 relative.
TOLERANCE = {torch.float32: 4e-6, torch.bfloat16: 2**-7}


def lowpass(taps: int, radial: bool = False) -> Tensor:
    return ops.design_lowpass(taps, 4.0, 6.0, 32.0, radial=radial)


def compare(operation: Callable[..., Tensor], *inputs: Tensor) -> None:
    """Compare values, first and second derivatives with the float64 reference."""
    results = []
    for backend in ("reference", "native"):
        xs = [
            (x.double() if backend == "reference" else x.detach().clone()).requires_grad_()
            for x in inputs
        ]
        y = operation(*xs, backend=backend)
        dy = wave(y.shape, -1, 1).to(y.dtype).requires_grad_()
        # Without a graph of the gradients the kernel takes another path than with one.
        plain = torch.autograd.grad(y, xs, dy, retain_graph=True)
        gradients = torch.autograd.grad(y, xs, dy, create_graph=True)
        mixed = sum((d * wave(d.shape, -2, 3).to(d.dtype)).sum() for d in gradients)
        second = torch.autograd.grad(mixed, [dy, *xs], allow_unused=True)
        results.append([y, *plain, *gradients, *second])
    tolerance = TOLERANCE[inputs[0].dtype]
    each = range(len(inputs))
    names = ["y", *(f"d{i}" for i in each), *(f"graph d{i}" for i in each), "ddy",
             *(f"dd{i}" for i in each)]  # fmt: skip
    for name, expected, actual in zip(names, *results, strict=True):
        # Nothing there depends on this input.
        expected = torch.zeros(()) if expected is None else expected
        actual = torch.zeros(()) if actual is None else actual
        error = (expected - actual.double()).abs().max() / expected.abs().max().clamp(min=1e-3)
        assert error < tolerance, f"{name}: relative error {error:.2e}"


def wave(shape: torch.Size, first: float, last: float) -> Tensor:
    """Numbers between -1 and 1, float64, all different."""
    return torch.linspace(first, last, shape.numel(), dtype=torch.float64).sin().reshape(shape)


def images(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> Tensor:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return x.to(dtype)


@pytest.mark.parametrize("channels", [1, 3, 16, 35])
@pytest.mark.parametrize(("up", "down"), list(itertools.product([1, 2, 4], [1, 2, 4])))
def test_every_factor(up: int, down: int, channels: int) -> None:
    x, bias = images(2, channels, 9, 14), images(channels, seed=1)
    up_taps, down_taps = lowpass(6 * up), lowpass(6 * down)
    total = 6 * up + 6 * down - 2
    compare(
        lambda x, bias, backend: ops.filtered_lrelu(
            x, up_taps, down_taps, bias, up=up, down=down, padding=[total // 2, total // 2 + 1],
            clamp=1.2, backend=backend,
        ),
        x, bias,
    )  # fmt: skip


@pytest.mark.parametrize("clamp", [None, 1.2], ids=["unclamped", "clamped"])
@pytest.mark.parametrize("gains", ["input", "output", "both"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gains(gains: str, clamp: float | None, dtype: torch.dtype) -> None:
    taps = lowpass(12)

    def operation(x: Tensor, bias: Tensor, *factors: Tensor, backend: str) -> Tensor:
        named = dict(zip(names, factors, strict=True))
        return ops.filtered_lrelu(
            x, taps, taps, bias, up=2, down=2, padding=11, clamp=clamp, backend=backend, **named
        )

    names = ["input_gain", "output_gain"] if gains == "both" else [f"{gains}_gain"]
    factors = [images(2, 21, seed=2 + i) for i in range(len(names))]
    factors[0][0, 3] = 0  # a gain of zero still has a derivative
    compare(operation, images(2, 21, 11, 14, dtype=dtype), images(21, seed=1), *factors)


@pytest.mark.parametrize("wanted", [(2,), (3,), (1, 3)])
def test_gains_that_alone_want_a_gradient(wanted: tuple[int, ...]) -> None:
    taps = lowpass(12)
    gradients = []
    for backend in ("reference", "native"):
        inputs = [images(2, 5, 9, 9), images(5), images(2, 5, seed=2), images(2, 5, seed=3)]
        chosen = [inputs[i].requires_grad_() for i in wanted]
        x, bias, before, after = inputs
        y = ops.filtered_lrelu(
            x, taps, taps, bias, input_gain=before, output_gain=after, up=2, down=2, padding=11,
            backend=backend,
        )  # fmt: skip
        gradients.append(torch.autograd.grad(y.square().sum(), chosen))
    for expected, actual in zip(*gradients, strict=True):
        # float32 rounding of sums of 81 squares.
        torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("padding", [[12, -3, -4, 15], [-2, -2, -2, -2], [30, 1, 1, 30]])
@pytest.mark.parametrize(
    ("radial_up", "radial_down"), list(itertools.product([False, True], repeat=2))
)
def test_radial_filters_and_odd_padding(
    padding: list[int], radial_up: bool, radial_down: bool
) -> None:
    up_taps, down_taps = lowpass(12, radial_up), lowpass(12, radial_down)
    compare(
        lambda x, bias, backend: ops.filtered_lrelu(
            x, up_taps, down_taps, bias, up=2, down=2, padding=padding, slope=0.1, flip=True,
            backend=backend,
        ),
        images(2, 5, 17, 15), images(5, seed=1),
    )  # fmt: skip


@pytest.mark.parametrize(("size", "down"), [(5, 2), (12, 3), (8, 1)])
def test_asymmetric_plane_filter(size: int, down: int) -> None:
    taps = images(size, size, seed=3) / size
    compare(
        lambda x, backend: ops.filtered_lrelu(
            x, taps, taps, up=2, down=down, padding=size, backend=backend
        ),
        images(1, 18, 11, 8),
    )


@pytest.mark.parametrize(
    ("taps", "up", "down", "padding"),
    [
        ([1.0, 3.0, 3.0, 1.0], 2, 1, [2, 1, 2, 1]),
        ([1.0, 3.0, 3.0, 1.0], 1, 2, [1, 1, 1, 1]),
        ([1.0, 3.0, 3.0, 1.0], 1, 1, [2, 1, 2, 1]),
        ([1.0, 2.0, 3.0], 3, 2, [5, -2, 4, -1]),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 1, 1, [2, 2, 2, 2]),
        ([[1.0, 2.0], [3.0, 4.0]], 2, 2, [1, 1, 2, 2]),
        (None, 2, 3, [0, 0, 0, 0]),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_upfirdn2d(
    taps: list[float] | None, up: int, down: int, padding: list[int], dtype: torch.dtype
) -> None:
    kernel = None if taps is None else torch.tensor(taps) / torch.tensor(taps).sum()
    compare(
        lambda x, backend: ops.upfirdn2d(
            x, kernel, up=up, down=down, padding=padding, gain=1.3, backend=backend
        ),
        images(2, 20, 10, 13, dtype=dtype),
    )


@pytest.mark.parametrize("padding", [[32, -5, -18, 52], [-9, 9, 20, -16], [-30, 41, -30, 41]])
@pytest.mark.parametrize("taps", [None, [1.0, 2.0, 3.0]])
def test_a_side_may_crop_more_than_there_is(padding: list[int], taps: list[float] | None) -> None:
    """Nothing is left of the image; PyTorch's padding refuses to crop that much."""
    kernel = None if taps is None else torch.tensor(taps)
    for backend in ("reference", "native"):
        for operation in (
            lambda x, backend: ops.upfirdn2d(x, kernel, padding=padding, backend=backend),
            lambda x, backend: ops.filtered_lrelu(
                x, kernel, kernel, padding=padding, backend=backend
            ),
        ):
            x = images(1, 2, 15, 11).requires_grad_()
            y = operation(x, backend)
            rows, columns = 15 + sum(padding[2:]), 11 + sum(padding[:2])
            assert 0 <= rows - y.shape[2] == columns - y.shape[3] <= 4
            (dx,) = torch.autograd.grad(y.sum(), x)
            assert dx.shape == x.shape
            gone_y = max(-padding[2], -padding[3]) >= 15
            gone_x = max(-padding[0], -padding[1]) >= 11
            assert gone_x or gone_y
            assert not y.any()
            assert not dx.any()


@pytest.mark.parametrize(("up", "down"), [(1, 65), (1, 300), (1, 1000), (70, 1), (70, 70)])
def test_large_factors_are_for_pytorch(up: int, down: int) -> None:
    """The derivative upsamples by `down`, which the kernel's buffers did not hold."""
    x = images(1, 1, 4 + down // up, 3 + down // up).requires_grad_()
    for operation in (ops.upfirdn2d, ops.filtered_lrelu):
        y = operation(x, None, up=up, down=down)
        (dx,) = torch.autograd.grad(y.sum(), x)
        expected = operation(x, None, up=up, down=down, backend="reference")
        torch.testing.assert_close(y, expected)
        assert dx.count_nonzero() == min(y.numel(), x.numel())
        with pytest.raises(ValueError, match="a factor is greater than 64"):
            operation(x, None, up=up, down=down, backend="native")


@pytest.mark.parametrize(("up", "down"), [(1, 64), (64, 1), (64, 64), (3, 61)])
def test_the_largest_factors_of_the_kernel(up: int, down: int) -> None:
    taps = images(64, seed=4) / 64
    compare(
        lambda x, backend: ops.upfirdn2d(
            x, taps, up=up, down=down, padding=80, backend=backend
        ),
        images(1, 3, 9, 6),
    )  # fmt: skip


def test_bfloat16_rounds_once() -> None:
    x = images(2, 24, 12, 12, dtype=torch.bfloat16)
    taps = lowpass(12)
    arguments = {"up": 2, "down": 2, "padding": 11, "clamp": 256.0}
    y = ops.filtered_lrelu(x, taps, taps, backend="native", **arguments)
    exact = ops.filtered_lrelu(x.double(), taps, taps, backend="reference", **arguments)
    # Half a unit in the last of bfloat16's 8 digits, and float32 rounding.
    assert ((y.double() - exact).abs() <= exact.abs() * 2**-8 + 1e-5).all()


def test_results_do_not_depend_on_threads_or_batch() -> None:
    """Nor on whose they are: on Windows, the kernels start threads of their own."""
    x, taps = images(3, 40, 70, 90), lowpass(12)
    x = x.contiguous(memory_format=torch.channels_last)
    before = torch.get_num_threads()
    results = []
    shared = kernels._openmp_parallel()
    try:
        for parallel, threads in itertools.product((shared, None), (1, 2, 5)):
            kernels.load().afv_use_openmp(parallel)
            torch.set_num_threads(threads)
            results.append(ops.filtered_lrelu(x, taps, taps, up=2, down=2, padding=11))
    finally:
        torch.set_num_threads(before)
        kernels.load().afv_use_openmp(shared)
    single = torch.cat(
        [ops.filtered_lrelu(one[None], taps, taps, up=2, down=2, padding=11) for one in x]
    )
    for other in (*results[1:], single):
        assert torch.equal(results[0], other)


@pytest.mark.parametrize("channels_last", [False, True])
def test_memory_format_is_kept(channels_last: bool) -> None:
    layout = torch.channels_last if channels_last else torch.contiguous_format
    x = images(2, 17, 12, 9).contiguous(memory_format=layout)
    y = ops.filtered_lrelu(x, lowpass(12), lowpass(12), up=2, down=2, padding=11)
    assert y.is_contiguous(memory_format=layout)


def test_strided_and_expanded_inputs() -> None:
    base = images(2, 40, 12, 20)
    taps = lowpass(12)
    for x in (base[:, ::2, :, 3:], base.transpose(2, 3), base[:, :1].expand(-1, 8, -1, -1)):
        y = ops.filtered_lrelu(x, taps, taps, up=2, down=2, padding=11)
        expected = ops.filtered_lrelu(x.contiguous(), taps, taps, up=2, down=2, padding=11)
        torch.testing.assert_close(y, expected, rtol=0, atol=0)


@pytest.mark.parametrize("shape", [(0, 4, 8, 8), (2, 0, 8, 8)])
def test_empty(shape: tuple[int, ...]) -> None:
    taps = lowpass(12)
    y = ops.filtered_lrelu(torch.empty(shape), taps, taps, up=2, down=2, padding=11)
    assert y.shape == (shape[0], shape[1], 8, 8)


def test_nan_passes_through() -> None:
    x = torch.full((1, 1, 8, 8), float("nan"))
    y = ops.filtered_lrelu(x, lowpass(12), lowpass(12), up=2, down=2, padding=11, clamp=1.0)
    assert y.isnan().all()


def test_changed_taps_are_noticed() -> None:
    x, taps = images(1, 2, 8, 8), torch.ones(3)
    first = ops.upfirdn2d(x, taps, padding=1)
    taps.mul_(2)
    torch.testing.assert_close(ops.upfirdn2d(x, taps, padding=1), first * 4)


def test_reference_only_is_for_one_thread() -> None:
    x, seen = torch.ones(1, 1, 8, 8, requires_grad=True), []

    def look() -> None:
        seen.append(type(ops.upfirdn2d(x, torch.ones(3), padding=1).grad_fn).__name__)

    with ops.reference_only():
        look()
        other = threading.Thread(target=look)
        other.start()
        other.join()
    look()
    assert "_Resample" not in seen[0]
    assert all("_Resample" in name for name in seen[1:]), seen


def test_taps_made_in_inference_mode() -> None:
    with torch.inference_mode():
        y = ops.upfirdn2d(torch.ones(1, 1, 8, 8), torch.ones(3), padding=1)
    assert y[0, 0, 4, 4] == 9


def test_taps_that_want_a_gradient_get_it() -> None:
    taps = torch.ones(3, requires_grad=True)
    ops.upfirdn2d(torch.ones(1, 1, 8, 8), taps, padding=1).sum().backward()
    assert taps.grad is not None
    assert (taps.grad > 0).all()


def test_a_cache_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(build.BuildError, match="set XDG_CACHE_HOME"):
        build.library.__wrapped__()


@pytest.mark.process
def test_without_a_compiler_pytorch_serves_and_says_so(tmp_path: Path) -> None:
    program = (
        "import torch, ops, warnings\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    for _ in range(2):\n"
        "        y = ops.upfirdn2d(torch.ones(1, 1, 4, 4), torch.ones(1))\n"
        "assert (y == 1).all()\n"
        "assert len(caught) == 1, caught\n"
        "assert 'no native CPU kernels' in str(caught[0].message)\n"
        "assert any('no native kernel' in line for line in ops.backend_report())\n"
        "try:\n"
        "    ops.upfirdn2d(torch.ones(1, 1, 4, 4), None, backend='native')\n"
        "except ValueError as error:\n"
        "    assert 'CXX=/nowhere' in str(error)\n"
        "else:\n"
        "    raise AssertionError('native without kernels')\n"
    )
    run_without_compiler(program, tmp_path)
