"""Convolutions and their derivatives, each by the kernels that are fastest for it.

The derivative of a convolution by its input is a convolution, transposed; by its weight it is a
bilinear operation of its own, whose derivatives are convolutions again. So two functions serve
derivatives of every order, and each call of them is decided by itself.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor


def output_size(size: Sequence[int], weight: Tensor, padding: int) -> tuple[int, int]:
    """Return height and width of what a weight [O, I, k, k] makes of images of a size."""
    height, width = (side + 2 * padding - weight.shape[-1] + 1 for side in size)
    return height, width


class Shape(NamedTuple):
    """A 3x3 convolution, or the gradient of its weight."""

    in_channels: int
    out_channels: int
    images: int
    out_height: int
    out_width: int
    weight_gradient: bool = False

    @staticmethod
    def of(
        images: int,
        size: Sequence[int],
        weight: Tensor,
        padding: int,
        *,
        transposed: bool = False,
    ) -> "Shape":
        """Return that of images of a size and a weight [O, I, 3, 3], transposed [I, O, 3, 3]."""
        outputs, inputs = weight.shape[:2]
        if transposed:
            outputs, inputs = inputs, outputs
        return Shape(inputs, outputs, images, *output_size(size, weight, padding))


class ConvolutionKernels(Protocol):
    """Kernels of 3x3 convolutions on one kind of device."""

    def why_not(self, x: Tensor, weight: Tensor, padding: int) -> str | None:
        """Return why the kernels do not serve this convolution; None if they do."""

    def is_faster(self, shape: Shape) -> bool:
        """Tell whether they are faster than PyTorch here."""

    def convolve(
        self,
        x: Tensor,
        weight: Tensor,
        padding: int,
        *,
        transposed: bool = False,
        keep: bool = False,
        input_gain: Tensor | None = None,
        output_gain: Tensor | None = None,
        offset: Tensor | None = None,
    ) -> Tensor:
        """Return output_gain · (weight * (input_gain · x)) + offset."""

    def weight_gradient(self, x: Tensor, dy: Tensor, padding: int) -> Tensor:
        """Return the weight's gradient, where `dy` is that of the convolution of x."""


class Around(NamedTuple):
    """Gains before and after a convolution, and an offset."""

    input_gain: Tensor | None = None
    """[N, I]."""
    output_gain: Tensor | None = None
    """[N, O]."""
    offset: Tensor | None = None
    """[H', W'] or [N, 1, H', W']."""

    def apply(self, x: Tensor, convolution: Callable[[Tensor], Tensor]) -> Tensor:
        """Run a convolution with gains and offset, by PyTorch's operations."""
        if self.input_gain is not None:
            x = x * self.input_gain.to(x.dtype)[:, :, None, None]
        y = convolution(x)
        if self.output_gain is None:
            return y if self.offset is None else y + self.offset
        gain = self.output_gain.to(y.dtype)[:, :, None, None]
        return y * gain if self.offset is None else torch.addcmul(self.offset, y, gain)


def convolve(
    x: Tensor,
    weight: Tensor,
    padding: int,
    around: Around,
    kernels: ConvolutionKernels | None,
    always: bool,
) -> Tensor:
    """Compute `ops.convolve`.

    Args:
        x: [N, I, H, W].
        weight: [O, I, k, k].
        padding: Zeros around x.
        around: Gains and offset.
        kernels: They serve the call; None for PyTorch alone.
        always: Use them whether they are faster or not.
    """
    if kernels is None:
        return around.apply(x, lambda x: _direct(x, weight, padding))
    chosen = _Chosen(kernels, always)
    tensors = (x, weight, *around)
    if torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors):
        if chosen.serve_any(x, weight, padding):
            return around.apply(x, lambda x: _Convolution.apply(x, weight, padding, False, chosen))
    elif chosen.serve(x, weight, padding):
        y = kernels.convolve(x, weight, padding, keep=True, **around._asdict())
        return y if x.is_contiguous(memory_format=torch.channels_last) else y.contiguous()
    return around.apply(x, lambda x: _direct(x, weight, padding))


def direct_weight_gradient(x: Tensor, dy: Tensor, weight: Tensor, padding: int) -> Tensor:
    """Return the gradient of a convolution's weight as PyTorch computes it."""
    if padding > 1:
        # oneDNN's fast weight gradient, three times as fast, pads by one sample at most.
        x, padding = F.pad(x, (padding - 1,) * 4), 1
    found: tuple[Tensor, ...] = torch.ops.aten.convolution_backward(
        dy, x, weight, None, [1, 1], [padding] * 2, [1, 1], False, [0, 0], 1, [False, True, False]
    )
    return found[1]


class _Chosen(NamedTuple):
    """Kernels, and whether they serve where PyTorch is faster."""

    kernels: ConvolutionKernels
    always: bool

    def serve(self, x: Tensor, weight: Tensor, padding: int, *, transposed: bool = False) -> bool:
        """Tell whether the kernels compute a convolution."""
        shape = Shape.of(len(x), x.shape[2:], weight, padding, transposed=transposed)
        return self.always or self.kernels.is_faster(shape)

    def serve_gradient(self, x: Tensor, dy: Tensor) -> bool:
        """Tell whether the kernels compute the gradient of a weight."""
        height, width = dy.shape[2:]
        shape = Shape(x.shape[1], dy.shape[1], len(x), height, width, weight_gradient=True)
        return self.always or self.kernels.is_faster(shape)

    def serve_any(self, x: Tensor, weight: Tensor, padding: int) -> bool:
        """Tell whether the kernels compute a convolution or one of its first derivatives."""
        forward = Shape.of(len(x), x.shape[2:], weight, padding)
        shapes = (
            forward,
            forward._replace(weight_gradient=True),
            Shape(forward.out_channels, forward.in_channels, len(x), *x.shape[2:]),
        )
        return self.always or any(self.kernels.is_faster(shape) for shape in shapes)


class _Convolution(torch.autograd.Function):
    """A 3x3 convolution, or the transpose of the one that pads by 2 - padding."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, padding: int, transposed: bool, chosen: _Chosen
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.padding, ctx.transposed, ctx.chosen = padding, transposed, chosen
        if chosen.serve(x, weight, padding, transposed=transposed):
            return chosen.kernels.convolve(x, weight, padding, transposed=transposed)
        if transposed:
            return F.conv_transpose2d(x, weight, padding=2 - padding)
        return F.conv2d(x, weight, padding=padding)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        dx = dw = None
        if ctx.needs_input_grad[0]:
            dx = _Convolution.apply(dy, weight, 2 - ctx.padding, not ctx.transposed, ctx.chosen)
        if ctx.needs_input_grad[1]:
            if ctx.transposed:
                dw = _WeightGradient.apply(dy, x, 2 - ctx.padding, ctx.chosen)
            else:
                dw = _WeightGradient.apply(x, dy, ctx.padding, ctx.chosen)
        return dx, dw, None, None, None


class _WeightGradient(torch.autograd.Function):
    """The gradient of a 3x3 convolution's weight: linear in its input and in dy."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, dy: Tensor, padding: int, chosen: _Chosen) -> Tensor:
        ctx.save_for_backward(x, dy)
        ctx.padding, ctx.chosen = padding, chosen
        if chosen.serve_gradient(x, dy):
            return chosen.kernels.weight_gradient(x, dy, padding)
        weight = x.new_empty(dy.shape[1], x.shape[1], 3, 3)
        return direct_weight_gradient(x, dy, weight, padding)

    @staticmethod
    def backward(ctx: Any, dw: Tensor) -> tuple[Tensor | None, ...]:
        x, dy = ctx.saved_tensors
        dx = ddy = None
        if ctx.needs_input_grad[0]:
            dx = _Convolution.apply(dy, dw, 2 - ctx.padding, True, ctx.chosen)
        if ctx.needs_input_grad[1]:
            ddy = _Convolution.apply(x, dw, ctx.padding, False, ctx.chosen)
        return dx, ddy, None, None


def _direct(x: Tensor, weight: Tensor, padding: int) -> Tensor:
    if padding > 1 and torch.is_grad_enabled():
        # As above.
        x, padding = F.pad(x, (padding - 1,) * 4), 1
    return F.conv2d(x, weight, padding=padding)
