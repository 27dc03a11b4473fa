"""The low-pass filters of a layer, with what is measured on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from generator.stylegan2 import StyledConv
from generator.stylegan3 import AliasFreeLayer
from ops.response import (
    designed_attenuation_db,
    gain_db,
    gain_map_db,
    measure_lowpass,
    section,
)
from viz.protocol.result import FilterView, LayerFilters

if TYPE_CHECKING:
    from torch import Tensor

    from generator import Generator, LayerInfo

POINTS = 513
"""Points of the response along an axis."""
MAP_POINTS = 256


def layer_filters(net: Generator, name: str) -> LayerFilters:
    """The filters before and after a layer's nonlinearity.

    Raises:
        ValueError: the network has no such layer.
    """
    info = next((one for one in net.synthesis.layers if one.name == name), None)
    if info is None:
        raise ValueError(f"{net.kind} has no layer {name!r}; choose one of its own")
    if info.kernel == 0:
        return LayerFilters(name, None, None)
    layer = net.synthesis.get_submodule(name)
    match layer:
        case AliasFreeLayer():
            return _alias_free(layer, info)
        case StyledConv() if layer.up > 1:
            taps = section(layer.resample_filter)
            return LayerFilters(name, _bilinear(taps, layer.up, info.sampling_rate), None)
    return LayerFilters(name, None, None)


def _alias_free(layer: AliasFreeLayer, info: LayerInfo) -> LayerFilters:
    up = down = None
    if layer.up_filter is not None:
        up = _designed(layer.up_filter, info.up, info.tmp_rate, info.in_cutoff, info.in_half_width)
    if layer.down_filter is not None:
        down = _designed(layer.down_filter, info.down, info.tmp_rate, info.cutoff, info.half_width)
    return LayerFilters(info.name, up, down)


def _designed(
    taps: Tensor, factor: int, rate: float, cutoff: float, half_width: float
) -> FilterView:
    edge = min(cutoff + half_width, rate / 2 * 0.999)
    promised = designed_attenuation_db(taps.shape[-1], 2 * half_width, rate)
    return _view(taps, factor, rate, cutoff, edge, promised)


def _bilinear(taps: Tensor, factor: int, rate: float) -> FilterView:
    """StyleGAN2's [1, 3, 3, 1]: the copies begin at half the rate before."""
    return _view(taps, factor, rate, rate / (2 * factor), rate / (2 * factor), None)


def _view(
    taps: Tensor, factor: int, rate: float, cutoff: float, edge: float, promised: float | None
) -> FilterView:
    figures = measure_lowpass(taps, rate, edge)
    return FilterView(
        factor=factor,
        rate=rate,
        taps=taps.detach().cpu().float().numpy(),
        gain_db=gain_db(section(taps), POINTS).astype(np.float32),
        map_db=gain_map_db(taps, MAP_POINTS).astype(np.float32) if taps.ndim == 2 else None,
        cutoff=figures.cutoff,
        passed_to=figures.passed_to,
        stopped_from=figures.stopped_from,
        attenuation_db=figures.attenuation_db,
        designed_cutoff=cutoff,
        stop_edge=edge,
        designed_attenuation_db=promised,
    )
