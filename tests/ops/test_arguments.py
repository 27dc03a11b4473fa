"""Derivatives in float64 and clear errors for bad arguments."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch

import ops


def test_gradients_of_filtered_lrelu() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 2, 4, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    bias = torch.randn(2, dtype=torch.float64, generator=generator, requires_grad=True)
    taps = ops.design_lowpass(4, 1.0, 2.0, 8.0).double()
    before, after = torch.rand(2, 1, 2, dtype=torch.float64, generator=generator).add(0.5)
    inputs = (x, bias, before.requires_grad_(), after.requires_grad_())
    operation = partial(_filtered, taps=taps)
    assert torch.autograd.gradcheck(operation, inputs)
    assert torch.autograd.gradgradcheck(operation, inputs)


def _filtered(
    x: torch.Tensor,
    bias: torch.Tensor,
    before: torch.Tensor,
    after: torch.Tensor,
    taps: torch.Tensor,
) -> torch.Tensor:
    return ops.filtered_lrelu(
        x, taps, taps, bias, input_gain=before, output_gain=after, up=2, down=2, padding=3,
        clamp=0.8,
    )  # fmt: skip


def test_gains_of_the_wrong_shape_are_refused() -> None:
    for name in ("input_gain", "output_gain"):
        with pytest.raises(ValueError, match=f"{name} must have one value for each channel"):
            ops.filtered_lrelu(IMAGE, **{name: torch.ones(2)})


def test_numbers_of_numpy_are_numbers() -> None:
    y = ops.upfirdn2d(IMAGE, None, up=np.int64(2), padding=np.int32(1))
    assert y.shape == (1, 2, 10, 10)


@pytest.mark.parametrize("activation", ["linear", "lrelu", "softplus", "swish", "elu"])
def test_gradients_of_bias_act(activation: str) -> None:
    x = torch.linspace(-2, 2, 12, dtype=torch.float64).reshape(2, 3, 2).requires_grad_()
    bias = torch.tensor([0.1, -0.2, 0.3], dtype=torch.float64, requires_grad=True)
    operation = partial(ops.bias_act, activation=activation)
    assert torch.autograd.gradcheck(operation, (x, bias))
    assert torch.autograd.gradgradcheck(operation, (x, bias))


IMAGE = torch.zeros(1, 2, 4, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.upfirdn2d(IMAGE[0], None), "expected floating-point images"),
        (lambda: ops.upfirdn2d(IMAGE.int(), None), "expected floating-point images"),
        (lambda: ops.upfirdn2d(IMAGE, torch.ones(9)), "larger than the padded image"),
        (lambda: ops.upfirdn2d(IMAGE, torch.ones(1, 1, 1)), "must be .k. or .kh, kw."),
        (lambda: ops.upfirdn2d(IMAGE, None, up=0), "up must be"),
        (lambda: ops.upfirdn2d(IMAGE, None, down=[1, 2, 3]), "down must be"),
        (lambda: ops.upfirdn2d(IMAGE, None, padding=[1, 2, 3]), "padding must be"),
        (lambda: ops.upfirdn2d(IMAGE, None, padding=1.5), "padding must be whole numbers"),
        (lambda: ops.upfirdn2d(IMAGE, None, up=[1.5, 1]), "up must be whole numbers"),
        (lambda: ops.upfirdn2d(IMAGE, None, up=2**32), "up must be at most"),
        (lambda: ops.upfirdn2d(IMAGE, None, down=2**32), "down must be at most"),
        (lambda: ops.upfirdn2d(IMAGE, None, padding=[2**32, -(2**32), 0, 0]), "padding must lie"),
        (lambda: ops.upfirdn2d(IMAGE, None, padding=2**29, down=2**24), "up and padding make"),
        (lambda: ops.upfirdn2d(IMAGE, None, up=2**28, padding=-(2**29)), "up and padding make"),
        (lambda: ops.filtered_lrelu(IMAGE, up=2**32), "up must be at most"),
        (lambda: ops.filtered_lrelu(IMAGE, down=2**32), "down must be at most"),
        (lambda: ops.filtered_lrelu(IMAGE, padding=-(2**32)), "padding must lie"),
        (lambda: ops.filtered_lrelu(IMAGE, clamp=float("nan")), "clamp must be positive"),
        (lambda: ops.upfirdn2d(IMAGE, None, backend="cuda"), "unknown backend"),
        (lambda: ops.filtered_lrelu(IMAGE, bias=torch.zeros(3)), "one value per channel"),
        (lambda: ops.filtered_lrelu(IMAGE, clamp=-1.0), "clamp must be positive"),
        (lambda: ops.bias_act(IMAGE, activation="lrelo"), "unknown activation"),
        (lambda: ops.bias_act(IMAGE, torch.zeros(5)), "one value per element"),
        (lambda: ops.bias_act(IMAGE, clamp=0.0), "clamp must be positive"),
        (lambda: ops.design_lowpass(0, 1, 1, 4), "taps must be at least 1"),
        (lambda: ops.design_lowpass(6, 3, 1, 4), "cutoff must lie between"),
        (lambda: ops.design_lowpass(6, 1, 0, 4), "width must be positive"),
    ],
)
def test_bad_arguments(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
