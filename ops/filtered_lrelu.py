"""The alias-free nonlinearity of StyleGAN3."""

from collections.abc import Sequence

from torch import Tensor

from ops import dispatch
from ops.spec import FilteredLreluSpec, Terms, check_gain


def filtered_lrelu(
    x: Tensor,
    up_filter: Tensor | None = None,
    down_filter: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    input_gain: Tensor | None = None,
    output_gain: Tensor | None = None,
    up: int = 1,
    down: int = 1,
    padding: int | Sequence[int] = 0,
    gain: float = 2**0.5,
    slope: float = 0.2,
    clamp: float | None = None,
    flip: bool = False,
    backend: str = "auto",
) -> Tensor:
    """Leaky ReLU at a temporarily raised sampling rate.

    Multiplies by `input_gain`, adds the bias, upsamples by `up` through `up_filter` (gain up²),
    applies the leaky ReLU, multiplies, clamps, filters with `down_filter`, keeps every `down`-th
    sample and multiplies by `output_gain`.

    Args:
        x: Images, [N, C, H, W], any floating dtype, any strides.
        up_filter: Taps at the temporary rate, [k] separable or [kh, kw]; None for no filter.
        down_filter: The same for the way down.
        bias: One value per channel, [C].
        input_gain: One factor for each channel of each image, [N, C], or None. The native kernel
            applies the gains where it loads and stores: they cost no pass over the images.
        output_gain: The same for the result.
        up: Factor from the input's sampling rate to the temporary rate.
        down: Factor from the temporary rate to the output's.
        padding: Pixels at the temporary rate, one number, [x, y] or [x0, x1, y0, y1]; negative
            crops.
        gain: Multiplies the activation.
        slope: Slope of the leaky ReLU below zero.
        clamp: Limits the activation to ± this value, or None.
        flip: Correlate with the taps; False convolves.
        backend: "auto", "reference" or "native".

    Returns:
        [N, C, H', W'] with H' = (H * up + y0 + y1 - (ku - 1) - kd) // down + 1, dtype and memory
        format like x.

    Raises:
        ValueError: A filter is larger than its image, or an argument is out of range.

    Differentiable to any order with respect to x, bias and the gains. Karras et al. 2021,
    Section 3.2.
    """
    spec = FilteredLreluSpec.check(
        x, up_filter, down_filter, bias, up, down, padding, gain, slope, clamp, flip
    )
    check_gain(input_gain, x, "input_gain")
    check_gain(output_gain, x, "output_gain")
    terms = Terms(bias, input_gain, output_gain)
    return dispatch.filtered_lrelu(x, up_filter, down_filter, terms, spec, backend)
