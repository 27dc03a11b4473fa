"""The signal lab: how well every operation commutes with moves, and how long one view takes.

    python -m benchmarks.lab

Noise limited to 0.35 cycles per pixel, 64 × 64, filters of n = 6 as the lab has them at first.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import tyro
from rich.console import Console
from rich.table import Table

from benchmarks.timing import machine, median_s
from viz.protocol.lab import LabCurveTask, LabTask, LabViewTask, Move, Operation, Signal
from viz.render.lab.experiment import curves, views

OPERATIONS: tuple[tuple[str, Operation], ...] = (
    ("convolution 3×3 | 1×1", Operation(kind="convolution", kernel="1×1")),
    ("convolution 3×3 | radial", Operation(kind="convolution")),
    ("upsampling nearest | sinc", Operation(kind="upsampling")),
    ("upsampling bilinear | jinc", Operation(kind="upsampling", naive="bilinear", radial=True)),
    ("downsampling every 2nd | sinc", Operation(kind="downsampling")),
    ("downsampling every 2nd | jinc", Operation(kind="downsampling", radial=True)),
    ("ReLU naive | 1×", Operation(kind="nonlinearity", m=1)),
    ("ReLU naive | 2×", Operation(kind="nonlinearity", m=2)),
    ("ReLU naive | 4×", Operation(kind="nonlinearity", m=4)),
    ("ReLU naive | 2×, jinc", Operation(kind="nonlinearity", m=2, radial=True)),
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure."""

    side: int = 64
    """Samples along one axis."""
    shift_px: float = 0.3
    turn_deg: float = 20.0


def _all_of(work: Callable[[Any], Iterator[object]], task: LabTask) -> None:
    for _ in work(task):
        pass


def main(options: Options) -> None:
    """Measure and print the table."""
    table = Table(
        "naive | filtered", "shift, dB", "turn, dB", "view, ms", "curve, ms",
        title=f"commutation with {options.shift_px} px and {options.turn_deg}°\n{machine()}",
    )  # fmt: skip
    signal = Signal(kind="noise", side=options.side, band=0.35)
    moves = (Move("shift", options.shift_px), Move("turn", math.radians(options.turn_deg)))
    for name, operation in OPERATIONS:
        agreement, view_ms, curve_ms = [], [], []
        for move in moves:
            view_task = LabViewTask(signal, operation, move)
            curve_task = LabCurveTask(signal, operation, move.kind)
            view_ms.append(1e3 * median_s(partial(_all_of, views, view_task), 3))
            curve_ms.append(1e3 * median_s(partial(_all_of, curves, curve_task), 1))
            *_, view = views(view_task)
            if view is not None:
                agreement.append(" | ".join(f"{lane.db:.1f}" for lane in view.lanes))
        figures = (" / ".join(f"{value:.0f}" for value in times) for times in (view_ms, curve_ms))
        table.add_row(name, *agreement, *figures)
    Console(width=100).print(table)


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
