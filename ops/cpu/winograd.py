"""The Python side of Winograd's 3x3 convolution: calls, and weights that are kept evaluated."""

import ctypes
from functools import partial

import torch
from torch import Tensor

from ops.convolution import Shape, output_size
from ops.cpu.gains import Gains
from ops.cpu.jobs import WinogradGradientJob, WinogradJob, WinogradWeightsJob
from ops.cpu.kernels import LANES, address, load, unless_built
from ops.kept import Kept

POINTS = 36
MAX_PADDING = 2
"""Beyond it the derivative of a convolution would crop."""
KEPT_BYTES = 1 << 29
"""Evaluated weights that are kept, at most: those used last."""


class WinogradKernels:
    """`ops.convolution.ConvolutionKernels` of the CPU: float32, channels-last."""

    def __init__(self) -> None:
        self._kept = Kept(KEPT_BYTES)
        self._gains = Gains(self)

    def why_not(self, x: Tensor, weight: Tensor, padding: int) -> str | None:
        """Return why the kernels do not serve this convolution; None if they do."""
        return unless_built(_why_not(x, weight, padding))

    def is_faster(self, shape: Shape) -> bool:
        """Tell whether Winograd's convolution is faster than PyTorch's here, as measured once."""
        return self._gains.of(shape) > 1

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
        """Return output_gain · (weight * (input_gain · x)) + offset, channels-last.

        Args:
            x: [N, I, H, W].
            weight: [O, I, 3, 3], or if `transposed` [I, O, 3, 3], turned by 180°.
            padding: Zeros around the input.
            transposed: Compute the transpose of the convolution that has this weight and
                `2 - padding`.
            keep: Keep the evaluated weights as long as the weight lives unchanged.
            input_gain: [N, I] or None.
            output_gain: [N, O] or None.
            offset: [H', W'] or [N, 1, H', W'] or None.
        """
        x = _packed(x)
        evaluate = partial(_evaluated, weight, transposed)
        evaluated = self._kept.get(weight, transposed, evaluate) if keep else evaluate()
        n, in_c, h, w = x.shape
        out_c = weight.shape[1 if transposed else 0]
        out_h, out_w = output_size((h, w), weight, padding)
        y = torch.empty((n, out_c, out_h, out_w), memory_format=torch.channels_last)
        if y.numel() == 0:
            return y
        gains = [None if gain is None else gain.contiguous() for gain in (input_gain, output_gain)]
        if offset is not None:
            offset = offset.contiguous()
        shared = offset is None or offset.ndim == 2 or len(offset) == 1
        job = WinogradJob(
            x.data_ptr(), evaluated.data_ptr(), y.data_ptr(), *map(address, gains),
            address(offset), n, in_c, out_c, h, w, out_h, out_w, padding,
            0 if shared else out_h * out_w, torch.get_num_threads(),
        )  # fmt: skip
        _check(load().afv_winograd(ctypes.byref(job)))
        return y

    def weight_gradient(self, x: Tensor, dy: Tensor, padding: int) -> Tensor:
        """Return the gradient of the weight, [O, I, 3, 3], where `dy` is that of the result."""
        x, dy = _packed(x), _packed(dy)
        n, in_c, h, w = x.shape
        out_c, out_h, out_w = dy.shape[1:]
        dw = torch.empty((out_c, in_c, 3, 3), memory_format=torch.channels_last)
        if x.numel() == 0 or dy.numel() == 0:
            return dw.zero_()
        job = WinogradGradientJob(
            x.data_ptr(), dy.data_ptr(), dw.data_ptr(), None,
            n, in_c, out_c, h, w, out_h, out_w, padding,
            *dw.stride(), torch.get_num_threads(),
        )  # fmt: skip
        library = load()
        scratch = torch.empty(library.afv_winograd_scratch(ctypes.byref(job)))
        job.scratch = scratch.data_ptr()
        _check(library.afv_winograd_gradient(ctypes.byref(job)))
        return dw


def _why_not(x: Tensor, weight: Tensor, padding: int) -> str | None:
    if x.device.type != "cpu" or weight.device.type != "cpu":
        return f"the images are on {x.device}, the weights on {weight.device}"
    for tensor, name in ((x, "images"), (weight, "weights")):
        if tensor.dtype != torch.float32:
            return f"the {name} are {tensor.dtype}".replace("torch.", "")
    if weight.shape[2:] != (3, 3):
        return "the kernel is not 3x3"
    if padding > MAX_PADDING:
        return f"the padding is larger than {MAX_PADDING}"
    return None


def _evaluated(weight: Tensor, transposed: bool) -> Tensor:
    """Return the weight at Winograd's points; see winograd.h for the layout."""
    weight = weight.detach()
    stride_o, stride_i, stride_y, stride_x = weight.stride()
    first = weight.data_ptr()
    out_c, in_c = weight.shape[:2]
    if transposed:
        out_c, in_c, stride_o, stride_i = in_c, out_c, stride_i, stride_o
        first += 2 * (stride_y + stride_x) * weight.element_size()
        stride_y, stride_x = -stride_y, -stride_x
    to = torch.empty(POINTS, in_c, -(-out_c // LANES) * LANES)
    job = WinogradWeightsJob(
        first, to.data_ptr(), in_c, out_c,
        stride_o, stride_i, stride_y, stride_x, torch.get_num_threads(),
    )  # fmt: skip
    _check(load().afv_winograd_weights(ctypes.byref(job)))
    return to


def _packed(x: Tensor) -> Tensor:
    """Return channels-last images without gaps, whatever the strides of sides of 1 say."""
    return x.contiguous(memory_format=torch.channels_last)


def _check(failed: int) -> None:
    if failed:
        raise MemoryError("no memory is left for the buffers of the CPU kernels")
