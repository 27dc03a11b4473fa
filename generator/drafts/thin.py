"""A thin copy of a StyleGAN3: a part of each layer's channels, the others predicted from them.

What a layer needs of the channels that its predecessor leaves out is a linear map of those that it
keeps. The maps are fitted around one picture (`generator.drafts.fit`) and folded into the weights
together with the style, so that a layer costs the square of the share of its channels. A picture
can be read out after any layer, as a linear map to the colours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from torch import Tensor

import ops
from generator.layer_edits import edited_style
from generator.layers import plan_stylegan3

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from generator.layer_edits import LayerEdit
    from generator.layers import LayerInfo
    from generator.network import Generator
    from generator.stylegan3 import AliasFreeLayer, AliasFreeSynthesis
    from generator.synthesis import Precision

MARGIN = 4
"""Samples around the picture; a network's own are 10. What that costs is lost at the rim."""

_EPSILON = 1e-8


@dataclass(frozen=True)
class Readout:
    """A linear map from the features of a layer to the colours of the picture."""

    weight: Tensor
    """[colours, features]."""
    bias: Tensor
    """[colours]."""

    def __call__(self, x: Tensor) -> Tensor:
        """[N, features, H, W] to [N, colours, H, W]."""
        colours = torch.einsum("oc,nchw->nohw", self.weight, x.to(self.weight.dtype))
        return colours + self.bias[:, None, None]


@dataclass(frozen=True)
class Reach:
    """Linear maps of a layer of a thin network: to the channels it leaves out, and to colours."""

    spread: Tensor
    """All channels of the layer from those that it keeps, [all, kept]."""
    readout: Readout


class ThinLayer:
    """Some channels of a layer.

    Args:
        layer: The whole layer; its weights must not change.
        info: Its plan with the thin network's margin.
        kept: Indices of the channels, [kept].
    """

    def __init__(self, layer: AliasFreeLayer, info: LayerInfo, kept: Tensor) -> None:
        self._layer, self.info, self.kept = layer, info, kept
        weight = layer.weight.detach()[kept]
        # Taps before channels, as channels-last convolutions take them: [kept, k, k, all before].
        self._weight = weight.permute(0, 2, 3, 1).contiguous()
        self._power = weight.square().sum((2, 3))
        self._bias = layer.bias.detach()[kept]

    def __call__(
        self, x: Tensor, w: Tensor, spread: Tensor | None, edit: LayerEdit | None = None
    ) -> Tensor:
        """The kept channels, [1, kept, H, W].

        Args:
            x: What the layer before keeps.
            w: [1, w_dim].
            spread: All channels of the layer before from these; None: these are all.
            edit: What the layer does differently.
        """
        layer, info = self._layer, self.info
        style = edited_style(layer.affine(w, gain=layer.style_gain), edit, layer.style_gain)[0]
        scale = torch.rsqrt(self._power @ style.square() + _EPSILON) * layer.magnitude_ema.rsqrt()
        weight = self._weight * scale[:, None, None, None]
        weight = weight * style if spread is None else weight @ (spread * style[:, None])
        weight = weight.permute(0, 3, 1, 2).to(x.dtype)
        return ops.filtered_lrelu(
            F.conv2d(x, weight, padding=info.kernel - 1),
            layer.up_filter,
            layer.down_filter,
            self._bias,
            up=info.up,
            down=info.down,
            padding=info.padding,
            clamp=layer.clamp,
        )


class ThinLayers:
    """The layers of a network's thin copies, all but toRGB; they share them.

    Args:
        net: A StyleGAN3; its weights must not change.
        kept: Indices of the channels that each layer keeps.
    """

    def __init__(self, net: Generator, kept: Sequence[Tensor]) -> None:
        synthesis = cast("AliasFreeSynthesis", net.synthesis)
        self.resolution = net.resolution
        self.own = synthesis.layers[1:-1]
        """The whole layers, as the network plans them."""
        plan = plan_stylegan3(replace(net.config, margin=MARGIN, margin_across=None))
        self._input, self._samples = synthesis.input, plan[0].size
        self.layers = [
            ThinLayer(cast("AliasFreeLayer", synthesis.get_submodule(own.name)), info, channels)
            for own, info, channels in zip(self.own, plan[1:-1], kept, strict=True)
        ]

    def start(self, w: Tensor, transform: Tensor | None, precision: Precision) -> Tensor:
        """Compute the input of the first layer."""
        x: Tensor = self._input(w.to(self._input.weight.dtype), transform, self._samples)
        return x.to(torch.bfloat16) if precision == "bf16" else x

    def in_picture(self, x: Tensor, index: int) -> Tensor:
        """The samples of a layer's output that lie in the picture, [N, C, n, n]."""
        count = min(round(self.own[index].sampling_rate), self.resolution)
        return centred(x, count)


class ThinNetwork:
    """A thin copy of a network that holds around the picture to which it was fitted."""

    def __init__(self, parts: ThinLayers, reaches: Sequence[Reach]) -> None:
        self.parts, self.reaches = parts, tuple(reaches)

    def draw(
        self,
        ws: Tensor,
        until: int,
        *,
        transform: Tensor | None = None,
        precision: Precision = "fp32",
        edits: Mapping[str, LayerEdit] | None = None,
        entered: tuple[int, Tensor] | None = None,
        tap: Callable[[int], None] | None = None,
    ) -> Tensor:
        """A draft, [1, colours, resolution, resolution], about -1 to 1.

        Args:
            ws: [1, num_ws, w_dim].
            until: Index of the layer after which the picture is read out, the first after the
                input being 0.
            transform: Inverse transform of the picture, [3, 3].
            precision: That of activations and convolutions.
            edits: What single layers do differently, by name.
            entered: A layer before `until` and its output as the whole network drew it, to go on
                from; None: begin with the input.
            tap: Called with the index of each layer that has been drawn.
        """
        edits, parts = edits or {}, self.parts
        if entered is None:
            first, x = 0, parts.start(ws[:, 0], transform, precision)
        else:
            first, x = entered[0] + 1, entered[1]
            layer = parts.layers[entered[0]]
            x = centred(x[:, layer.kept], layer.info.size[0])
        for index in range(first, until + 1):
            spread = self.reaches[index - 1].spread if index else None
            edit = edits.get(parts.own[index].name)
            x = parts.layers[index](x, ws[:, index + 1], spread, edit)
            if tap is not None:
                tap(index)
        image = self.reaches[until].readout(parts.in_picture(x, until))
        return image if image.shape[-1] == parts.resolution else enlarged(image, parts.resolution)


def centred(x: Tensor, count: int) -> Tensor:
    """The middle of [N, C, H, W], at most [N, C, count, count]."""
    top, left = (max(0, (length - count) // 2) for length in x.shape[-2:])
    return x[..., top : top + count, left : left + count]


def enlarged(image: Tensor, side: int) -> Tensor:
    """[N, C, H, W] to [N, C, side, side], bicubically."""
    return F.interpolate(image, (side, side), mode="bicubic", align_corners=False)
