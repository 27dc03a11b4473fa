"""The signal lab: how well every operation commutes with moves, and how long one view takes.

    python -m benchmarks.lab

Noise limited to 0.35 cycles per pixel, 64 × 64, filters of n = 6 as the lab has them at first.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks import report
from benchmarks.timing import median_s
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
class Options(report.Options):
    """Options of this benchmark."""

    side: int = 64
    """Samples along one axis."""
    shift_px: float = 0.3
    turn_deg: float = 20.0


def _all_of(work: Callable[[Any], Iterator[object]], task: LabTask) -> None:
    for _ in work(task):
        pass


def measure(options: Options) -> Iterator[report.Sheet]:
    """Compare the naive and the filtered form of every operation, moved by a shift and a turn."""
    sheet = report.Sheet(
        f"commutation with {options.shift_px} px and {options.turn_deg}°",
        ["naive | filtered", "move"],
        {
            "naive, dB": "{:.1f}",
            "filtered, dB": "{:.1f}",
            "view, ms": "{:.0f}",
            "curve, ms": "{:.0f}",
        },
    )
    signal = Signal(kind="noise", side=options.side, band=0.35)
    moves = (Move("shift", options.shift_px), Move("turn", math.radians(options.turn_deg)))
    for name, operation in OPERATIONS:
        for move in moves:
            view_task = LabViewTask(signal, operation, move)
            curve_task = LabCurveTask(signal, operation, move.kind)
            view_ms = 1e3 * median_s(partial(_all_of, views, view_task), 3)
            curve_ms = 1e3 * median_s(partial(_all_of, curves, curve_task), 1)
            *_, view = views(view_task)
            agreement = [None, None] if view is None else [lane.db for lane in view.lanes]
            sheet.add(name, move.kind, *agreement, view_ms, curve_ms)
    yield sheet


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
