"""StyleGAN3's synthesis network, configurations T and R.

Karras et al. 2021, "Alias-Free Generative Adversarial Networks", section 3 and appendix F.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

import ops
from generator.config import NetworkConfig
from generator.fourier import FourierInput
from generator.layer_edits import LayerEdit, edited_style
from generator.layers import LayerInfo, filter_taps, plan_stylegan3
from generator.modulation import EqualLinear, modulated_conv
from generator.synthesis import Drawing, SynthesisNetwork


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
        up_filter = ops.design_lowpass(
            filter_taps(info.up, config.filter_size),
            info.in_cutoff,
            2 * info.in_half_width,
            info.tmp_rate,
        )
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

    def forward(
        self, x: Tensor, w: Tensor, ema_beta: float | None, edit: LayerEdit | None = None
    ) -> Tensor:
        """[N, C_in, H_in, W_in] to [N, C, H, W]; `ema_beta` of None leaves the magnitude alone."""
        info = self.info
        if ema_beta is not None:
            self._track(x.detach(), ema_beta)
        x = modulated_conv(
            x,
            self.weight,
            edited_style(self.affine(w, gain=self.style_gain), edit, self.style_gain),
            demodulate=not info.to_rgb,
            input_gain=self.magnitude_ema.rsqrt(),
            padding=info.kernel - 1,
        )
        if info.to_rgb:
            return ops.bias_act(x, self.bias, clamp=self.clamp)
        return ops.filtered_lrelu(
            x,
            self.up_filter,
            self.down_filter,
            self.bias,
            up=info.up,
            down=info.down,
            padding=info.padding,
            clamp=self.clamp,
        )

    @torch.no_grad()
    def _track(self, x: Tensor, beta: float) -> None:
        # The norm of each pixel may be rounded to bfloat16: the mean evens that out.
        norms = torch.linalg.vector_norm(x, dim=1).to(self.magnitude_ema.dtype)
        self.magnitude_ema.lerp_(norms.square().mean() / x.shape[1], 1 - beta)


class AliasFreeSynthesis(SynthesisNetwork):
    """Fourier features, alias-free layers and toRGB."""

    def __init__(self, config: NetworkConfig) -> None:
        layers = plan_stylegan3(config)
        super().__init__(config, layers, num_ws=len(layers))
        self.output_scale = config.output_scale
        first = layers[0]
        self.input = FourierInput(
            first.channels, first.size[0], first.sampling_rate, first.cutoff, config.w_dim
        )
        for info in layers[1:]:
            self.add_module(info.name, AliasFreeLayer(info, config))

    def draw(self, ws: Sequence[Tensor], drawing: Drawing) -> Tensor:
        """The pictures; see `SynthesisNetwork.draw`."""
        samples = drawing.samples(self.layers[0])
        x = self.input(ws[0], drawing.transform, samples).to(drawing.dtype)
        drawing.show("input", x)
        for info, w in zip(self.layers[1:], ws[1:], strict=True):
            layer = self.get_submodule(info.name)
            x = layer(x, w, drawing.ema_beta, drawing.edits.get(info.name))
            drawing.show(info.name, x)
        return x.to(ws[0].dtype) * self.output_scale
