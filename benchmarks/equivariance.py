"""How long equivariance takes to measure: one live comparison, a thousand samples, every layer.

python -m benchmarks.equivariance [NETWORK …]
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import tyro
from rich.console import Console
from rich.table import Table

from benchmarks.timing import machine, median_s
from generator import Generator, bundled_networks, load_network, seed_z
from generator.comparison import Moves, compare
from generator.equivariance import EquivarianceMeter
from generator.layer_equivariance import layer_scores


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure."""

    networks: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Network files or run folders; default: the bundled ones."""
    samples: int = 48
    """Samples of the metrics that are timed; the table says what 1,000 would take."""
    batch: int = 8
    """Samples at a time."""


@torch.no_grad()
def row(net: Generator, options: Options) -> list[str]:
    """The figures of one network: a shift and a turn in ms, 1,000 samples in s, layers in ms."""
    ws = net.mapping(seed_z([0], net.z_dim))
    shift = Moves.of("fractional", [[0.07, -0.04]], net.resolution)
    turn = Moves.of("rotation", [0.5], net.resolution)
    figures = [1e3 * median_s(partial(compare, net, ws, moves), 9) for moves in (shift, turn)]
    meter = EquivarianceMeter(net)
    meter.add(options.batch)
    started = time.perf_counter()
    for _ in range(0, options.samples, options.batch):
        meter.add(options.batch)
    figures.append(1000 * (time.perf_counter() - started) / (meter.samples - options.batch))
    for moves in (shift, turn):
        figures.append(1e3 * median_s(partial(_every_layer, net, ws, moves), 3))
    return [f"{figure:.0f}" for figure in figures]


def _every_layer(net: Generator, ws: torch.Tensor, moves: Moves) -> None:
    for _ in layer_scores(net, ws, moves):
        pass


def main(options: Options) -> None:
    """Measure and print the table."""
    table = Table(
        "network", "one shift, ms", "one turn, ms", "1,000 samples, s",
        "layers shifted, ms", "layers turned, ms",
        title=machine(),
    )  # fmt: skip
    for path in options.networks or bundled_networks():
        table.add_row(path.stem, *row(load_network(path), options))
    Console(width=110).print(table)


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
