"""The operations in plain PyTorch: slow, simple, any device and dtype, derived by autograd.

Arguments arrive checked (`ops.spec`). Half precisions compute in float32 and round at the end.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ops.spec import BiasActSpec, FilteredLreluSpec, ResampleSpec, Terms


def upfirdn2d(x: Tensor, taps: Tensor | None, spec: ResampleSpec) -> Tensor:
    """Zero-stuff, pad or crop, filter and subsample; see `ops.upfirdn2d`."""
    working = _widened(x)
    n, c, h, w = working.shape
    up_x, up_y = spec.up
    down_x, down_y = spec.down
    y = working.reshape(n, c, h, 1, w, 1)
    y = F.pad(y, [0, up_x - 1, 0, 0, 0, up_y - 1])
    y = y.reshape(n, c, h * up_y, w * up_x)
    y = _padded(y, spec.padding)
    if taps is None:
        y = y * spec.gain
    else:
        kernel = taps.to(y.device, y.dtype)
        if not spec.flip:
            kernel = kernel.flip(list(range(kernel.ndim)))
        if kernel.ndim == 2:
            y = _depthwise(y, kernel * spec.gain)
        else:
            y = _depthwise(y, kernel[None, :] * spec.gain)
            y = _depthwise(y, kernel[:, None])
    return y[:, :, ::down_y, ::down_x].to(x.dtype)


def filtered_lrelu(
    x: Tensor,
    up_taps: Tensor | None,
    down_taps: Tensor | None,
    terms: Terms,
    spec: FilteredLreluSpec,
) -> Tensor:
    """Gain, bias, upsample, leaky ReLU, gain, clamp, downsample; see `ops.filtered_lrelu`."""
    y = _scaled(_widened(x), terms.input_gain)
    if terms.bias is not None:
        y = y + terms.bias.to(y.dtype).reshape(1, -1, 1, 1)
    y = upfirdn2d(y, up_taps, spec.upsampling)
    y = F.leaky_relu(y, spec.slope) * spec.gain
    if spec.clamp is not None:
        y = y.clamp(-spec.clamp, spec.clamp)
    y = upfirdn2d(y, down_taps, spec.downsampling)
    return _scaled(y, terms.output_gain).to(x.dtype)


_ACTIVATIONS: dict[str, Callable[[Tensor, float], Tensor]] = {
    "linear": lambda x, alpha: x,
    "relu": lambda x, alpha: F.relu(x),
    "lrelu": lambda x, alpha: F.leaky_relu(x, alpha),
    "tanh": lambda x, alpha: torch.tanh(x),
    "sigmoid": lambda x, alpha: torch.sigmoid(x),
    "elu": lambda x, alpha: F.elu(x),
    "selu": lambda x, alpha: F.selu(x),
    "softplus": lambda x, alpha: F.softplus(x),
    "swish": lambda x, alpha: torch.sigmoid(x) * x,
}


def bias_act(x: Tensor, bias: Tensor | None, spec: BiasActSpec) -> Tensor:
    """Add a bias, apply an activation, multiply, clamp; see `ops.bias_act`."""
    if bias is not None:
        shape = [1] * x.ndim
        shape[spec.dim] = -1
        x = x + bias.to(x.dtype).reshape(shape)
    x = _ACTIVATIONS[spec.activation](x, spec.alpha)
    if spec.gain != 1:
        x = x * spec.gain
    if spec.clamp is not None:
        x = x.clamp(-spec.clamp, spec.clamp)
    return x


def _padded(x: Tensor, padding: tuple[int, int, int, int]) -> Tensor:
    """Pad with zeros, or crop where negative; one side may crop more than there is of the image."""
    left, right = _within(padding[0], padding[1], x.shape[3])
    top, bottom = _within(padding[2], padding[3], x.shape[2])
    return F.pad(x, [left, right, top, bottom])


def _within(before: int, after: int, size: int) -> tuple[int, int]:
    """Take what one side crops beyond the image away from what the other side adds."""
    beyond = max(0, -size - before)
    before, after = before + beyond, after - beyond
    beyond = max(0, -size - after)
    return before - beyond, after + beyond


def _depthwise(x: Tensor, kernel: Tensor) -> Tensor:
    channels = x.shape[1]
    weight = kernel.expand(channels, 1, *kernel.shape)
    return F.conv2d(x, weight, groups=channels)


def _scaled(x: Tensor, gain: Tensor | None) -> Tensor:
    return x if gain is None else x * gain.to(x.dtype)[:, :, None, None]


def _widened(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
