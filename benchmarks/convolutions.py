"""Winograd's convolution beside oneDNN's direct one, on the layers of whole networks.

    chrt -r 1 python -m benchmarks.convolutions

Times are medians of many short runs, all ways in turn. "Error" is how far the error lies below the
result, in dB, against float64. Batch 1, float32, channels-last; the gradients are those of the
same layers.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks import report
from generator import NetworkConfig
from generator.config import Kind
from generator.layers import LayerInfo, plan_layers
from ops.convolution import direct_weight_gradient
from ops.cpu.winograd import WinogradKernels
from systems.machine import keep_freed_memory


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    kind: Kind = "stylegan3-t"
    """Network, without layers that upsample by a convolution."""
    resolution: int = 256
    """Pixels."""
    channel_base: int = 16384
    """Its channels are this divided by the sampling rate …"""
    channel_max: int = 512
    """… and at most so many."""
    threads: int | None = None
    """Threads; default: one per core."""
    seconds: float = 0.5
    """Time for each layer and direction, at least three runs of each way."""


def _medians_ms(calls: list[Callable[[], object]], seconds: float) -> list[float]:
    times: list[list[float]] = [[] for _ in calls]
    begun = time.perf_counter()
    while len(times[0]) < 4 or time.perf_counter() - begun < seconds:
        for call, own in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            own.append(time.perf_counter() - start)
    return [1e3 * statistics.median(own[1:]) for own in times]


def _error_db(exact: Tensor, found: Tensor) -> float:
    return 10 * float(torch.log10(exact.square().mean() / (found - exact).square().mean()))


def _random(*shape: int) -> Tensor:
    return torch.randn(shape).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def _directions(layer: LayerInfo, padding: int) -> Iterator[tuple[str, list[partial[Tensor]]]]:
    """Yield each direction with PyTorch's way and Winograd's."""
    kernels = WinogradKernels()
    x = _random(1, layer.in_channels, *layer.in_size)
    weight = _random(layer.channels, layer.in_channels, 3, 3)
    convolve = partial(F.conv2d, x, weight, padding=padding)
    dy = _random(*convolve().shape)
    yield "forward", [convolve, partial(kernels.convolve, x, weight, padding, keep=True)]
    yield (
        "input gradient",
        [
            partial(F.conv_transpose2d, dy, weight, padding=padding),
            partial(kernels.convolve, dy, weight, 2 - padding, transposed=True),
        ],
    )
    yield (
        "weight gradient",
        [
            partial(direct_weight_gradient, x, dy, weight, padding),
            partial(kernels.weight_gradient, x, dy, padding),
        ],
    )


def measure(options: Options) -> Iterator[report.Sheet]:
    """Time every kind of layer once."""
    keep_freed_memory()  # as the trainer and the visualizer do
    if options.threads:
        torch.set_num_threads(options.threads)
    config = NetworkConfig(
        kind=options.kind,
        resolution=options.resolution,
        channel_base=options.channel_base,
        channel_max=options.channel_max,
    )
    sheet = report.Sheet(
        f"convolutions of {options.kind} {options.resolution}²",
        ["layer", "direction"],
        {"direct ms": "{:.2f}", "Winograd ms": "{:.2f}", "ratio": "{:.2f}×", "error dB": "{:.0f}"},
    )
    total: dict[str, list[float]] = {}
    known: dict[tuple[object, ...], list[tuple[str, list[float], float]]] = {}
    for layer in plan_layers(config):
        upsamples = options.kind == "stylegan2" and layer.up > 1
        if layer.kernel != 3 or upsamples:
            continue
        padding = 1 if options.kind == "stylegan2" else 2
        key = layer.in_channels, layer.channels, layer.in_size
        if key not in known:
            known[key] = []
            for direction, ways in _directions(layer, padding):
                exact = ways[0].func(*(
                    a.double() if isinstance(a, Tensor) else a for a in ways[0].args
                ), **ways[0].keywords)  # fmt: skip
                known[key].append(
                    (
                        direction,
                        _medians_ms(list(ways), options.seconds),
                        _error_db(exact, ways[1]()),
                    )
                )
            for direction, times, error in known[key]:
                name = f"{layer.in_channels} → {layer.channels}, {layer.in_size[0]}²"
                sheet.add(name, direction, *times, times[0] / times[1], error)
        for direction, times, _ in known[key]:
            sums = total.setdefault(direction, [0.0, 0.0])
            total[direction] = [a + b for a, b in zip(sums, times, strict=True)]
    for direction, sums in total.items():
        sheet.add("all layers", direction, *sums, sums[0] / sums[1], None)
    yield sheet


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
