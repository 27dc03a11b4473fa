"""The CUDA sources, run on the CPU, against the float64 reference and the golden arrays.

`test_cuda_kernels.py` runs these under AddressSanitizer and UBSan, in a process of their own.
"""

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

import ops
from ops import reference
from ops.cuda import variants
from ops.spec import ResampleSpec
from tests.ops.conftest import Golden
from tests.ops.cuda_host.emulator import EmulatedLauncher
from tests.ops.cuda_host.fixtures import compare, emulated, images, lowpass

__all__ = ["emulated"]  # a fixture

HALF = [torch.float32, torch.float16]

FILTERED = Golden("filtered_lrelu")
UPFIRDN = Golden("upfirdn2d")
BIAS_ACT = Golden("bias_act")
# float32 against float64, some values near 10.
CLOSE = {"rtol": 1e-5, "atol": 2e-5}


@pytest.mark.slow
@pytest.mark.parametrize("i", range(len(FILTERED.cases)))
def test_golden_filtered_lrelu(i: int, emulated: EmulatedLauncher) -> None:
    case = dict(FILTERED.cases[i])
    x, bias, dy, v = (_float(FILTERED, f"{name}{i}") for name in ("x", "b", "dy", "v"))
    taps = FILTERED.tensor(f"fu{i}"), FILTERED.tensor(f"fd{i}")
    y = ops.filtered_lrelu(x, *taps, bias, backend="native", **case)
    dx, dbias = torch.autograd.grad(y, [x, bias], dy, create_graph=True)
    (ddy,) = torch.autograd.grad(dx, dy, v)
    for name, actual in (("y", y), ("dx", dx), ("db", dbias), ("ddy", ddy)):
        torch.testing.assert_close(actual.double(), FILTERED.tensor(f"{name}{i}"), **CLOSE)
    assert emulated.launches


# The case left out has different factors along x and y: PyTorch serves it.
@pytest.mark.parametrize("i", [0, 1, 3])
def test_golden_upfirdn2d(i: int, emulated: EmulatedLauncher) -> None:
    case: dict[str, Any] = dict(UPFIRDN.cases[i])
    flip = case.pop("flip_filter")
    x = _float(UPFIRDN, f"x{i}")
    y = ops.upfirdn2d(x, UPFIRDN.tensor(f"f{i}"), flip=flip, backend="native", **case)
    (dx,) = torch.autograd.grad(y, x, UPFIRDN.tensor(f"dy{i}").float())
    torch.testing.assert_close(y.double(), UPFIRDN.tensor(f"y{i}"), **CLOSE)
    torch.testing.assert_close(dx.double(), UPFIRDN.tensor(f"dx{i}"), **CLOSE)


@pytest.mark.parametrize("i", range(len(BIAS_ACT.cases)))
def test_golden_bias_act(i: int, emulated: EmulatedLauncher) -> None:
    case: dict[str, Any] = dict(BIAS_ACT.cases[i])
    activation = case.pop("act")
    x, bias = _float(BIAS_ACT, f"x{i}"), _float(BIAS_ACT, f"b{i}")
    y = ops.bias_act(x, bias, activation=activation, backend="native", **case)
    dx, dbias = torch.autograd.grad(y, [x, bias], BIAS_ACT.tensor(f"dy{i}").float())
    for name, actual in (("y", y), ("dx", dx), ("db", dbias)):
        torch.testing.assert_close(actual.double(), BIAS_ACT.tensor(f"{name}{i}"), **CLOSE)


@pytest.mark.parametrize(("up", "down"), list(itertools.product([1, 2, 4], repeat=2)))
def test_every_pair_of_factors(up: int, down: int, emulated: EmulatedLauncher) -> None:
    dtype = torch.float16 if up > 1 and down > 1 else torch.float32
    _compare_filtered(emulated, up, down, 6 * up, 6 * down, False, False, dtype)


@pytest.mark.soak
@pytest.mark.parametrize("dtype", [*HALF, torch.bfloat16])
@pytest.mark.parametrize("planes", list(itertools.product([False, True], repeat=2)))
@pytest.mark.parametrize(("up", "down"), list(itertools.product([1, 2, 4, 8], repeat=2)))
def test_every_pair_of_factors_and_kind_of_filter(
    up: int, down: int, planes: tuple[bool, bool], dtype: torch.dtype, emulated: EmulatedLauncher
) -> None:
    up_taps, down_taps = (6 * factor if factor < 8 else factor + 3 for factor in (up, down))
    ways = [(up, down, up_taps, down_taps, *planes), (down, up, down_taps, up_taps, *planes[::-1])]
    if any(variants.filtered_lrelu(*way, "float32") is None for way in ways):
        pytest.skip("no tile fits: PyTorch serves, as another test shows")
    _compare_filtered(emulated, up, down, up_taps, down_taps, *planes, dtype)


@pytest.mark.parametrize(("up", "down", "dtype"), [(2, 2, torch.float16), (4, 2, torch.float32)])
def test_radial_filters(up: int, down: int, dtype: torch.dtype, emulated: EmulatedLauncher) -> None:
    _compare_filtered(emulated, up, down, 6 * up, 6 * down, False, True, dtype)


def _compare_filtered(
    launcher: EmulatedLauncher,
    up: int,
    down: int,
    up_taps: int,
    down_taps: int,
    up_plane: bool,
    down_plane: bool,
    dtype: torch.dtype,
) -> None:
    # The order in which a block's threads run must not matter; float32 and float16 differ in it.
    launcher.descending = dtype == torch.float16
    # Not symmetric: a reversed or transposed filter must show.
    filters = [
        images(*([taps] * (2 if plane else 1)), seed=taps).abs() / taps ** (1 + plane)
        for taps, plane in ((up_taps, up_plane), (down_taps, down_plane))
    ]
    padding = [up_taps + 1, down_taps + 1, up_taps + down_taps + 1, -3]
    compare(
        lambda x, bias, backend: ops.filtered_lrelu(
            x, *filters, bias, up=up, down=down, padding=padding, clamp=1.2, backend=backend
        ),
        images(1, 2, 14, 21, dtype=dtype), images(2, seed=1, dtype=dtype),
    )  # fmt: skip
    assert launcher.launches


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("padding", "flip"), [([9, 12, -3, 20], False), ([-1, -2, 11, 10], True)])
def test_odd_padding(
    padding: list[int], flip: bool, descending: bool, emulated: EmulatedLauncher
) -> None:
    emulated.descending = descending
    # More than one tile each way, the last of them partial.
    compare(
        lambda x, bias, backend: ops.filtered_lrelu(
            x, lowpass(12), lowpass(12), bias, up=2, down=2, padding=padding, slope=0.1,
            flip=flip, backend=backend,
        ),
        images(1, 2, 29, 41), images(2, seed=1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "up", "down", "padding", "dtype"),
    [
        ((4,), 2, 1, [2, 1, 2, 1], torch.float16),
        ((4,), 1, 1, [2, 1, 2, 1], torch.float16),
        ((5,), 3, 2, [5, -2, 4, -1], torch.float32),
        ((3, 3), 2, 3, [1, 1, 2, -1], torch.float32),
        ((61,), 1, 1, [30, 30, 30, 30], torch.float32),
        (None, 2, 3, [0, 0, 0, 0], torch.bfloat16),
    ],
)
def test_upfirdn2d(
    shape: tuple[int, ...] | None,
    up: int,
    down: int,
    padding: list[int],
    dtype: torch.dtype,
    emulated: EmulatedLauncher,
) -> None:
    taps = None if shape is None else images(*shape, seed=5)
    compare(
        lambda x, backend: ops.upfirdn2d(
            x, taps, up=up, down=down, padding=padding, gain=1.3, backend=backend
        ),
        images(1, 2, 19, 37, dtype=dtype),
    )
    assert emulated.launches


@pytest.mark.parametrize(
    ("activation", "dtype"), [("lrelu", torch.float16), ("swish", torch.float32)]
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_bias_act(
    activation: str, layout: torch.memory_format, dtype: torch.dtype, emulated: EmulatedLauncher
) -> None:
    x, bias = images(3, 5, 11, 13, dtype=dtype), images(5, seed=1, dtype=dtype)
    compare(
        lambda x, bias, backend: ops.bias_act(
            x.contiguous(memory_format=layout), bias, activation=activation, clamp=1.5,
            backend=backend,
        ),
        x, bias,
    )  # fmt: skip
    # Without a graph for a second derivative the kernel computes the first one.
    x = x.detach().contiguous(memory_format=layout).requires_grad_()
    emulated.launches.clear()
    y = ops.bias_act(x, bias, activation=activation, clamp=1.5, backend="native")
    y.backward(torch.ones_like(y))
    expected = x.detach().double().requires_grad_()
    wide = ops.bias_act(expected, bias.double(), activation=activation, clamp=1.5)
    wide.backward(torch.ones_like(wide))
    error = (x.grad.double() - expected.grad).abs().max()
    assert error < (1e-6 if dtype == torch.float32 else 2**-9)
    assert len(emulated.launches) == 2


def test_bias_act_along_any_dimension(emulated: EmulatedLauncher) -> None:
    for shape, dim in (((7, 5), 1), ((7, 5), -1), ((5,), 0), ((2, 3, 4), 2), ((3, 1, 4), 1)):
        x, bias = images(*shape), images(shape[dim], seed=2)
        y = ops.bias_act(x, bias, dim=dim, activation="lrelu", backend="native")
        torch.testing.assert_close(y, ops.bias_act(x, bias, dim=dim, activation="lrelu"))
        transposed = x.T if x.ndim == 2 else x
        y = ops.bias_act(transposed[..., ::2], backend="native")
        torch.testing.assert_close(y, transposed[..., ::2])


def test_masks_hold_the_signs(emulated: EmulatedLauncher) -> None:
    x, taps, padding = images(1, 2, 21, 45), lowpass(12), [7, 10, 12, 9]
    spec = ResampleSpec.check(x, taps, 2, 1, padding, False, 4.0)
    upsampled = reference.upfirdn2d(x.double(), taps, spec) * 2**0.5
    y = ops.filtered_lrelu(
        x.requires_grad_(), taps, taps, up=2, down=2, padding=padding, clamp=0.5, backend="native"
    )
    *_, words = y.grad_fn.saved_tensors
    shift_y, shift_x = y.grad_fn.operation.tmp_offset
    rows = torch.arange(words.shape[1] * 16)
    codes = (words[:, rows // 16, :] >> (2 * (rows % 16))[:, None]) & 3
    height, width = upsampled.shape[2:]
    codes = codes[:, shift_y : shift_y + height, shift_x : shift_x + width]
    # What no output depends on need not be there.
    used_h, used_w = ((size - 12) // 2 * 2 + 12 for size in (height, width))
    activated = torch.where(upsampled > 0, upsampled, upsampled * 0.2)
    expected = (upsampled <= 0).int() + 2 * (activated.abs() > 0.5).int()
    assert torch.equal(codes[:, :used_h, :used_w].int(), expected[0, :, :used_h, :used_w])


@pytest.mark.parametrize("shape", [(0, 4, 8, 8), (2, 0, 8, 8)])
def test_empty(shape: tuple[int, ...], emulated: EmulatedLauncher) -> None:
    x, taps = torch.empty(shape, requires_grad=True), lowpass(12)
    y = ops.filtered_lrelu(x, taps, taps, up=2, down=2, padding=11, backend="native")
    assert y.shape == shape
    y = y + ops.upfirdn2d(x, lowpass(3), padding=1, backend="native")
    y = ops.bias_act(y, torch.zeros(shape[1]), backend="native")
    (dx,) = torch.autograd.grad(y.sum(), x)
    assert dx.shape == shape
    assert not emulated.launches


def test_strides_and_memory_format(emulated: EmulatedLauncher) -> None:
    base, taps = images(2, 6, 12, 20), lowpass(12)
    arguments: dict[str, Any] = {"up": 2, "down": 2, "padding": 11, "backend": "native"}
    for x in (
        base[:, ::2, :, 3:],
        base.transpose(2, 3),
        base[:, :1].expand(-1, 4, -1, -1),
        base.contiguous(memory_format=torch.channels_last),
    ):
        y = ops.filtered_lrelu(x, taps, taps, **arguments)
        expected = ops.filtered_lrelu(x.contiguous(), taps, taps, **arguments)
        torch.testing.assert_close(y, expected, rtol=0, atol=0)
    assert y.is_contiguous(memory_format=torch.channels_last)


def test_nan_passes_through(emulated: EmulatedLauncher) -> None:
    for dtype in HALF:
        x = torch.full((1, 1, 8, 8), float("nan"), dtype=dtype)
        for y in (
            ops.filtered_lrelu(
                x, lowpass(12), lowpass(12), up=2, down=2, padding=11, clamp=1.0, backend="native"
            ),
            ops.bias_act(x, activation="relu", clamp=1.0, backend="native"),
        ):
            assert y.isnan().all()


def test_blocks_cover_the_output_once(emulated: EmulatedLauncher) -> None:
    x, taps = images(2, 3, 40, 70), lowpass(12)
    ops.filtered_lrelu(x, taps, taps, up=2, down=2, padding=11, backend="native")
    (launch,) = emulated.launches
    height, width = launch.variant.tile
    assert launch.blocks == -(-40 // height) * -(-70 // width) * 6
    assert launch.device == x.device


def test_changed_taps_are_noticed(emulated: EmulatedLauncher) -> None:
    x, taps = images(1, 2, 8, 8), torch.ones(3)
    first = ops.upfirdn2d(x, taps, padding=1, backend="native")
    taps.mul_(2)
    second = ops.upfirdn2d(x, taps, padding=1, backend="native")
    torch.testing.assert_close(second, first * 4)


def _float(golden: Golden, name: str) -> Tensor:
    array = golden.tensor(name)
    assert array is not None
    return array.float().requires_grad_()
