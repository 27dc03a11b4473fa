"""Peak memory of one forward pass, native kernels beside the reference operations.

    python -m benchmarks.memory

What the process held at its peak, less what it held when the network was built.
"""

import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks import report
from benchmarks.apart import answer, measure_apart
from generator import NetworkConfig, build_network
from generator.config import Kind


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    kinds: tuple[Kind, ...] = ("stylegan3-t",)
    """Systems."""
    resolution: int = 1024
    """Picture size in pixels."""
    channel_base: int = 32768
    """Channels times resolution; -R doubles it itself."""


@torch.no_grad()
def peak(kind: Kind, resolution: int, channel_base: int, precision: str) -> dict[str, float]:
    """Measure the mebibytes that one picture adds to the peak."""
    config = NetworkConfig(kind=kind, resolution=resolution, channel_base=channel_base)
    net = build_network(config)
    ws = net.mapping(torch.randn(1, net.z_dim))
    before = _resident_mib()
    net.synthesis(ws, precision=precision)
    # Linux counts the peak in KiB.
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"mib": most - before}


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def measure(options: Options) -> Iterator[report.Sheet]:
    """Draw one picture of each system, on either backend."""
    sheet = report.Sheet(
        "peak memory of a forward pass, batch 1",
        ["network", "operations", "precision"],
        {"MiB": "{:.0f}", "of the reference": "{:.2f}"},
    )
    for kind in options.kinds:
        task = {
            "kind": kind,
            "resolution": options.resolution,
            "channel_base": options.channel_base,
        }
        largest = None
        for reference, precision in ((True, "fp32"), (False, "fp32"), (False, "bf16")):
            operations = "reference" if reference else "native"
            with report.PROGRESS.status(f"{kind}, {operations}"):
                mib = measure_apart(
                    "benchmarks.memory", task | {"precision": precision}, reference=reference
                )["mib"]
            largest = largest or mib
            sheet.add(f"{kind} {options.resolution}²", operations, precision, mib, mib / largest)
    yield sheet


if __name__ == "__main__" and not answer(peak):
    report.run(measure, Options, __doc__)
