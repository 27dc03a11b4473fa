"""The convolution of the networks, by the algorithm that is fastest on this machine."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ops import dispatch
from ops.convolution import Around, output_size
from ops.spec import check_gain, check_image


def convolve(
    x: Tensor,
    weight: Tensor,
    *,
    padding: int = 0,
    input_gain: Tensor | None = None,
    output_gain: Tensor | None = None,
    offset: Tensor | None = None,
    backend: str = "auto",
) -> Tensor:
    """Correlate images with a weight, as `torch.nn.functional.conv2d` does.

    Winograd's algorithm, a quarter of the multiplications, serves 3x3 kernels on float32 images in
    channels-last layout where it was measured to be faster, PyTorch's convolution all other calls.

    Args:
        x: Images, [N, I, H, W], any floating dtype, any strides.
        weight: [O, I, k, k], in the dtype of x.
        padding: Zeros around the images.
        input_gain: One factor for each channel of each image, [N, I], or None. The native kernel
            applies gains and offset where it loads and stores.
        output_gain: The same for the result, [N, O].
        offset: Added last: one number for each pixel, [H', W'] or [N, 1, H', W'], or None.
        backend: "auto", "reference", or "native" for Winograd's algorithm, whether it is faster
            or not.

    Returns:
        [N, O, H', W'] with H' = H + 2·padding - k + 1, dtype and memory format like x.

    Raises:
        ValueError: The weight does not fit the images, or an argument is out of range.

    Differentiable to any order with respect to all tensors.
    """
    check_image(x)
    if weight.ndim != 4 or weight.shape[1] != x.shape[1]:
        raise ValueError(
            f"weight must be [O, {x.shape[1]}, k, k] for these images, got {list(weight.shape)}"
        )
    if padding < 0:
        raise ValueError(f"padding must not be negative, got {padding}")
    size = list(output_size(x.shape[2:], weight, padding))
    if min(size) < 1:
        raise ValueError(f"images of {list(x.shape[2:])} are smaller than the kernel")
    check_gain(input_gain, x, "input_gain")
    if output_gain is not None and output_gain.shape != (x.shape[0], weight.shape[0]):
        raise ValueError(
            f"output_gain must be [{x.shape[0]}, {weight.shape[0]}], got {list(output_gain.shape)}"
        )
    if offset is not None and list(offset.shape) not in (
        size,
        [1, 1, *size],
        [x.shape[0], 1, *size],
    ):
        raise ValueError(f"offset must be {size} or [N, 1, …], got {list(offset.shape)}")
    around = Around(input_gain, output_gain, offset)
    return dispatch.convolve(x, weight, padding, around, backend)


def is_winograd_faster(
    weight: Tensor, size: Sequence[int], dtype: torch.dtype, padding: int = 0
) -> bool:
    """Tell whether `convolve` takes Winograd's algorithm for an image without gradients.

    It evaluates each weight once and keeps it, four times as large, unless the weight requires a
    gradient: better than to make a weight
    for every image.

    Args:
        weight: [O, I, k, k].
        size: Height and width of the image.
        dtype: That of the image.
        padding: Zeros around it.
    """
    return dispatch.is_winograd_faster(weight, size, dtype, padding)
