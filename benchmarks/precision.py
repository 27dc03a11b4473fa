"""What drawing in bfloat16 costs: PSNR against float32, and equivariance, of finished networks.

python -m benchmarks.precision [NETWORK …]
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import tyro

from benchmarks import report
from generator import Generator, bundled_networks, load_network, seed_z, transforms
from generator.equivariance import ideal_warps
from generator.equivariance.comparison import psnr_db
from generator.synthesis import Precision


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    networks: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Network files or run folders; default: the bundled ones."""
    samples: int = 64
    """Latents."""


@torch.no_grad()
def figures(net: Generator, samples: int) -> tuple[float, dict[Precision, float]]:
    """PSNR of bfloat16 against float32, and EQ-T in either precision, dB."""
    random = np.random.default_rng(0)
    size = net.resolution
    squared, count = 0.0, 0
    errors: dict[Precision, list[torch.Tensor]] = {"fp32": [], "bf16": []}
    valid: list[torch.Tensor] = []
    for seed in range(samples):
        ws = net.mapping(seed_z([seed], net.z_dim))
        shift = torch.tensor(
            random.integers(-size // 8, size // 8 + 1, (1, 2)), dtype=torch.float64
        )
        matrix = transforms.translation(*(shift[0] / size).tolist())
        pictures = {}
        precision: Precision
        for precision in errors:
            pictures[precision] = net.synthesis(ws, precision=precision)
            moved = net.synthesis(ws, transform=matrix, precision=precision)
            expected, mask = ideal_warps.shift_integer(pictures[precision], shift)
            errors[precision].append(((moved - expected).square() * mask).sum())
        valid.append(mask.expand_as(moved).sum())
        squared += float((pictures["fp32"] - pictures["bf16"]).square().sum())
        count += pictures["fp32"].numel()
    eq_t = {
        precision: psnr_db(float(sum(parts)), float(sum(valid)))
        for precision, parts in errors.items()
    }
    return psnr_db(squared, count), eq_t


def measure(options: Options) -> Iterator[report.Sheet]:
    """Compare the precisions of every network."""
    headings = ["bf16 against fp32, dB", "EQ-T fp32, dB", "EQ-T bf16, dB"]
    sheet = report.Sheet(
        f"{options.samples} latents, psi 1", ["network"], dict.fromkeys(headings, "{:.1f}")
    )
    for path in options.networks or bundled_networks():
        psnr, eq_t = figures(load_network(path), options.samples)
        sheet.add(path.stem, psnr, eq_t["fp32"], eq_t["bf16"])
    yield sheet


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
