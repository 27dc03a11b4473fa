"""Edits of single layers for one drawing."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class LayerEdit:
    """Changes to one layer of a synthesis network, for `synthesis(..., edits={name: edit})`."""

    noise: bool = True
    """StyleGAN2: whether the layer adds its per-pixel noise."""
    style_gain: float = 1.0
    """Factor on the style, the weights' scale for each input channel."""
    style_offset: Tensor | float = 0.0
    """Added to the style after the gain: a number, or one for each input channel.

    Styles are about 1 at the start of a training. An offset on one channel is a step in StyleSpace
    (Wu et al. 2021, "StyleSpace Analysis").
    """


def edited_style(style: Tensor, edit: LayerEdit | None, unit: float = 1.0) -> Tensor:
    """The style [N, in_channels] as an edit has it.

    Args:
        style: As the layer's affine map gives it, in multiples of `unit`.
        edit: None leaves it alone.
        unit: Factor that the layer has put on its style already.
    """
    if edit is None:
        return style
    return style * edit.style_gain + edit.style_offset * unit
