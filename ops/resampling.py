"""What the fast kernels share, whatever they run on: geometry and derivatives.

A kernel computes y = D(step(U(x + bias))): U upsamples with a filter, D downsamples with one, and
the step is nothing, a clamped leaky ReLU, or the mask of derivatives that one left. The adjoint is
the same map with D and U exchanged, so one kernel serves both directions and every order of
derivative.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from ops.spec import FilteredLreluSpec, ResampleSpec, filter_size


@dataclass(frozen=True)
class Resampling:
    """U, then D, of images of one size."""

    up_taps: Tensor | None
    down_taps: Tensor | None
    up: int
    down: int
    pad_x: int
    pad_y: int
    flip: bool
    up_gain: float
    down_gain: float
    in_size: tuple[int, int]
    tmp_size: tuple[int, int]
    out_size: tuple[int, int]
    tmp_offset: tuple[int, int] = (0, 0)
    """Where the upsampled image starts in the one the masks were remembered for (y, x)."""
    slope: float = 1.0
    clamp: float = float("inf")

    def adjoint(self) -> "Resampling":
        """The transposed map: from images of `out_size` back to images of `in_size`."""
        up_size = filter_size(self.up_taps)[0]
        down_size = filter_size(self.down_taps)[0]
        # Output pixel i of the adjoint gathers from the upsampled image starting at pixel
        # i * up + pad - (up_size - 1) of the forward pass's upsampled image.
        offset_x = self.pad_x - (up_size - 1)
        offset_y = self.pad_y - (up_size - 1)
        return Resampling(
            up_taps=self.down_taps,
            down_taps=self.up_taps,
            up=self.down,
            down=self.up,
            pad_x=down_size - 1 - offset_x,
            pad_y=down_size - 1 - offset_y,
            flip=not self.flip,
            up_gain=self.down_gain,
            down_gain=self.up_gain,
            in_size=self.out_size,
            tmp_size=self.tmp_size,
            out_size=self.in_size,
            tmp_offset=(self.tmp_offset[0] + offset_y, self.tmp_offset[1] + offset_x),
            slope=self.slope,
            clamp=self.clamp,
        )


class KernelsUnavailable(RuntimeError):
    """The kernels cannot be had on this machine; the message says why and what would help."""


class Kernels(Protocol):
    """The fast kernels of one kind of device."""

    def why_not_upfirdn2d(self, x: Tensor, taps: Tensor | None, spec: ResampleSpec) -> str | None:
        """Why the call is none for these kernels; None if they serve it.

        Raises:
            KernelsUnavailable: They would serve it, but cannot be had.
        """

    def why_not_filtered_lrelu(
        self,
        x: Tensor,
        up_taps: Tensor | None,
        down_taps: Tensor | None,
        spec: FilteredLreluSpec,
    ) -> str | None:
        """The same for `filtered_lrelu`."""

    def mask_start(self, up: int, pad_y: int, pad_x: int) -> tuple[int, int]:
        """Where the upsampled image starts in the masks that `activate` leaves (y, x)."""

    def activate(
        self, resampling: Resampling, x: Tensor, bias: Tensor | None, want_mask: bool
    ) -> tuple[Tensor, Tensor | None]:
        """D(lrelu(U(x + bias))), and the mask of its derivatives; bias is float32."""

    def resample(self, resampling: Resampling, x: Tensor, mask: Tensor | None) -> Tensor:
        """D(mask · U(x)), without a mask D(U(x))."""

    def resample_and_sum(
        self, resampling: Resampling, x: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The same, and the sums of the result over batch and pixels, [C], float32."""


def upfirdn2d(x: Tensor, taps: Tensor | None, spec: ResampleSpec, kernels: Kernels) -> Tensor:
    """`ops.upfirdn2d`, for calls the kernels serve: equal factors on both axes, square filters."""
    left, _, top, _ = spec.padding
    in_size = (x.shape[2], x.shape[3])
    upsampling_only = ResampleSpec(spec.up, (1, 1), spec.padding, spec.flip, 1.0)
    out_size = spec.output_size(*in_size, taps)
    # Filter on the side where fewer samples are computed.
    if spec.up[0] > 1 or taps is None:
        up_taps, down_taps = taps, None
    else:
        up_taps, down_taps = None, taps
    tmp_size = upsampling_only.output_size(*in_size, up_taps)
    resampling = Resampling(
        up_taps, down_taps, spec.up[0], spec.down[0], left, top, spec.flip, spec.gain, 1.0,
        in_size, tmp_size, out_size,
    )  # fmt: skip
    return _Resample.apply(x, None, resampling, kernels)


def filtered_lrelu(
    x: Tensor,
    up_taps: Tensor | None,
    down_taps: Tensor | None,
    bias: Tensor | None,
    spec: FilteredLreluSpec,
    kernels: Kernels,
) -> Tensor:
    """`ops.filtered_lrelu`, for calls the kernels serve; the gain must be positive."""
    left, _, top, _ = spec.upsampling.padding
    up = spec.upsampling.up[0]
    in_size = (x.shape[2], x.shape[3])
    tmp_size = spec.upsampling.output_size(*in_size, up_taps)
    resampling = Resampling(
        up_taps,
        down_taps,
        up,
        spec.downsampling.down[0],
        left,
        top,
        spec.upsampling.flip,
        # A positive gain commutes with the leaky ReLU: it costs nothing inside the taps.
        spec.upsampling.gain * spec.gain,
        1.0,
        in_size,
        tmp_size,
        spec.downsampling.output_size(*tmp_size, down_taps),
        kernels.mask_start(up, top, left),
        slope=spec.slope,
        clamp=float("inf") if spec.clamp is None else spec.clamp,
    )
    return _FilteredLrelu.apply(x, bias, resampling, kernels)


class _FilteredLrelu(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, bias: Tensor | None, resampling: Resampling, kernels: Kernels
    ) -> Tensor:
        ctx.resampling, ctx.kernels = resampling, kernels
        ctx.bias_dtype = None if bias is None else bias.dtype
        bias = None if bias is None else bias.detach().float().contiguous()
        want_mask = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        y, mask = kernels.activate(resampling, x, bias, want_mask)
        ctx.save_for_backward(mask)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        (mask,) = ctx.saved_tensors
        adjoint = ctx.resampling.adjoint()
        if not ctx.needs_input_grad[1]:
            return _Resample.apply(dy, mask, adjoint, ctx.kernels), None, None, None
        dx, dbias = _ResampleAndSum.apply(dy, mask, adjoint, ctx.kernels)
        return dx, dbias.to(ctx.bias_dtype), None, None


class _Resample(torch.autograd.Function):
    """The linear part: D(mask · U(x)), without a mask D(U(x))."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, mask: Tensor | None, resampling: Resampling, kernels: Kernels
    ) -> Tensor:
        ctx.resampling, ctx.kernels = resampling, kernels
        ctx.save_for_backward(mask)
        return kernels.resample(resampling, x, mask)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, None, None, None]:
        (mask,) = ctx.saved_tensors
        dx = _Resample.apply(dy, mask, ctx.resampling.adjoint(), ctx.kernels)
        return dx, None, None, None


class _ResampleAndSum(torch.autograd.Function):
    """`_Resample`, and the sums of its result over batch and pixels, [C], float32."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, mask: Tensor, resampling: Resampling, kernels: Kernels
    ) -> tuple[Tensor, Tensor]:
        ctx.resampling, ctx.kernels = resampling, kernels
        ctx.save_for_backward(mask)
        return kernels.resample_and_sum(resampling, x, mask)

    @staticmethod
    def backward(ctx: Any, dy: Tensor, dsum: Tensor) -> tuple[Tensor, None, None, None]:
        (mask,) = ctx.saved_tensors
        dy = dy + dsum.to(dy.dtype).reshape(1, -1, 1, 1)
        dx = _Resample.apply(dy, mask, ctx.resampling.adjoint(), ctx.kernels)
        return dx, None, None, None
