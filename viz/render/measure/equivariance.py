"""The live comparison of a moved picture, or layer, with that of the moved input."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from generator import Generator, LayerEdit, to_uint8
from generator.equivariance.comparison import Moves, compare
from generator.equivariance.layers import PEAK_DEVIATIONS, compare_channel
from viz.protocol.equivariance import EquivarianceRequest, EquivarianceView
from viz.render.feature_maps import rgba

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor


def view(
    net: Generator, ws: Tensor, edits: Mapping[str, LayerEdit], asked: EquivarianceRequest
) -> EquivarianceView:
    """Compare, always in float32.

    Args:
        net: The network.
        ws: Its latent, [1, num_ws, w_dim].
        edits: What its layers do differently.
        asked: What is to be compared; its slot is of no matter.

    Raises:
        ValueError: the network has no such layer.
    """
    started = time.perf_counter()
    moves = Moves.of(asked.move.kind, asked.move.amounts, net.resolution)
    if asked.layer:
        compared = compare_channel(net, ws, moves, asked.layer, asked.channel, edits)
    else:
        compared = compare(net, ws, moves, edits=edits)
    shown = _map if asked.layer else _picture
    (psnr_db,), (valid_share,) = compared.psnr_db(), compared.valid_share()
    return EquivarianceView(
        asked=asked,
        expected=shown(compared.expected, compared.mask),
        moved=shown(compared.moved, compared.mask),
        error_db=compared.error_db()[0].cpu().numpy(),
        psnr_db=psnr_db,
        valid_share=valid_share,
        deviation=compared.peak / PEAK_DEVIATIONS,
        took_ms=1e3 * (time.perf_counter() - started),
    )


def _picture(picture: Tensor, mask: Tensor) -> NDArray[np.uint8]:
    pixels = rgba(to_uint8(picture))
    pixels[..., 3] = np.where(mask[0, 0].cpu().numpy(), 255, 0)  # colours stay: no dark rim
    return pixels


def _map(maps: Tensor, mask: Tensor) -> NDArray[np.float32]:
    values: NDArray[np.float32] = maps.masked_fill(~mask, math.nan)[0, 0].cpu().numpy()
    return values
