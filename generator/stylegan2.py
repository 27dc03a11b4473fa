"""StyleGAN2's synthesis network, from a learned constant or from Fourier features.

Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN"; with Fourier
features it is configuration B of Karras et al. 2021.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import ops
from generator.fourier import FourierInput
from generator.layer_edits import LayerEdit, edited_style
from generator.layers import LayerInfo, plan_stylegan2
from generator.modulation import EqualLinear, modulated_conv
from generator.shapes import STYLEGAN2_RATE
from generator.synthesis import Drawing, Noise, SynthesisNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.config import NetworkConfig

_INPUT_CUTOFF = 2.0
_SQRT2_GAINS = ("lrelu", "relu", "swish")
"""The activations after which signals are multiplied by √2, which keeps their variance near one."""


def _bilinear_filter() -> Tensor:
    """The [4, 4] taps of bilinear interpolation by 2."""
    line = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return torch.outer(line, line) / line.sum() ** 2


class StyledConv(nn.Module):
    """Modulated 3x3 convolution, noise and activation; upsamples by 2 where the plan says so."""

    noise_const: Tensor
    """Fixed per-pixel noise, [H, W]."""
    resample_filter: Tensor

    def __init__(self, info: LayerInfo, config: NetworkConfig) -> None:
        super().__init__()
        self.up = info.up
        self.clamp = config.clamp
        self.activation = config.activation
        self.activation_gain = math.sqrt(2) if config.activation in _SQRT2_GAINS else 1.0
        self.weight = nn.Parameter(torch.randn(info.channels, info.in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(info.channels))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.affine = EqualLinear(config.w_dim, info.in_channels, bias_init=1.0)
        self.register_buffer("noise_const", torch.randn(info.size))
        self.register_buffer("resample_filter", _bilinear_filter(), persistent=False)

    def forward(
        self,
        x: Tensor,
        w: Tensor,
        noise: Noise,
        gain: float = 1.0,
        edit: LayerEdit | None = None,
    ) -> Tensor:
        """[N, C_in, H, W] to [N, C, up·H, up·W], times `gain`."""
        style = edited_style(self.affine(w), edit)
        silent = edit is not None and not edit.noise
        offset = self.noise(x, "none" if silent else noise)
        if self.up == 1:
            x = modulated_conv(x, self.weight, style, padding=1, offset=offset)
        else:
            x = modulated_conv(x, self.weight, style, up=2)
            x = ops.upfirdn2d(x, self.resample_filter, padding=1, gain=4)
            if offset is not None:
                x = x + offset
        return self.activate(x, self.bias, gain)

    def activate(self, x: Tensor, bias: Tensor | None = None, gain: float = 1.0) -> Tensor:
        """Add the bias, apply the activation and the limit; everything times `gain`."""
        return ops.bias_act(
            x,
            bias,
            activation=self.activation,
            gain=self.activation_gain * gain,
            clamp=None if self.clamp is None else self.clamp * gain,
        )

    def noise(self, x: Tensor, noise: Noise) -> Tensor | None:
        """Return the noise of a layer, scaled by its strength; None where there is none."""
        if noise == "none":
            return None
        values = self.noise_const
        size = (self.up * x.shape[2], self.up * x.shape[3])
        if noise == "random":
            values = torch.randn(x.shape[0], 1, *size, dtype=values.dtype, device=x.device)
        elif values.shape != size:
            values = _repeated(values, size)
        return (values * self.noise_strength).to(x.dtype)


def _repeated(values: Tensor, size: tuple[int, int]) -> Tensor:
    """[H, W] repeated beyond its edges, itself in the middle, or only its middle: `size`."""
    for dim, count in enumerate(size):
        length = values.shape[dim]
        places = torch.arange(count, device=values.device) - (count - length) // 2
        values = values.index_select(dim, places % length)
    return values


class ToRgb(nn.Module):
    """Modulated 1x1 convolution from features to colours."""

    def __init__(self, info: LayerInfo, config: NetworkConfig) -> None:
        super().__init__()
        self.clamp = config.clamp
        self.weight = nn.Parameter(torch.randn(info.channels, info.in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(info.channels))
        self.affine = EqualLinear(config.w_dim, info.in_channels, bias_init=1.0)
        self.style_gain = 1 / math.sqrt(info.in_channels)

    def forward(self, x: Tensor, w: Tensor, edit: LayerEdit | None = None) -> Tensor:
        """[N, C, H, W] to [N, channels of the picture, H, W]."""
        style = edited_style(self.affine(w, gain=self.style_gain), edit, self.style_gain)
        x = modulated_conv(x, self.weight, style, demodulate=False)
        return ops.bias_act(x, self.bias, clamp=self.clamp)


class ResidualSkip(nn.Module):
    """1x1 convolution and upsampling by 2, around a residual block."""

    resample_filter: Tensor

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, in_channels, 1, 1))
        self.weight_gain = 1 / math.sqrt(in_channels)
        self.register_buffer("resample_filter", _bilinear_filter(), persistent=False)

    def forward(self, x: Tensor, gain: float) -> Tensor:
        """[N, C_in, H, W] to [N, C, 2·H, 2·W], times `gain`."""
        x = F.conv2d(x, (self.weight * (self.weight_gain * gain)).to(x.dtype))
        return ops.upfirdn2d(x, self.resample_filter, up=2, padding=[2, 1, 2, 1], gain=4)


class Block(nn.Module):
    """The layers of one resolution."""

    resample_filter: Tensor

    def __init__(self, infos: Sequence[LayerInfo], config: NetworkConfig) -> None:
        super().__init__()
        self.infos = [info for info in infos if info.kernel]
        self.has_input = len(self.infos) < len(infos)
        self.has_torgb = self.infos[-1].to_rgb
        self.residual = config.architecture == "resnet" and not self.has_input
        self.conv_count = len(self.infos) - self.has_torgb
        for info in self.infos:
            layer = ToRgb(info, config) if info.to_rgb else StyledConv(info, config)
            self.add_module(info.name.split(".")[1], layer)
        if self.residual:
            self.skip = ResidualSkip(self.infos[0].in_channels, self.infos[0].channels)
        self.register_buffer("resample_filter", _bilinear_filter(), persistent=False)

    def forward(
        self, x: Tensor, image: Tensor | None, ws: Sequence[Tensor], drawing: Drawing
    ) -> tuple[Tensor, Tensor | None]:
        """Features [N, C, H, W] and the picture so far, in the resolution of this block."""
        gain = math.sqrt(0.5) if self.residual else 1.0
        residue = self.skip(x, gain) if self.residual else None
        for i, info in enumerate(self.infos[: self.conv_count]):
            last = i == self.conv_count - 1
            layer = self.get_submodule(info.name.split(".")[1])
            edit = drawing.edits.get(info.name)
            x = layer(x, ws[i], drawing.noise, gain if last else 1.0, edit)
            if last and residue is not None:
                x = x + residue
            drawing.show(info.name, x)
        if image is not None:
            image = ops.upfirdn2d(image, self.resample_filter, up=2, padding=[2, 1, 2, 1], gain=4)
        if self.has_torgb:
            name = self.infos[-1].name
            colours = self.get_submodule("torgb")(x, ws[self.conv_count], drawing.edits.get(name))
            drawing.show(name, colours)
            colours = colours.to(ws[0].dtype)
            image = colours if image is None else image + colours
        return x, image


class StyleGan2Synthesis(SynthesisNetwork):
    """An input of 4x4, of other pictures 4 samples per unit, and a block for every octave above."""

    def __init__(self, config: NetworkConfig) -> None:
        layers = plan_stylegan2(config)
        super().__init__(config, layers, num_ws=2 * int(math.log2(config.resolution)) - 2)
        channels, size = layers[0].channels, layers[0].size
        self.resolutions = [4 << i for i in range(int(math.log2(config.resolution)) - 1)]
        self.input: FourierInput | None = None
        if config.input == "fourier":
            self.input = FourierInput(
                channels, size, layers[0].sampling_rate, _INPUT_CUTOFF, w_dim=None
            )
        for rate in self.resolutions:
            infos = [info for info in layers if info.sampling_rate == rate]
            self.add_module(f"b{rate}", Block(infos, config))
        if self.input is None:
            const = torch.randn(channels, *size)
            self.get_submodule("b4").register_parameter("const", nn.Parameter(const))

    def draw(self, ws: Sequence[Tensor], drawing: Drawing) -> Tensor:
        """The pictures; see `SynthesisNetwork.draw`."""
        blocks = [cast("Block", self.get_submodule(f"b{size}")) for size in self.resolutions]
        # A toRGB takes the w of the convolution that follows it.
        starts = [max(2 * i - 1, 0) for i in range(len(blocks))]
        stages = [
            (ws[start : start + len(block.infos)], [info.name for info in block.infos])
            for start, block in zip(starts, blocks, strict=True)
        ]
        first, kept = drawing.begin((), stages)
        image: Tensor | None = None
        if kept is not None:
            x, image = kept
        else:
            x = self._start(ws[0], drawing).to(drawing.dtype)
            drawing.show("input", x)
        for i in range(first, len(blocks)):
            drawing.enter(i, x, image)
            x, image = blocks[i](x, image, stages[i][0], drawing)
        if image is None:
            raise AssertionError("the last block draws the picture")
        return image

    def _start(self, w: Tensor, drawing: Drawing) -> Tensor:
        """The input, [N, C, 4, 4] or as large as the canvas wants it, channels-last."""
        transform, samples = drawing.transform, drawing.samples(self.layers[0])
        if self.input is not None:
            features: Tensor = self.input(w, transform, samples)
            return features
        const = self.get_submodule("b4").get_parameter("const")
        x = const.expand(w.shape[0], -1, -1, -1).contiguous(memory_format=torch.channels_last)
        if transform is None and samples is None:
            return x
        transform = torch.eye(3).to(w) if transform is None else transform.to(w)
        unit = STYLEGAN2_RATE
        height, width = samples or self.layers[0].size
        # The grid counts from -1 to 1 across the canvas, grid_sample across the constant.
        per_picture = transform.new_tensor([width / unit, height / unit, 2.0])
        per_constant = transform.new_tensor([[unit / x.shape[3]], [unit / x.shape[2]]])
        theta = transform[..., :2, :] * per_picture * per_constant
        size = [w.shape[0], x.shape[1], height, width]
        grid = F.affine_grid(theta.expand(w.shape[0], 2, 3), size, align_corners=False)
        return F.grid_sample(
            x, grid, mode="bicubic", padding_mode="reflection", align_corners=False
        ).contiguous(memory_format=torch.channels_last)
