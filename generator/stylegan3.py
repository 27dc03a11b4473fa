"""StyleGAN3's synthesis network, configurations T and R.

Karras et al. 2021, "Alias-Free Generative Adversarial Networks", section 3 and appendix F.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

import ops
from generator.fourier import FourierInput
from generator.layer_edits import LayerEdit, edited_style
from generator.layers import LayerInfo, filter_taps, plan_stylegan3
from generator.modulation import EqualLinear, Modulation, modulate
from generator.synthesis import Drawing, SynthesisNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.config import NetworkConfig


class AliasFreeLayer(nn.Module):
    """Modulated convolution and a nonlinearity between low-pass filters."""

    magnitude_ema: Tensor
    """Tracked mean square of the input, a scalar."""
    up_filter: Tensor | None
    down_filter: Tensor | None

    def __init__(self, info: LayerInfo, config: NetworkConfig) -> None:
        super().__init__()
        self.info = info
        self.clamp = config.clamp
        kernel = info.kernel
        self.weight = nn.Parameter(torch.randn(info.channels, info.in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(info.channels))
        self.affine = EqualLinear(config.w_dim, info.in_channels, bias_init=1.0)
        # Without demodulation the style has to carry the equalised learning rate.
        self.style_gain = 1 / math.sqrt(info.in_channels * kernel**2) if info.to_rgb else 1.0
        self.register_buffer("magnitude_ema", torch.ones(()))
        up_filter = _up_filter(info, config)
        down_filter = ops.design_lowpass(
            filter_taps(info.down, config.filter_size),
            info.cutoff,
            2 * info.half_width,
            info.tmp_rate,
            radial=info.radial,
        )
        # The configuration determines the filters: files need not hold them.
        self.register_buffer("up_filter", up_filter, persistent=False)
        self.register_buffer("down_filter", down_filter, persistent=False)

    def modulation(
        self, w: Tensor, dtype: torch.dtype, edit: LayerEdit | None = None
    ) -> Modulation:
        """The layer's weights for a batch of w, [N, w_dim], and images of a dtype."""
        info = self.info
        single = w.shape[0] == 1 and not torch.is_grad_enabled()
        return modulate(
            self.weight,
            edited_style(self.affine(w, gain=self.style_gain), edit, self.style_gain),
            demodulate=not info.to_rgb,
            input_gain=self.magnitude_ema.rsqrt(),
            shared=single
            and ops.is_winograd_faster(self.weight, info.in_size, dtype, info.kernel - 1),
        )

    def forward(
        self,
        x: Tensor,
        modulation: Modulation,
        input_gain: Tensor | None,
        output_gain: Tensor | None,
    ) -> Tensor:
        """[N, C_in, H_in, W_in] to [N, C, H, W].

        Args:
            x: What enters.
            modulation: Of this layer.
            input_gain: [N, C_in], `modulation.before` unless x has it already.
            output_gain: [N, C], multiplies what leaves; None for a toRGB.
        """
        info = self.info
        x = modulation.convolve(x, padding=info.kernel - 1, input_gain=input_gain)
        if info.to_rgb:
            return ops.bias_act(x, self.bias, clamp=self.clamp)
        return ops.filtered_lrelu(
            x,
            self.up_filter,
            self.down_filter,
            self.bias,
            input_gain=modulation.after,
            output_gain=output_gain,
            up=info.up,
            down=info.down,
            padding=info.padding,
            clamp=self.clamp,
        )

    @torch.no_grad()
    def track(self, x: Tensor, beta: float) -> None:
        """Follow the mean square of the input; `beta` is the weight of the old value."""
        # The norm of each pixel may be rounded to bfloat16: the mean evens that out.
        norms = torch.linalg.vector_norm(x, dim=1).to(self.magnitude_ema.dtype)
        self.magnitude_ema.lerp_(norms.square().mean() / x.shape[1], 1 - beta)


def _up_filter(info: LayerInfo, config: NetworkConfig) -> Tensor | None:
    taps = filter_taps(info.up, config.filter_size)
    if config.upsampling_filter == "bilinear":
        return torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8 if taps > 1 else None
    return ops.design_lowpass(taps, info.in_cutoff, 2 * info.in_half_width, info.tmp_rate)


class AliasFreeSynthesis(SynthesisNetwork):
    """Fourier features, alias-free layers and toRGB."""

    def __init__(self, config: NetworkConfig) -> None:
        layers = plan_stylegan3(config)
        super().__init__(config, layers, num_ws=len(layers))
        self.output_scale = config.output_scale
        first = layers[0]
        self.input = FourierInput(
            first.channels,
            first.size,
            first.sampling_rate,
            first.cutoff,
            config.w_dim if config.input_transform else None,
        )
        for info in layers[1:]:
            self.add_module(info.name, AliasFreeLayer(info, config))

    def draw(self, ws: Sequence[Tensor], drawing: Drawing) -> Tensor:
        """The pictures; see `SynthesisNetwork.draw`."""
        named = zip(ws[1:], self.layers[1:], strict=True)
        first, kept = drawing.begin(ws[:1], [([w], [info.name]) for w, info in named])
        if kept is not None:
            x, _ = kept
        else:
            samples = drawing.samples(self.layers[0])
            x = self.input(ws[0], drawing.transform, samples).to(drawing.dtype)
            drawing.show("input", x)
        layers = [cast("AliasFreeLayer", self.get_submodule(i.name)) for i in self.layers[1:]]

        def modulation(index: int) -> Modulation:
            layer = layers[index]
            edit = drawing.edits.get(layer.info.name)
            return layer.modulation(ws[index + 1], drawing.dtype, edit)

        # Unless someone looks at what lies between, or may begin there, a layer's style is applied
        # as the layer before stores its output.
        watched = (drawing.tap, drawing.ema_beta, drawing.resume) != (None, None, None)
        ahead: Modulation | None = None
        for i in range(first, len(layers)):
            layer = layers[i]
            drawing.enter(i, x)
            now = modulation(i) if ahead is None else ahead
            if drawing.ema_beta is not None:  # afterwards: parts of a batch see one magnitude
                layer.track(x.detach(), drawing.ema_beta)
            input_gain = now.before if ahead is None else None
            ahead = modulation(i + 1) if not watched and i + 1 < len(layers) else None
            x = layer(x, now, input_gain, None if ahead is None else ahead.before)
            drawing.show(layer.info.name, x)
        return x.to(ws[0].dtype) * self.output_scale
