"""Upsampling, FIR filtering and downsampling of images."""

from collections.abc import Sequence

from torch import Tensor

from ops import dispatch
from ops.spec import ResampleSpec


def upfirdn2d(
    x: Tensor,
    filter: Tensor | None,
    *,
    up: int | Sequence[int] = 1,
    down: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    flip: bool = False,
    gain: float = 1.0,
    backend: str = "auto",
) -> Tensor:
    """Upsample, FIR-filter and downsample a batch of images.

    Args:
        x: Images, [N, C, H, W], any floating dtype, any strides.
        filter: FIR taps, [kh, kw], or [k] for a separable filter; None for no filter.
        up: Zeros to interleave: integer factor, or (x, y).
        down: Keep every `down`-th sample: integer factor, or (x, y).
        padding: Pixels of the zero-stuffed image, one number, [x, y] or [x0, x1, y0, y1];
            negative crops.
        flip: Correlate with the taps; False convolves.
        gain: Multiplies the result.
        backend: "auto", "reference" or "native".

    Returns:
        [N, C, (H * up + y0 + y1 - kh) // down + 1, (W * up + x0 + x1 - kw) // down + 1],
        dtype and memory format like x.

    Raises:
        ValueError: The filter is larger than the padded image, or an argument is out of range.

    Differentiable to any order with respect to x. Karras et al. 2020, Appendix B.
    """
    spec = ResampleSpec.check(x, filter, up, down, padding, flip, gain)
    return dispatch.upfirdn2d(x, filter, spec, backend)
