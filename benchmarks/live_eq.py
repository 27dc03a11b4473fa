"""What the EQ figures under the pictures cost while the bundled networks drift side by side.

python -m benchmarks.live_eq
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import report
from viz.protocol.result import LiveEq
from viz.render.measure.live_eq import LiveEquivariance
from viz.render.renderer import Renderer
from viz.state.animation import advance
from viz.state.app_state import starting_state
from viz.state.to_request import request_for
from viz.storage import bundled

if TYPE_CHECKING:
    from viz.protocol.result import LiveEq


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    pictures: int = 200
    """Results of the renderer, one after the other without a pause."""


def measure(options: Options) -> Iterator[report.Sheet]:
    """Let the opening pair drift."""
    told: list[LiveEq] = []
    renderer = Renderer()
    live = LiveEquivariance(renderer.networks, told.append)
    state = starting_state(bundled.starting_pair())
    renderer.render(request_for(state, spectrum=False))
    drawn_s = aside_s = 0.0
    for _ in range(options.pictures):
        state = advance(state, 0.04)
        started = time.perf_counter()
        result = renderer.render(request_for(state, spectrum=False))
        drawn = time.perf_counter()
        live.drawn(result, drawn - started)
        while live.insists:
            live.step()
        drawn_s += drawn - started
        aside_s += time.perf_counter() - drawn
    whole_s = drawn_s + aside_s
    sheet = report.Sheet(
        "EQ under the pictures",
        ["networks"],
        {
            "results/s": "{:.1f}",
            "without EQ, results/s": "{:.1f}",
            "EQ's share of the time": "{:.1%}",
            "EQ figures/s, all networks": "{:.1f}",
        },
    )
    sheet.add(
        "opening pair",
        options.pictures / whole_s,
        options.pictures / drawn_s,
        aside_s / whole_s,
        len(told) / whole_s,
    )
    yield sheet


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
