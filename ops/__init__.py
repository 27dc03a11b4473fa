"""Signal processing on image tensors: the operations StyleGAN's layers are made of.

Images are [N, C, H, W]. Every operation exists as plain PyTorch (`backend="reference"`: any
device, any floating dtype, the truth the tests compare with) and as native kernels
(`backend="native"`: CPU, float32 and bfloat16, fastest with channels-last tensors).
`backend="auto"` takes the native kernel where there is one for the call. All operations are
differentiable to any order with respect to images, biases and gains; filters are constants.
Within `reference_only()` "auto" means "reference", for whatever traces the operations.
"""

from ops.bias_act import bias_act
from ops.convolve import convolve, is_winograd_faster
from ops.dispatch import (
    backend_report,
    kernels_to_compile,
    missing_kernels,
    prepare_kernels,
    reference_only,
)
from ops.filtered_lrelu import filtered_lrelu
from ops.filters import design_lowpass
from ops.upfirdn2d import upfirdn2d

__all__ = [
    "backend_report",
    "bias_act",
    "convolve",
    "design_lowpass",
    "filtered_lrelu",
    "is_winograd_faster",
    "kernels_to_compile",
    "missing_kernels",
    "prepare_kernels",
    "reference_only",
    "upfirdn2d",
]
