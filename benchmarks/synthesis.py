"""Pictures through whole networks, beside the bare convolutions and the reference operations.

    python -m benchmarks.synthesis

"Later half" is a picture of which only the styles of the later half of the layers differ from the
one before, as in style mixing: it begins there. The floor is what oneDNN needs for the same
convolutions, channels-last, folded weights, and nothing else. The reference is the same network in
plain PyTorch: its default layout, the reference operations; it runs in a process of its own.
Random weights, batch 1.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from benchmarks import report
from benchmarks.apart import answer, measure_apart, use_default_layout
from generator import NetworkConfig, build_network
from generator.config import Kind
from generator.resume import Resume
from generator.synthesis import Precision


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    threads: int | None = None
    """Threads; default: one per core."""
    repeats: int = 7
    """Pictures per figure; the median counts."""
    skip_reference: bool = False
    """Leave out the reference, which takes a minute."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One network, on the native kernels and the floor, or on the reference operations."""

    kind: Kind
    resolution: int
    channel_base: int
    channel_max: int
    latent: int
    precision: Precision
    repeats: int
    threads: int | None
    reference: bool = False

    @torch.no_grad()
    def seconds(self) -> dict[str, float]:
        """Median seconds: `picture`, `later` half and `floor` beside the native kernels."""
        if self.threads:
            torch.set_num_threads(self.threads)
        net = build_network(
            NetworkConfig(
                kind=self.kind,
                resolution=self.resolution,
                channel_base=self.channel_base,
                channel_max=self.channel_max,
                z_dim=self.latent,
                w_dim=self.latent,
            )
        )
        net.requires_grad_(False)  # as the visualizer does: what is trained keeps nothing
        ws = net.mapping(torch.randn(1, self.latent))
        if self.reference:
            use_default_layout(net)

        def picture() -> None:
            net.synthesis(ws, precision=self.precision)

        if self.reference:
            return {"picture": _times([picture], 1, warmup=0)[0]}
        dtype = torch.bfloat16 if self.precision == "bf16" else torch.float32
        convolutions = [
            (
                torch.randn(1, i.in_channels, *i.in_size)
                .to(dtype)
                .contiguous(memory_format=torch.channels_last),
                torch.randn(i.channels, i.in_channels, i.kernel, i.kernel)
                .to(dtype)
                .contiguous(memory_format=torch.channels_last),
                i.kernel // 2 if net.kind == "stylegan2" else i.kernel - 1,
            )
            for i in net.synthesis.layers
            if i.kernel
        ]

        def floor() -> None:
            for x, weight, padding in convolutions:
                F.conv2d(x, weight, padding=padding)

        resume, changing = Resume(), ws.clone()

        def later_half() -> None:
            changing[:, net.num_ws // 2 :] += 1e-3
            net.synthesis(changing, precision=self.precision, resume=resume)

        # The first picture is drawn whole, the second tells where changes begin.
        seconds = _times([picture, later_half, floor], self.repeats, warmup=2)
        return dict(zip(("picture", "later", "floor"), seconds, strict=True))


def _times(calls: list[Callable[[], None]], repeats: int, *, warmup: int) -> list[float]:
    """Medians of calls timed in turn, so that a drifting machine is fair to all."""
    seconds: list[list[float]] = [[] for _ in calls]
    for i in range(warmup + repeats):
        for call, times in zip(calls, seconds, strict=True):
            start = time.perf_counter()
            call()
            if i >= warmup:
                times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in seconds]


def seconds(**task: Any) -> dict[str, float]:
    """Time a `Measurement` given as a dict."""
    return Measurement(**task).seconds()


def _apart(measurement: Measurement) -> dict[str, float]:
    task = dataclasses.asdict(measurement)
    return measure_apart("benchmarks.synthesis", task, reference=measurement.reference)


def measure(options: Options) -> Iterator[report.Sheet]:
    """Time every network in every precision."""
    if options.threads:
        torch.set_num_threads(options.threads)
    sheet = report.Sheet(
        "synthesis, batch 1",
        ["network", "precision"],
        {
            "ms a picture": "{:.1f}",
            "pictures/s": "{:.1f}",
            "later half ms": "{:.1f}",
            "floor ms": "{:.1f}",
            "× floor": "{:.2f}×",
            "reference ms": "{:.0f}",
            "ratio": "{:.0f}×",
        },
    )
    full = {"resolution": 256, "channel_base": 16384, "channel_max": 512, "latent": 512}
    demo = {"resolution": 64, "channel_base": 2048, "channel_max": 64, "latent": 128}
    kinds: list[tuple[Kind, dict[str, Any]]] = [
        ("stylegan3-t", full), ("stylegan3-r", full), ("stylegan2", full),
        ("stylegan2", demo), ("stylegan3-t", demo), ("stylegan3-r", demo),
    ]  # fmt: skip
    for kind, size in kinds:
        name = f"{kind} {size['resolution']}²"
        task = Measurement(
            kind=kind, **size, precision="fp32", repeats=options.repeats, threads=options.threads
        )
        reference = None
        if not options.skip_reference:
            with report.PROGRESS.status(f"{name}, reference"):
                reference = _apart(dataclasses.replace(task, reference=True))["picture"]
        for precision in ("fp32", "bf16"):
            with report.PROGRESS.status(f"{name}, {precision}"):
                times = _apart(dataclasses.replace(task, precision=precision))
            sheet.add(
                name,
                precision,
                times["picture"] * 1e3,
                1 / times["picture"],
                times["later"] * 1e3,
                times["floor"] * 1e3,
                times["picture"] / times["floor"],
                reference * 1e3 if reference else None,
                reference / times["picture"] if reference else None,
            )
    yield sheet


if __name__ == "__main__" and not answer(seconds):
    report.run(measure, Options, __doc__)
