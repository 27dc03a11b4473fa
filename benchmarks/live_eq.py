"""What the EQ figures under the pictures cost while the bundled networks drift side by side.

python -m benchmarks.live_eq
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tyro
from rich.console import Console
from rich.table import Table

from benchmarks.timing import machine
from viz.render.measure.live_eq import LiveEquivariance
from viz.render.renderer import Renderer
from viz.state.animation import advance
from viz.state.app_state import starting_state
from viz.state.to_request import request_for
from viz.storage import bundled

if TYPE_CHECKING:
    from viz.protocol.result import LiveEq


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure."""

    pictures: int = 200
    """Results of the renderer, one after the other without a pause."""


def main(options: Options) -> None:
    """Measure and print the table."""
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
    table = Table("what", "value", title=machine())
    table.add_row("results a second, as drawn", f"{options.pictures / whole_s:.1f}")
    table.add_row("without the figures", f"{options.pictures / drawn_s:.1f}")
    table.add_row("share of the time", f"{aside_s / whole_s:.1%}")
    table.add_row("figures a second, all networks", f"{len(told) / whole_s:.1f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
