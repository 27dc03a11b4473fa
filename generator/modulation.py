"""Layers shared by all generators: equalised linear layers and modulated convolutions.

Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", section 2.2. Two
ways of computing the same product: without gradients a single picture folds its style into the
weights; batches and training scale the activations instead and share the weights, which is far
faster on a CPU than a grouped convolution with weights of each sample's own. So does a single
picture where an algorithm serves that prepares each weight once. The gains around the convolution
are handed out, for the operations before and after it take them along at no cost. A 1x1 kernel is a
matrix product, where weights of each sample's own cost nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import ops
from ops.kept import Kept


class EqualLinear(nn.Module):
    """Fully connected layer with equalised learning rate: parameters of unit scale.

    Args:
        in_features, out_features: Sizes.
        bias_init: Effective initial bias, a number or one per output.
        lr_multiplier: Learning rate of this layer relative to the others'.
        zero_weight: Start with weights of zero instead of unit normal ones.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias_init: float | list[float] = 0.0,
        lr_multiplier: float = 1.0,
        zero_weight: bool = False,
    ) -> None:
        super().__init__()
        size = out_features, in_features
        weight = torch.zeros(size) if zero_weight else torch.randn(size) / lr_multiplier
        self.weight = nn.Parameter(weight)
        bias = torch.as_tensor(bias_init, dtype=torch.float32) / lr_multiplier
        self.bias = nn.Parameter(bias.expand(out_features).clone())
        self.weight_gain = lr_multiplier / math.sqrt(in_features)
        self.bias_gain = lr_multiplier

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        """[N, in_features] to [N, out_features], times `gain`."""
        return torch.addmm(
            self.bias,
            x,
            self.weight.t(),
            beta=self.bias_gain * gain,
            alpha=self.weight_gain * gain,
        )


@dataclass(frozen=True)
class Modulation:
    """A layer's weights for one batch of styles, and the gains around their convolution."""

    weight: Tensor
    """[O, I, k, k], shared by all samples, or [N, O, I, k, k]."""
    before: Tensor | None = None
    """Gains of the input, [N, I]."""
    after: Tensor | None = None
    """Gains of the result, [N, O]."""

    def convolve(
        self,
        x: Tensor,
        *,
        padding: int = 0,
        up: int = 1,
        input_gain: Tensor | None = None,
        output_gain: Tensor | None = None,
        offset: Tensor | None = None,
    ) -> Tensor:
        """Convolve; gains that are not given here are the caller's to apply.

        Args:
            x: Activations, [N, I, H, W]; their dtype is that of the convolution and the result.
            padding: Zeros around the input; unused with `up`.
            up: 1, or 2 to insert zeros between the samples first (a transposed convolution, full
                size: (H - 1)·2 + k).
            input_gain: `before`, or None where x has it already.
            output_gain: `after`, or None where what follows applies it.
            offset: Added to the result, one number for each pixel, [H', W'] or [N, 1, H', W'].

        Returns:
            [N, O, H', W'], channels-last if x is. Differentiable to any order.
        """
        weight = self.weight.to(x.dtype)
        if weight.ndim == 5 and weight.shape[0] == 1 and not torch.is_grad_enabled():
            weight = weight[0]
        if weight.ndim == 5:
            y = _matmul(scaled(x, input_gain), weight[..., 0, 0])
            return scaled(y, output_gain, offset)
        if up > 1:
            y = F.conv_transpose2d(scaled(x, input_gain), weight.transpose(0, 1), stride=up)
            return scaled(y, output_gain, offset)
        return ops.convolve(
            x,
            weight,
            padding=padding,
            input_gain=input_gain,
            output_gain=output_gain,
            offset=offset,
        )


def modulate(
    weight: Tensor,
    style: Tensor,
    *,
    demodulate: bool = True,
    input_gain: Tensor | None = None,
    up: int = 1,
    shared: bool = False,
) -> Modulation:
    """Weights scaled per input channel by styles.

    Args:
        weight: [O, I, k, k], in the dtype of the style.
        style: [N, I].
        demodulate: Scale each output channel so that unit-variance input stays so.
        input_gain: Scalar tensor on the input, not undone by the demodulation.
        up: That of the convolution.
        shared: Leave the weights as they are for a single picture, too.
    """
    single = not shared and style.shape[0] == 1 and not torch.is_grad_enabled()
    if single or (weight.shape[-1] == 1 and up == 1):
        return Modulation(_fold(weight, style, demodulate, input_gain))
    scale = None
    if demodulate:
        power = style.square() @ _power(weight).t()
        scale = torch.rsqrt(power + _EPSILON)
        if input_gain is not None:
            scale = scale * input_gain
    elif input_gain is not None:
        style = style * input_gain
    return Modulation(weight, style, scale)


def modulated_conv(
    x: Tensor,
    weight: Tensor,
    style: Tensor,
    *,
    demodulate: bool = True,
    input_gain: Tensor | None = None,
    padding: int = 0,
    up: int = 1,
    offset: Tensor | None = None,
) -> Tensor:
    """`modulate`, gains and convolution in one call; `offset` is added to the result."""
    single = style.shape[0] == 1 and not torch.is_grad_enabled()
    modulation = modulate(
        weight,
        style,
        demodulate=demodulate,
        input_gain=input_gain,
        up=up,
        shared=single and up == 1 and ops.is_winograd_faster(weight, x.shape[2:], x.dtype, padding),
    )
    return modulation.convolve(
        x,
        padding=padding,
        up=up,
        input_gain=modulation.before,
        output_gain=modulation.after,
        offset=offset,
    )


def scaled(x: Tensor, gain: Tensor | None, offset: Tensor | None = None) -> Tensor:
    """[N, C, H, W] times [N, C], in the dtype of x, plus what broadcasts against it."""
    if gain is None:
        return x if offset is None else x + offset
    gain = gain.to(x.dtype)[:, :, None, None]
    return x * gain if offset is None else torch.addcmul(offset, x, gain)


_EPSILON = 1e-8


_POWERS = Kept(1 << 26)


def _power(weight: Tensor) -> Tensor:
    """Sums of a weight's squares over its kernels, [O, I]."""

    def add_up() -> Tensor:
        return weight.square().sum(dim=(2, 3))

    return add_up() if torch.is_grad_enabled() else _POWERS.get(weight, "power", add_up)


def _matmul(x: Tensor, weight: Tensor) -> Tensor:
    count, channels, height, width = x.shape
    rows = x.permute(0, 2, 3, 1).reshape(count, height * width, channels)
    y = torch.bmm(rows, weight.transpose(1, 2))
    return y.view(count, height, width, -1).permute(0, 3, 1, 2)


def _fold(weight: Tensor, style: Tensor, demodulate: bool, input_gain: Tensor | None) -> Tensor:
    """Weights of each sample's own, [N, O, I, k, k]."""
    folded = weight * style[:, None, :, None, None]
    if demodulate:
        scale = torch.rsqrt(folded.square().sum(dim=(2, 3, 4), keepdim=True) + _EPSILON)
        folded = folded * (scale if input_gain is None else scale * input_gain)
    elif input_gain is not None:
        folded = folded * input_gain
    return folded
