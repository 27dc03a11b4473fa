"""The nonlinearities: native kernels beside the reference operations.

    python -m benchmarks.ops

Forward, and forward + backward, of every layer's nonlinearity of a StyleGAN3 with batch 1, summed
up; then of StyleGAN2's, which has no filters, for maps of a training.
"""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from rich.progress import track

import ops
from benchmarks import report
from benchmarks.timing import median_s
from generator import NetworkConfig
from generator.layers import plan_stylegan3
from generator.stylegan3 import AliasFreeLayer


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    kind: Literal["stylegan3-t", "stylegan3-r"] = "stylegan3-t"
    """System whose layers are timed."""
    resolution: int = 256
    """Picture size in pixels."""
    channel_base: int = 16384
    """Channels times resolution; -R doubles it itself."""
    repeats: int = 7
    """Runs of the native kernels; the median counts. The reference runs once per layer."""
    threads: int | None = None
    """Threads; default: one per core."""


def seconds(
    layer: AliasFreeLayer, backend: str, dtype: torch.dtype, backward: bool, n: int
) -> float:
    """Median seconds of one layer's filtered_lrelu."""
    info = layer.info
    height, width = (side + info.kernel - 1 for side in info.in_size)
    x = torch.randn(1, info.channels, height, width).to(dtype)
    if backend == "native":
        x = x.contiguous(memory_format=torch.channels_last)
    x.requires_grad_(backward)
    bias = torch.zeros(info.channels, requires_grad=backward)
    dy = torch.ones((1, info.channels, *info.size), dtype=dtype).contiguous(
        memory_format=torch.channels_last if backend == "native" else torch.contiguous_format
    )

    def call() -> None:
        y = ops.filtered_lrelu(
            x, layer.up_filter, layer.down_filter, bias, up=info.up, down=info.down,
            padding=info.padding, clamp=256.0, backend=backend,
        )  # fmt: skip
        if backward:
            torch.autograd.grad(y, [x, bias], dy)

    return median_s(call, n, warmup=1 if backend == "native" else 0)


def bias_act_seconds(n: int, size: int, dtype: torch.dtype, repeats: int) -> list[float]:
    """Median seconds of PyTorch and of the kernel: forward, forward + backward of each.

    Both take the same channels-last map of 64 channels; they take turns.
    """
    shape = (n, 64, size, size)
    x, dy = (
        torch.randn(shape).to(dtype).contiguous(memory_format=torch.channels_last) for _ in range(2)
    )
    bias = torch.zeros(64, dtype=dtype)

    def call(backend: str, backward: bool) -> Callable[[], None]:
        inputs = [t.detach().requires_grad_(backward) for t in (x, bias)]

        def run() -> None:
            y = ops.bias_act(*inputs, activation="lrelu", clamp=256.0, backend=backend)
            if backward:
                torch.autograd.grad(y, inputs, dy)

        return run

    calls = [call(b, backward) for backward in (False, True) for b in ("reference", "native")]
    found = [[median_s(run, 1) for run in calls] for _ in range(repeats)]
    return [statistics.median(column) for column in zip(*found, strict=True)]


def bias_act_sheet(repeats: int) -> report.Sheet:
    """Measure the leaky ReLU of StyleGAN2."""
    sheet = report.Sheet(
        "bias_act, leaky ReLU with clamp",
        ["map", "dtype", "pass"],
        {"PyTorch ms": "{:.2f}", "native ms": "{:.2f}", "ratio": "{:.1f}×"},
    )
    for n, size in ((4, 64), (16, 64), (4, 128), (16, 128)):
        for dtype in (torch.float32, torch.bfloat16):
            times = bias_act_seconds(n, size, dtype, repeats)
            names = f"{n} × 64 × {size}²", str(dtype).removeprefix("torch.")
            for name, (plain, native) in (
                ("forward", times[:2]),
                ("forward + backward", times[2:]),
            ):
                sheet.add(*names, name, plain * 1e3, native * 1e3, plain / native)
    return sheet


def measure(options: Options) -> Iterator[report.Sheet]:
    """Time the nonlinearities of both generations."""
    if options.threads:
        torch.set_num_threads(options.threads)
    yield filtered_lrelu_sheet(options)
    yield bias_act_sheet(3 * options.repeats)


def filtered_lrelu_sheet(options: Options) -> report.Sheet:
    """Time every layer of a StyleGAN3, and add up."""
    config = NetworkConfig(
        kind=options.kind, resolution=options.resolution, channel_base=options.channel_base
    )
    layers = [AliasFreeLayer(i, config) for i in plan_stylegan3(config) if i.up * i.down > 1]
    columns = [
        ("reference", torch.float32, 1),
        ("native", torch.float32, options.repeats),
        ("native", torch.bfloat16, options.repeats),
    ]
    sheet = report.Sheet(
        f"filtered_lrelu, {options.kind} {options.resolution}², batch 1",
        ["layer", "pass"],
        {
            "reference ms": "{:.0f}",
            "native fp32 ms": "{:.1f}",
            "fp32 ratio": "{:.0f}×",
            "native bf16 ms": "{:.1f}",
            "bf16 ratio": "{:.0f}×",
        },
    )
    totals = {False: [0.0] * 3, True: [0.0] * 3}
    for layer in track(layers, "measuring", console=report.PROGRESS, transient=True):
        for backward in (False, True):
            times = [seconds(layer, b, dtype, backward, n) for b, dtype, n in columns]
            totals[backward] = [a + b for a, b in zip(totals[backward], times, strict=True)]
            _add(sheet, layer.info.name, backward, times)
    for backward, times in totals.items():
        _add(sheet, "all layers", backward, times)
    return sheet


def _add(sheet: report.Sheet, layer: str, backward: bool, times: list[float]) -> None:
    reference, fp32, bf16 = times
    sheet.add(
        layer,
        "forward + backward" if backward else "forward",
        reference * 1e3,
        fp32 * 1e3,
        reference / fp32,
        bf16 * 1e3,
        reference / bf16,
    )


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
