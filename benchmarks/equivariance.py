"""How long equivariance takes to measure: one live comparison, a thousand samples, every layer.

The fastest of several runs: other programs only ever make it slower. The processor's time, of all
threads together, hardly depends on them.

python -m benchmarks.equivariance [NETWORK …]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import tyro

from benchmarks import report
from generator import Generator, bundled_networks, load_network, seed_z
from generator.equivariance.comparison import Moves, compare
from generator.equivariance.layers import layer_scores
from generator.equivariance.metrics import EquivarianceMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    networks: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Network files or run folders; default: the bundled ones."""
    samples: int = 48
    """Samples of the metrics that are timed; the table says what 1,000 would take."""
    batch: int = 8
    """Samples at a time."""


@torch.no_grad()
def row(net: Generator, options: Options) -> list[float]:
    """Measure one network: figures in the order of the table's columns."""
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
    return figures


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


def measure(options: Options) -> Iterator[report.Sheet]:
    """Time every network."""
    headings = [
        "one shift, ms", "one turn, ms", "1,000 samples, s", "of the processor, s",
        "layers, shift, ms", "layers, turn, ms",
    ]  # fmt: skip
    sheet = report.Sheet("measuring equivariance", ["network"], dict.fromkeys(headings, "{:.0f}"))
    for path in options.networks or bundled_networks():
        sheet.add(path.stem, *row(load_network(path), options))
    yield sheet


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
