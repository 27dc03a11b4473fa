"""Geometry and derivatives of the operations, shared by the fast kernels of all devices.

A kernel computes y = D(step(U(x + bias))): U upsamples with a filter, D downsamples with one, and
the step is nothing, a clamped leaky ReLU, or the mask of derivatives that one left. The adjoint is
the same operation with D and U exchanged, so one kernel serves both directions and every order of
derivative.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self, TypeVar

import torch
from torch import Tensor

from ops.spec import FilteredLreluSpec, ResampleSpec, Terms, filter_size


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
    """Place (y, x) of the upsampled image in the one whose masks were remembered."""
    slope: float = 1.0
    clamp: float = float("inf")

    def sums(self, v: Tensor) -> Tensor:
        """Add up over the pixels: [N, C], float32."""
        return v.sum((2, 3), dtype=torch.float32)

    def adjoint(self) -> "Resampling":
        """Return the transposed operation, from images of `out_size` to images of `in_size`."""
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


class Activated(NamedTuple):
    """Results of a forward pass."""

    y: Tensor
    mask: Tensor | None
    """Signs and clamps that determine the derivatives, where they were wanted."""
    clamped: bool = True
    """False if certainly no sample was clamped."""


class Summed(NamedTuple):
    """A derivative and its sums over the pixels."""

    y: Tensor
    sums: Tensor
    """[N, C], float32."""
    products: Tensor | None = None
    """Sums of the product with the partner, [N, C], float32."""


class KernelsUnavailableError(RuntimeError):
    """This machine has no kernels; the message says why and what would help."""


class Operation(Protocol):
    """A linear operation on images, but for a leaky ReLU within."""

    def adjoint(self) -> Self:
        """Return the transposed operation."""

    def sums(self, v: Tensor) -> Tensor:
        """Add up over the pixels: [N, C], float32."""


_O = TypeVar("_O", bound=Operation, contravariant=True)


class OperationKernels(Protocol[_O]):
    """The fast kernels that compute one kind of operation on one kind of device."""

    def activate(self, operation: _O, x: Tensor, terms: Terms, want_mask: bool) -> Activated:
        """Return D(lrelu(U(input_gain · x + bias))) · output_gain."""

    def resample(self, operation: _O, x: Tensor, mask: Tensor | None) -> Tensor:
        """Return D(mask · U(x)), without a mask D(U(x))."""

    def resample_and_sum(
        self,
        operation: _O,
        x: Tensor,
        mask: Tensor | None,
        gain: Tensor | None = None,
        partner: Tensor | None = None,
    ) -> Summed:
        """Return y = D(mask · U(x)) times `gain` [N, C], and the sums of y without it.

        Args:
            operation: U and D.
            x: Images.
            mask: The derivatives that `activate` left.
            gain: Only for kernels that fold gains.
            partner: An image like y; the sums of its product with y are wanted too. Only for
                kernels that fold gains.
        """


class Kernels(OperationKernels[Resampling], Protocol):
    """The fast kernels of one kind of device for resamplings."""

    folds_gains: bool
    """True if they take gains; else products around them serve."""

    def why_not_upfirdn2d(self, x: Tensor, taps: Tensor | None, spec: ResampleSpec) -> str | None:
        """Return why the kernels do not serve this call; None if they do.

        Raises:
            KernelsUnavailableError: They would serve it, but this machine has none.
        """

    def why_not_filtered_lrelu(
        self,
        x: Tensor,
        up_taps: Tensor | None,
        down_taps: Tensor | None,
        spec: FilteredLreluSpec,
    ) -> str | None:
        """Return the reason for `filtered_lrelu`, as above."""

    def mask_start(self, up: int, pad_y: int, pad_x: int) -> tuple[int, int]:
        """Return where the upsampled image starts in the masks that `activate` leaves (y, x)."""


def why_not_factors(up: tuple[int, int], down: tuple[int, int], largest: int) -> str | None:
    """Return why kernels with equal factors up to `largest` do not serve these; None if they do."""
    if up[0] != up[1] or down[0] != down[1]:
        return "factors differ along x and y"
    if max(up[0], down[0]) > largest:
        return f"a factor is greater than {largest}"
    return None


def upfirdn2d(x: Tensor, taps: Tensor | None, spec: ResampleSpec, kernels: Kernels) -> Tensor:
    """Compute `ops.upfirdn2d` with equal factors on both axes and a square filter."""
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
    if not _derivative_wanted(x):
        return kernels.resample(resampling, x, None)
    return _Resample.apply(x, None, resampling, kernels)


def filtered_lrelu(
    x: Tensor,
    up_taps: Tensor | None,
    down_taps: Tensor | None,
    terms: Terms,
    spec: FilteredLreluSpec,
    kernels: Kernels,
) -> Tensor:
    """Compute `ops.filtered_lrelu` with equal factors, square filters and a positive gain."""
    if not kernels.folds_gains and (terms.input_gain, terms.output_gain) != (None, None):
        x = _scaled(x, terms.input_gain)
        y = filtered_lrelu(x, up_taps, down_taps, Terms(terms.bias), spec, kernels)
        return _scaled(y, terms.output_gain)
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
    return activate(x, terms, resampling, kernels)


def activate(x: Tensor, terms: Terms, operation: _O, kernels: OperationKernels[_O]) -> Tensor:
    """Run an operation forwards, differentiable to any order."""
    inputs = (x, terms.bias, terms.input_gain, terms.output_gain)
    if not _derivative_wanted(*inputs):
        return kernels.activate(operation, x, _plain_terms(*inputs[1:]), False).y
    return _FilteredLrelu.apply(*inputs, operation, kernels)


class _FilteredLrelu(torch.autograd.Function):
    """y = s · D(lrelu(U(t))), t = d · x + b, with s the output's and d the input's gain."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        bias: Tensor | None,
        input_gain: Tensor | None,
        output_gain: Tensor | None,
        operation: Operation,
        kernels: OperationKernels[Any],
    ) -> Tensor:
        ctx.operation, ctx.kernels = operation, kernels
        terms = _plain_terms(bias, input_gain, output_gain)
        y, mask, ctx.clamped = kernels.activate(operation, x, terms, True)
        # Only the gains' derivatives look at the images again.
        seen = x if any(ctx.needs_input_grad[2:4]) else None
        ctx.save_for_backward(seen, bias, input_gain, output_gain, mask)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        x, bias, d, s, mask = ctx.saved_tensors
        _, wants_bias, wants_d, wants_s, *_ = ctx.needs_input_grad
        adjoint, kernels = ctx.operation.adjoint(), ctx.kernels
        if not (wants_bias or wants_d or wants_s or d is not None or s is not None):
            return _Resample.apply(dy, mask, adjoint, kernels), *(None,) * 5
        gain = s if d is None else d if s is None else d * s
        # Everything follows from v = U'(mask · D'(dy)), the derivative with respect to t but for
        # the factor s, and from its sums over the pixels with 1 and with x.
        products: Any = None
        if torch.is_grad_enabled():
            v = _Resample.apply(dy, mask, adjoint, kernels)
            dx, sums = _scaled(v, gain), adjoint.sums(v)
            if x is not None:
                products = adjoint.sums(v * x)
        else:
            dx, sums, products = kernels.resample_and_sum(adjoint, dy, mask, _plain(gain), x)
        dbias = dd = ds = None
        if wants_bias:
            dbias = (sums if s is None else sums * s).sum(0).to(bias.dtype)
        if wants_d:
            dd = (products if s is None else products * s).to(d.dtype)
        if wants_s and ctx.clamped:
            terms = (bias, d, None, ctx.operation, kernels)
            ds = ctx.operation.sums(dy * _FilteredLrelu.apply(x, *terms))
        elif wants_s:
            # Where nothing is clamped the leaky ReLU is its derivative times its argument, so
            # that dy · D(lrelu(U(t))) adds up to v · t: no need of the images it made.
            ds = products if d is None else products * d
            ds = ds if bias is None else ds + sums * bias
        return dx, dbias, dd, None if ds is None else ds.to(s.dtype), None, None


def _derivative_wanted(*tensors: Tensor | None) -> bool:
    return torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)


def _plain_terms(*terms: Tensor | None) -> Terms:
    return Terms(*map(_plain, terms))


def _plain(values: Tensor | None) -> Tensor | None:
    """Return a bias or gain as the kernels take it: float32, dense, no gradient."""
    return None if values is None else values.detach().float().contiguous()


def _scaled(x: Tensor, gain: Tensor | None) -> Tensor:
    return x if gain is None else x * gain.to(x.dtype)[:, :, None, None]


class _Resample(torch.autograd.Function):
    """The linear part: D(mask · U(x)), without a mask D(U(x))."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        mask: Tensor | None,
        operation: Operation,
        kernels: OperationKernels[Any],
    ) -> Tensor:
        ctx.operation, ctx.kernels = operation, kernels
        ctx.save_for_backward(mask)
        return kernels.resample(operation, x, mask)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, None, None, None]:
        (mask,) = ctx.saved_tensors
        dx = _Resample.apply(dy, mask, ctx.operation.adjoint(), ctx.kernels)
        return dx, None, None, None
