"""The four operations of the theory, each naive and filtered, on periodic signals.

Karras et al. 2021, sections 2 and 3. The filters are those of the networks' layers
(`ops.design_lowpass`), and so are the routines that apply them (`ops.upfirdn2d`,
`ops.filtered_lrelu`); only the borders are continued periodically.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from ops import design_lowpass, filtered_lrelu, upfirdn2d

if TYPE_CHECKING:
    from viz.protocol.lab import Operation

STOPBAND_RATIO = 2**0.3
"""Stopband over cutoff where the grid leaves no more room, as in StyleGAN3's last layers."""

ORIENTED = ((-2.0, -1.0, 0.0), (-1.0, 1.0, 1.0), (0.0, 1.0, 2.0))
"""A 3×3 kernel with a direction, as a trained layer's kernels have: relief lit from above left."""

SHRINKING = 0.8
"""The one tap of the 1×1 kernel: turns are left alone whatever it is."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of doing an operation."""

    apply: Callable[[Tensor], Tensor]
    """[k, side, side] float64 → [k, side · rate, side · rate]."""
    rate: float
    """Output samples for each input sample."""
    offset: float
    """Place of the output's first sample, in input samples."""
    reach: float
    """Distance to either side over which an output depends on inputs, in input samples."""
    limit: float
    """Highest frequency its output is meant to have, in cycles per input sample."""


def ways(operation: Operation) -> tuple[Way, Way]:
    """The naive and the filtered way.

    Raises:
        ValueError: the filter cannot be designed.
    """
    match operation.kind:
        case "convolution":
            return _convolutions(operation)
        case "upsampling":
            return _upsamplings(operation)
        case "downsampling":
            return _downsamplings(operation)
        case "nonlinearity":
            return _nonlinearities(operation)


def half_width(cutoff: float) -> float:
    """Half the transition band, f_h, that goes with a cutoff, both in cycles per sample.

    The stopband begins at half the sampling rate, or beyond it where the cutoff is too close.
    Karras et al. 2021, section 3.2.
    """
    return max(cutoff * STOPBAND_RATIO, 0.5) - cutoff


def lowpass(operation: Operation, finer: int) -> Tensor:
    """The operation's low-pass filter on a grid so many times finer than that of its cutoff.

    Its taps number n · finer; on the grid itself one more if n is even, so that it has a middle.
    """
    taps = operation.taps * finer if finer > 1 else operation.taps | 1
    width = 2 * half_width(operation.cutoff)
    cutoff = min(operation.cutoff, 0.499 * finer)
    found = design_lowpass(taps, cutoff, width, float(finer), radial=operation.radial)
    if found is None:
        raise ValueError(f"a filter needs more than one tap, got {taps}")
    return found


def _convolutions(operation: Operation) -> tuple[Way, Way]:
    oriented = torch.tensor(ORIENTED).div(4).flip(0, 1)
    if operation.kernel == "1×1":
        steady = torch.tensor([[SHRINKING]])
    else:
        taps = 2 * operation.taps + 1
        width = 2 * half_width(operation.cutoff)
        found = design_lowpass(taps, min(operation.cutoff, 0.499), width, 1.0, radial=True)
        steady = found if found is not None else torch.ones(1, 1)
    return _convolution(oriented), _convolution(steady)


def _convolution(kernel: Tensor) -> Way:
    return Way(
        lambda z: _resampled(z, kernel),
        rate=1.0,
        offset=0.0,
        reach=kernel.shape[-1] // 2,
        limit=0.5,
    )


def _upsamplings(operation: Operation) -> tuple[Way, Way]:
    simple = torch.tensor([1.0, 1.0] if operation.naive == "nearest" else [1.0, 3.0, 3.0, 1.0])
    return _upsampling(simple / simple.sum()), _upsampling(lowpass(operation, 2))


def _upsampling(taps: Tensor) -> Way:
    return Way(
        lambda z: _resampled(z, taps, up=2),
        rate=2.0,
        offset=-0.25,
        reach=len(taps) / 4 + 1,
        limit=0.5,
    )


def _downsamplings(operation: Operation) -> tuple[Way, Way]:
    decimation = Way(lambda z: z[:, ::2, ::2], rate=0.5, offset=0.0, reach=1.0, limit=0.25)
    taps = lowpass(operation, 2)
    filtered = Way(
        lambda z: _resampled(z, taps, down=2),
        rate=0.5,
        offset=0.5,
        reach=len(taps) / 2,
        limit=operation.cutoff / 2,
    )
    return decimation, filtered


def _nonlinearities(operation: Operation) -> tuple[Way, Way]:
    def naive(z: Tensor) -> Tensor:
        return F.leaky_relu(z, operation.slope)

    taps = lowpass(operation, operation.m)
    # At m = 1 there is nothing to interpolate: the filter only follows.
    before = taps if operation.m > 1 else None

    def filtered(z: Tensor) -> Tensor:
        side, m = z.shape[-1], operation.m
        first, last = 1 if before is None else len(before), len(taps)
        margin = first + last
        start = (first + last) // 2 - 1 - m * margin
        end = first + last - 1 + (side - 1) * m - (side + 2 * margin) * m - start
        y = filtered_lrelu(
            _wrapped(z, margin),
            before,
            taps,
            up=m,
            down=m,
            padding=[start, end, start, end],
            gain=1.0,
            slope=operation.slope,
        )
        return y[:, 0].double()

    reach = len(taps) / operation.m
    plain = Way(naive, rate=1.0, offset=0.0, reach=0.0, limit=0.5)
    return plain, Way(filtered, rate=1.0, offset=0.0, reach=reach, limit=operation.cutoff)


def _resampled(z: Tensor, taps: Tensor, *, up: int = 1, down: int = 1) -> Tensor:
    """Upsample or downsample through a filter; pixels keep covering the same area.

    Args:
        z: [k, side, side] float64.
        taps: [n] or [n, n]; n is odd where the rate stays, even where it changes.
        up, down: 1 or 2, not both 2.
    """
    side, count = z.shape[-1], taps.shape[-1]
    margin = count
    # In samples of the finer grid: the place of the output's first sample, past the margin.
    first = up * margin - (up - 1) / 2 + (down - 1) / 2
    start = round((count - 1) / 2 - first)
    wanted = count + (side * up // down - 1) * down
    end = wanted - (side + 2 * margin) * up - start
    y = upfirdn2d(
        _wrapped(z, margin),
        taps,
        up=up,
        down=down,
        padding=[start, end, start, end],
        gain=float(up * up),
    )
    return y[:, 0].double()


def _wrapped(z: Tensor, margin: int) -> Tensor:
    """[k, side, side] float64 → [k, 1, side + 2 margin, side + 2 margin] float32, continued."""
    side = z.shape[-1]
    index = torch.arange(-margin, side + margin) % side
    return z.float()[:, index][:, :, index][:, None]
