"""Steps inside a layer, one by one: where high frequencies are made and removed.

A layer is drawn by fused operations, which never hold what lies between convolution and output.
`StepTracer` is a tap (see `SynthesisNetwork.forward`) that computes these again, one operation at
a time, from what entered the layer. Nothing is computed for layers nobody asks about, and nothing
at all where no tracer is handed in.

StyleGAN2 applies its nonlinearity at the sampling rate itself. What that makes above half the rate
never exists as samples: it folds back at once. To see it, the tracer samples the signal twice as
finely first (`ops.interpolation`), as StyleGAN3's layers do. StyleGAN2 has no filter after it, so
its last step passes on what the nonlinearity left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

import ops
from generator.layer_edits import LayerEdit, edited_style
from generator.layers import LayerInfo
from generator.modulation import modulated_conv
from generator.stylegan2 import StyledConv, ToRgb
from generator.stylegan3 import AliasFreeLayer
from ops.interpolation import interpolate

if TYPE_CHECKING:
    from generator.network import Generator
    from generator.synthesis import Noise

StepName = Literal["input", "conv", "upsample", "nonlinearity", "downsample"]

_FINER = 2
"""Times as many samples to see what StyleGAN2's nonlinearity makes."""


@dataclass(frozen=True)
class Step:
    """The signal after one step of a layer."""

    layer: LayerInfo
    name: StepName
    """`downsample` is the signal after the low-pass filter and before samples are dropped, so
    that what is about to fold back is still in its place."""
    x: Tensor
    """[N, C', H, W] float32: the channels asked for."""
    rate: float
    """Samples per picture width."""
    band: LayerInfo
    """The layer whose band limit the signal is meant to keep: the one before until the
    nonlinearity, its own from there on."""


class StepTracer:
    """A tap that reports the steps of layers as the network is drawn.

    Args:
        net: The network that is being drawn, in float32.
        ws: [1, num_ws, w_dim], what it is drawn from.
        report: Told each step. The tensor is the tracer's own.
        layers: Names of those that matter; None: all of them.
        channels: At most so many, evenly taken, of each layer's output; None: all.
        noise: StyleGAN2's, as it is drawn with; random noise is drawn anew.
        edits: What single layers do differently, as they are drawn with.
    """

    def __init__(
        self,
        net: Generator,
        ws: Tensor,
        report: Callable[[Step], None],
        *,
        layers: frozenset[str] | None = None,
        channels: int | None = None,
        noise: Noise = "const",
        edits: Mapping[str, LayerEdit] | None = None,
    ) -> None:
        self._net = net
        self._ws = ws.unbind(dim=1)
        self._report = report
        self._wanted = layers
        self._channels = channels
        self._noise = noise
        self._edits = edits or {}
        self._infos = {info.name: info for info in net.synthesis.layers}
        self._before: tuple[LayerInfo, Tensor] | None = None
        self._drawn = 0
        """Layers with a w of their own that have been drawn, toRGB inside the network not counted:
        the place of the next one's w."""

    @torch.no_grad()
    def __call__(self, name: str, x: Tensor) -> None:
        """Take a layer's output, [1, C, H, W]."""
        info = self._infos[name]
        wanted = self._wanted is None or name in self._wanted
        if self._before is None:
            if wanted:
                every = _evenly(x.shape[1], self._channels, x.device)
                self._report(Step(info, "input", x[:, every], info.sampling_rate, info))
            # StyleGAN3's input takes the first w, StyleGAN2's none.
            self._drawn = 0 if self._net.kind == "stylegan2" else 1
            self._before = info, x
            return
        if wanted:
            self._trace(info, *self._before, self._ws[self._drawn])
        if not info.to_rgb:
            self._before = info, x
            self._drawn += 1

    def _trace(self, info: LayerInfo, before: LayerInfo, x: Tensor, w: Tensor) -> None:
        layer = self._net.synthesis.get_submodule(info.name)
        chosen = _evenly(info.channels, self._channels, x.device)
        edit = self._edits.get(info.name)

        def say(name: StepName, signal: Tensor, rate: float, band: LayerInfo) -> None:
            self._report(Step(info, name, signal, rate, band))

        match layer:
            case AliasFreeLayer():
                style = edited_style(layer.affine(w, gain=layer.style_gain), edit, layer.style_gain)
                _trace_alias_free(layer, x, style, chosen, before, say)
            case StyledConv():
                style = edited_style(layer.affine(w), edit)
                noise = "none" if edit is not None and not edit.noise else self._noise
                offset = layer.noise(x, noise)
                _trace_styled(layer, info, x, style, offset, chosen, before, say)
            case ToRgb():
                style = edited_style(layer.affine(w, gain=layer.style_gain), edit, layer.style_gain)
                y = modulated_conv(x, layer.weight[chosen], style, demodulate=False)
                say("conv", y, info.sampling_rate, before)


_Say = Callable[[StepName, Tensor, float, LayerInfo], None]


def _evenly(count: int, most: int | None, device: torch.device) -> Tensor:
    """Indices of at most so many of `count` channels, evenly taken."""
    stride = 1 if most is None else -(-count // most)
    return torch.arange(0, count, stride, device=device)


def _trace_alias_free(
    layer: AliasFreeLayer, x: Tensor, style: Tensor, chosen: Tensor, before: LayerInfo, say: _Say
) -> None:
    info = layer.info
    x = modulated_conv(
        x,
        layer.weight[chosen],
        style,
        demodulate=not info.to_rgb,
        input_gain=layer.magnitude_ema.rsqrt(),
        padding=info.kernel - 1,
    )
    say("conv", x, info.in_sampling_rate, before)
    if info.to_rgb:
        return
    x = x + layer.bias[chosen][:, None, None]
    x = ops.upfirdn2d(x, layer.up_filter, up=info.up, padding=info.padding, gain=info.up**2)
    say("upsample", x, info.tmp_rate, before)
    x = ops.bias_act(x, activation="lrelu", gain=math.sqrt(2), clamp=layer.clamp)
    say("nonlinearity", x, info.tmp_rate, info)
    if layer.down_filter is not None:
        x = ops.upfirdn2d(x, layer.down_filter)
    say("downsample", x, info.tmp_rate, info)


def _trace_styled(
    layer: StyledConv,
    info: LayerInfo,
    x: Tensor,
    style: Tensor,
    offset: Tensor | None,
    chosen: Tensor,
    before: LayerInfo,
    say: _Say,
) -> None:
    weight = layer.weight[chosen]
    if layer.up == 1:
        x = modulated_conv(x, weight, style, padding=1, offset=offset)
        say("conv", x, info.sampling_rate, before)
    else:
        x = modulated_conv(x, weight, style, up=2)
        say("conv", x, info.sampling_rate, before)
        x = ops.upfirdn2d(x, layer.resample_filter, padding=1, gain=4)
        say("upsample", x, info.sampling_rate, before)
        if offset is not None:
            x = x + offset
    fine = interpolate(x + layer.bias[chosen][:, None, None], _FINER)
    fine = layer.activate(fine)
    say("nonlinearity", fine, _FINER * info.sampling_rate, info)
    say("downsample", fine, _FINER * info.sampling_rate, info)


def step_names(info: LayerInfo) -> tuple[StepName, ...]:
    """The steps that a tracer reports of a layer, in order."""
    if info.kernel == 0:
        return ("input",)
    if info.to_rgb:
        return ("conv",)
    upsampled: tuple[StepName, ...] = ("upsample",) if info.up > 1 else ()
    return ("conv", *upsampled, "nonlinearity", "downsample")


def inner_rate(info: LayerInfo) -> float:
    """The temporary sampling rate at which a layer's nonlinearity is applied; 0 without one.

    StyleGAN2 applies it at the rate of the layer.
    """
    return 0.0 if info.kernel == 0 or info.to_rgb else info.tmp_rate
