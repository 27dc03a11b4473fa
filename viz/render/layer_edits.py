"""Changes to single layers of a request, as the synthesis network takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from generator import Generator, LayerEdit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.protocol.request import LayerChange

Edits = dict[str, LayerEdit]


def layer_edits(net: Generator, changes: Sequence[LayerChange]) -> Edits:
    """Edits by layer name; changes to layers that the network lacks are left out.

    The gain stretches the style about that of the mean w. The style is affine in w, so that is
    truncation of this layer alone, psi being the gain.
    """
    edits: Edits = {}
    for change in changes:
        if change.layer not in net.synthesis.styled_layers:
            continue
        mean_style = net.synthesis.style(change.layer, net.mapping.average()[None])[0]
        offset = torch.zeros_like(mean_style)
        if change.style_channel is None:
            offset += change.style_offset
        elif change.style_channel < len(offset):
            offset[change.style_channel] = change.style_offset
        offset += (1 - change.style_gain) * mean_style
        edits[change.layer] = LayerEdit(
            noise=change.noise, style_gain=change.style_gain, style_offset=offset
        )
    return edits
