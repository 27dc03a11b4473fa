"""The layer plan of a network: sizes, sampling rates and filters, computed from its config.

Karras et al. 2021 ("Alias-Free Generative Adversarial Networks"), section 3.2 and appendix F.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from generator.shapes import STYLEGAN2_RATE, sampling_rate

if TYPE_CHECKING:
    from generator.config import NetworkConfig


@dataclass(frozen=True)
class LayerInfo:
    """One layer of a synthesis network; frequencies are in cycles per picture.

    Of a picture that is no square of a power of two, width and picture mean `config.resolution`.

    The fields that begin with `in_` describe what enters the layer, the others what leaves it.
    """

    name: str
    """Name of the layer, unique in the network, as given to `taps`."""
    channels: int
    """Channels of the output."""
    size: tuple[int, int]
    """Height and width of the output in samples, margins included."""
    sampling_rate: float
    """Samples per picture width."""
    cutoff: float
    """Frequency up to which the signal is kept."""
    stopband: float | None
    """Frequency above which the filter stops; None for StyleGAN2, whose filters are bilinear."""
    up: int = 1
    """Upsampling before the nonlinearity."""
    down: int = 1
    """Downsampling after the nonlinearity."""
    tmp_rate: float = 0.0
    """Sampling rate at which the nonlinearity is applied."""
    radial: bool = False
    """True for a radially symmetric down-filter."""
    critical: bool = False
    """True where the cutoff is at half the sampling rate."""
    in_channels: int = 0
    in_size: tuple[int, int] = (0, 0)
    in_sampling_rate: float = 0.0
    in_cutoff: float = 0.0
    in_half_width: float = 0.0
    half_width: float = 0.0
    """Half the width of the transition band of the down-filter."""
    kernel: int = 1
    """Side of the convolution kernel; 0 for the input, which has none."""
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Padding in upsampled samples: left, right, top, bottom; negative crops."""
    to_rgb: bool = False
    """True for a layer from features to colours: no nonlinearity, no demodulation."""


@dataclass(frozen=True)
class _Band:
    """Frequency band that a layer keeps, in cycles per picture."""

    cutoff: float
    stopband: float
    rate: float
    half_width: float
    fullness: float
    """Channels are inversely proportional to it."""


def plan_stylegan3(config: NetworkConfig) -> list[LayerInfo]:
    """The layers of StyleGAN3: the input, `config.layers` layers and toRGB."""
    count, critical = config.layers, config.critical_layers
    most = config.channel_max * config.channel_multiplier
    bands = _bands(config)
    cutoffs = [band.cutoff for band in bands]
    stopbands = [band.stopband for band in bands]
    rates = [band.rate for band in bands]
    half_widths = [band.half_width for band in bands]
    across = config.margin if config.margin_across is None else config.margin_across
    sizes = [_samples(config, rate, config.margin, across) for rate in rates]
    sizes[-2:] = [(config.height, config.width)] * 2
    # Names tell the samples of a square picture, so that weights fit pictures of any shape.
    named = [int(rate) + 2 * config.margin for rate in rates]
    named[-2:] = [config.resolution] * 2
    wanted = [config.channel_base * config.channel_multiplier / band.fullness for band in bands]
    channels = [max(round(min(one, most)), 1) for one in wanted]
    if config.channels is not None:
        channels = list(config.channels)

    plan = [
        LayerInfo(
            name="input",
            channels=channels[0],
            size=sizes[0],
            sampling_rate=rates[0],
            cutoff=cutoffs[0],
            stopband=stopbands[0],
            tmp_rate=rates[0],
            half_width=half_widths[0],
            kernel=0,
        )
    ]
    for i in range(count + 1):
        before, to_rgb = max(i - 1, 0), i == count
        is_critical = i >= count - critical
        tmp_rate = max(rates[before], rates[i]) * (1 if to_rgb else config.lrelu_upsampling)
        up, down = int(tmp_rate / rates[before]), int(tmp_rate / rates[i])
        kernel = 1 if to_rgb else config.conv_kernel
        out_channels = config.img_channels if to_rgb else channels[i]
        plan.append(
            LayerInfo(
                name=f"L{i}_{named[i]}_{out_channels}",
                channels=out_channels,
                size=sizes[i],
                sampling_rate=rates[i],
                cutoff=cutoffs[i],
                stopband=stopbands[i],
                up=up,
                down=down,
                tmp_rate=tmp_rate,
                radial=config.radial_filters and not is_critical,
                critical=is_critical,
                in_channels=channels[before],
                in_size=sizes[before],
                in_sampling_rate=rates[before],
                in_cutoff=cutoffs[before],
                in_half_width=half_widths[before],
                half_width=half_widths[i],
                kernel=kernel,
                padding=_padding(sizes[before], sizes[i], up, down, kernel, config.filter_size),
                to_rgb=to_rgb,
            )
        )
    return plan


def _bands(config: NetworkConfig) -> list[_Band]:
    """The bands of the layers, toRGB the last."""
    if config.bands is not None:
        return [
            _Band(cutoff, cutoff + half_width, float(rate), half_width, 2 * cutoff)
            for cutoff, half_width, rate in config.bands
        ]
    return _octaves(config) if config.sampling == "octaves" else _flexible(config)


def _flexible(config: NetworkConfig) -> list[_Band]:
    """Cutoff and stopband grow geometrically up to the critically sampled layers.

    The sampling rate of a layer is the next power of two above twice its stopband.
    """
    bands = []
    last_cutoff = config.resolution / 2
    last_stopband = last_cutoff * config.last_stopband_rel
    for i in range(config.layers + 1):
        progress = min(i / (config.layers - config.critical_layers), 1.0)
        cutoff = config.first_cutoff * (last_cutoff / config.first_cutoff) ** progress
        stopband = config.first_stopband * (last_stopband / config.first_stopband) ** progress
        rate = sampling_rate(stopband, config.resolution)
        bands.append(_Band(cutoff, stopband, rate, max(stopband, rate / 2) - cutoff, 2 * cutoff))
    return bands


def _octaves(config: NetworkConfig) -> list[_Band]:
    """One layer at 4 samples per picture, two at every octave above (configurations D to H).

    Transition bands are (√2 - 1) · rate / 2 wide to either side: above half the rate in critically
    sampled layers, below it in the others (Karras et al. 2021, sections 3.1 and 3.2).
    """
    bands = []
    for i in range(config.layers + 1):
        rate = min(4.0 * 2 ** ((i + 1) // 2), float(config.resolution))
        half_width = (math.sqrt(2) - 1) * rate / 2
        critical = i >= config.layers - config.critical_layers
        cutoff = rate / 2 if critical else rate / 2 - half_width
        bands.append(_Band(cutoff, cutoff + half_width, rate, half_width, rate))
    return bands


def filter_taps(factor: int, filter_size: int) -> int:
    """Taps of a StyleGAN3 resampling filter; 1 (no filter) where the rate does not change."""
    return filter_size * factor if factor > 1 else 1


def _samples(
    config: NetworkConfig, rate: float, margin: int = 0, across: int = 0
) -> tuple[int, int]:
    """Height and width of a layer of a sampling rate.

    Args:
        config: The network's.
        rate: Samples per unit.
        margin: Samples more above and below.
        across: Samples more to the left and right.
    """
    height, width = (
        round(length * rate / config.resolution) for length in (config.height, config.width)
    )
    return height + 2 * margin, width + 2 * across


def _padding(
    in_size: tuple[int, int],
    size: tuple[int, int],
    up: int,
    down: int,
    kernel: int,
    filter_size: int,
) -> tuple[int, int, int, int]:
    """Padding that centres the output of a layer on its input.

    The convolution is padded by kernel - 1 on each side, so that it adds that many samples.
    """
    taps = filter_taps(up, filter_size) + filter_taps(down, filter_size)

    def along(before: int, after: int) -> tuple[int, int]:
        convolved = before + kernel - 1
        needed = (after - 1) * down + 1
        total = needed - convolved * up + taps - 2
        low = (total + up) // 2
        return low, total - low

    return *along(in_size[1], size[1]), *along(in_size[0], size[0])


def plan_stylegan2(config: NetworkConfig) -> list[LayerInfo]:
    """The layers of StyleGAN2: the input, then convolutions and toRGB of each resolution."""
    plan: list[LayerInfo] = []

    def add(name: str, channels: int, rate: int, kernel: int, up: int = 1) -> None:
        before = plan[-1] if plan else None
        # A toRGB hands its input on to the next resolution.
        if before is not None and before.to_rgb:
            before = plan[-2]
        plan.append(
            LayerInfo(
                name=name,
                channels=channels,
                size=_samples(config, rate),
                sampling_rate=float(rate),
                cutoff=rate / 2,
                stopband=None,
                up=up,
                tmp_rate=float(rate),
                critical=True,
                in_channels=before.channels if before else 0,
                in_size=before.size if before else (0, 0),
                in_sampling_rate=before.sampling_rate if before else 0.0,
                in_cutoff=before.cutoff if before else 0.0,
                kernel=kernel,
                to_rgb=name.endswith("torgb"),
            )
        )

    rate = STYLEGAN2_RATE
    while rate <= config.resolution:
        channels = max(min(config.channel_base // rate, config.channel_max), 1)
        if config.channels is not None:
            channels = config.channels[rate.bit_length() - 3]
        if rate == STYLEGAN2_RATE:
            add("input", channels, rate, kernel=0)
        else:
            add(f"b{rate}.conv0", channels, rate, kernel=3, up=2)
        add(f"b{rate}.conv1", channels, rate, kernel=3)
        if config.architecture == "skip" or rate == config.resolution:
            add(f"b{rate}.torgb", config.img_channels, rate, kernel=1)
        rate *= 2
    return plan


def plan_layers(config: NetworkConfig) -> list[LayerInfo]:
    """The layers of the configured network in drawing order, the input first."""
    return plan_stylegan2(config) if config.kind == "stylegan2" else plan_stylegan3(config)


def count_weights(config: NetworkConfig) -> int:
    """How many numbers the configured network stores at least: matrices, kernels, fixed noise.

    Computed without building the network; biases and the like add about a hundredth.
    """
    widths = config.mapping_features
    embedded = widths[0] - config.z_dim
    if config.class_features is None:
        count = config.c_dim * embedded
    else:
        count = config.class_features * (config.c_dim + embedded) + config.c_dim * config.w_dim
    count += sum(before * after for before, after in pairwise(widths))
    for layer in plan_layers(config):
        count += layer.in_channels * (layer.channels * layer.kernel**2 + config.w_dim)
        if config.kind != "stylegan2" and layer.kernel == 0:
            count += layer.channels**2
        if config.kind == "stylegan2" and layer.kernel == 3:
            count += layer.size[0] * layer.size[1]
    return count
