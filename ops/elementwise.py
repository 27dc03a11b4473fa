"""Leaky ReLU with bias, gains and clamp, element by element: no filters, one pass over memory.

The forward pass leaves two bits an element, "negative" and "clamped", and the derivative of any
order is a product with what they stand for. That serves the activations of `bias_act` that are
straight but for a corner, and `filtered_lrelu` where it has no filters.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ops.resampling import OperationKernels, activate
from ops.spec import BiasActSpec, FilteredLreluSpec, Terms

INFINITY = float("inf")


@dataclass(frozen=True)
class Elementwise:
    """y = output_gain · clamp(lrelu(gain · (input_gain · x + bias))), for tensors of one layout.

    Bias and gains have one value per index of dimension `dim`; memory holds
    [images, rows, channels, inner] elements without gaps, `rows` or `inner` being 1.
    """

    shape: torch.Size
    stride: tuple[int, ...]
    dim: int
    by_image: bool
    """Sums and gains are [N, C], each image having its own; else sums are [1, C]."""
    images: int
    rows: int
    channels: int
    inner: int
    gain: float
    """Positive."""
    slope: float
    clamp: float

    @property
    def is_linear(self) -> bool:
        """True if all derivatives are the gain: nothing has to be remembered."""
        return self.slope == 1 and self.clamp == INFINITY

    def adjoint(self) -> "Elementwise":
        """Return the transposed operation: a diagonal one is its own."""
        return self

    def sums(self, v: Tensor) -> Tensor:
        """Add up over the pixels: [N, C] or [1, C], float32."""
        if self.by_image:
            return v.sum((2, 3), dtype=torch.float32)
        others = [d for d in range(v.ndim) if d != self.dim]
        summed = v.sum(others, dtype=torch.float32) if others else v.float()
        return summed[None]


def bias_act(
    x: Tensor, bias: Tensor | None, spec: BiasActSpec, kernels: OperationKernels[Elementwise]
) -> Tensor:
    """Compute `ops.bias_act`, for the activations linear, relu and lrelu and positive gains."""
    slope = {"linear": 1.0, "relu": 0.0, "lrelu": spec.alpha}[spec.activation]
    x, operation = _laid_out(x, spec.dim % max(x.ndim, 1), False, spec.gain, slope, spec.clamp)
    return activate(x, Terms(bias), operation, kernels)


def filtered_lrelu(
    x: Tensor, terms: Terms, spec: FilteredLreluSpec, kernels: OperationKernels[Elementwise]
) -> Tensor:
    """Compute `ops.filtered_lrelu` without filters, factors and padding, for positive gains."""
    gains = (terms.input_gain, terms.output_gain) != (None, None)
    x, operation = _laid_out(x, 1, gains, spec.gain, spec.slope, spec.clamp)
    return activate(x, terms, operation, kernels)


def _laid_out(
    x: Tensor, dim: int, by_image: bool, gain: float, slope: float, clamp: float | None
) -> tuple[Tensor, Elementwise]:
    """Return the tensor, copied if its elements do not lie as needed, and its operation."""
    places = _places(x, dim, by_image)
    if places is None:
        x = x.contiguous()
        places = _places(x, dim, by_image)
        assert places is not None
    limit = INFINITY if clamp is None else clamp
    return x, Elementwise(x.shape, x.stride(), dim, by_image, *places, gain, slope, limit)


def _places(x: Tensor, dim: int, by_image: bool) -> tuple[int, int, int, int] | None:
    """Return how [images, rows, channels, inner] elements lie; None if they do not."""
    if x.ndim == 0 or x.numel() == 0:
        return 1, 1, max(x.numel(), 1), 1
    order = sorted((d for d in range(x.ndim) if x.shape[d] != 1), key=x.stride, reverse=True)
    expected = 1
    for d in reversed(order):
        if x.stride(d) != expected:
            return None
        expected *= x.shape[d]
    channels = x.shape[dim]
    inner = 1
    for d in reversed(order):
        if d == dim:
            break
        inner *= x.shape[d]
    if channels == 1:
        inner = 1
    outer = x.numel() // (channels * inner)
    if not by_image:
        return (1, outer, channels, 1) if inner == 1 else (outer, 1, channels, inner)
    images = x.shape[0]
    # The images must lie one after the other.
    if (images > 1 and order[0] != 0) or (inner > 1 and outer != images):
        return None
    return (images, outer // images, channels, 1) if inner == 1 else (images, 1, channels, inner)
