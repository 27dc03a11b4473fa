"""How long equivariance takes to measure: one live comparison, a thousand samples, every layer.

The fastest of several runs: other programs only ever make it slower. The processor's time, of all
threads together, hardly depends on them.

python -m benchmarks.equivariance [NETWORK …]
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import tyro
from rich.console import Console
from rich.table import Table

from benchmarks.timing import machine
from generator import Generator, bundled_networks, load_network, seed_z
from generator.equivariance.comparison import Moves, compare
from generator.equivariance.layers import layer_scores
from generator.equivariance.metrics import EquivarianceMeter

if TYPE_CHECKING:
    from collections.abc import Callable


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
    """The figures of one network, in the order of the table's columns."""
    ws = net.mapping(seed_z([0], net.z_dim))
    shift = Moves.of("fractional", [[0.07, -0.04]], net.resolution)
    turn = Moves.of("rotation", [0.5], net.resolution)
    meter = EquivarianceMeter(net)
    figures = [1e3 * fastest_s(partial(compare, net, ws, moves), 15) for moves in (shift, turn)]
    batches = max(2, options.samples // options.batch)
    for clock in (time.perf_counter, time.process_time):
        once = fastest_s(partial(meter.add, options.batch), batches, clock)
        figures.append(1000 / options.batch * once)
    figures += [
        1e3 * fastest_s(partial(_every_layer, net, ws, moves), 5) for moves in (shift, turn)
    ]
    return [f"{figure:.0f}" for figure in figures]


def fastest_s(
    call: Callable[[], object], repeats: int, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Least seconds of `call` in so many runs, by a clock."""
    seconds = []
    for _ in range(repeats):
        start = clock()
        call()
        seconds.append(clock() - start)
    return min(seconds)


def _every_layer(net: Generator, ws: torch.Tensor, moves: Moves) -> None:
    for _ in layer_scores(net, ws, moves):
        pass


def main(options: Options) -> None:
    """Measure and print the table."""
    table = Table(
        "network", "one shift, ms", "one turn, ms", "1,000 samples, s", "of the processor, s",
        "layers, shift, ms", "layers, turn, ms",
        title=machine(),
    )  # fmt: skip
    for path in options.networks or bundled_networks():
        table.add_row(path.stem, *row(load_network(path), options))
    Console(width=120).print(table)


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
