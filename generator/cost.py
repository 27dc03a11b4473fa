"""How much work a picture is, and about how long it will take on this computer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from generator.layers import LayerInfo, filter_taps, plan_layers

if TYPE_CHECKING:
    from generator.config import NetworkConfig

_PROBE_CHANNELS, _PROBE_SIZE = 128, 64
_FILTER_WEIGHT = 2.5
_SAMPLE_WEIGHT = 300.0
"""What a multiplication of a filter and a sample written cost, in multiplications of a convolution,
which reuses what it has read; fitted to six networks on two busy CPU cores."""


def picture_work(config: NetworkConfig) -> float:
    """Work for one picture, in multiplications of a convolution."""
    convolutions = filters = samples = 0.0
    for layer in plan_layers(config):
        if layer.kernel:
            height, width = layer.in_size
            weights = layer.channels * layer.in_channels * layer.kernel**2
            convolutions += weights * (height + layer.kernel - 1) * (width + layer.kernel - 1)
            filters += _filter_work(layer, config)
            samples += layer.channels * layer.size[0] * layer.size[1]
    return convolutions + _FILTER_WEIGHT * filters + _SAMPLE_WEIGHT * samples


def expected_seconds(config: NetworkConfig) -> float:
    """About how long the CPU will take for a picture in float32: the order of magnitude.

    Times a small convolution first, a tenth of a second; what else the computer does counts.
    """
    return picture_work(config) / _probe()


@torch.inference_mode()
def _probe() -> float:
    """Multiplications per second of a convolution, with as many threads as torch uses now."""
    x = torch.ones(1, _PROBE_CHANNELS, _PROBE_SIZE, _PROBE_SIZE)
    x = x.contiguous(memory_format=torch.channels_last)
    weight = torch.ones(_PROBE_CHANNELS, _PROBE_CHANNELS, 3, 3)
    weight = weight.contiguous(memory_format=torch.channels_last)
    F.conv2d(x, weight, padding=1)
    begin, runs = time.perf_counter(), 0
    while runs == 0 or time.perf_counter() - begin < 0.1:
        F.conv2d(x, weight, padding=1)
        runs += 1
    work = runs * weight.numel() * _PROBE_SIZE**2
    return work / (time.perf_counter() - begin)


def _filter_work(layer: LayerInfo, config: NetworkConfig) -> float:
    height, width = layer.size
    if config.kind == "stylegan2":
        # Four by four taps after each upsampling convolution.
        return 16.0 * layer.channels * height * width if layer.up > 1 else 0.0
    if layer.to_rgb:
        return 0.0
    inner = layer.channels * height * width * layer.down**2
    # Of the taps of the upsampling filter all but one in `up` meet inserted zeros.
    rising = 2.0 * filter_taps(layer.up, config.filter_size) / layer.up
    taps = filter_taps(layer.down, config.filter_size)
    falling = (taps**2 if layer.radial else 2.0 * taps) / layer.down**2
    return inner * (rising + falling)
