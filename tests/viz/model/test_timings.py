"""Which results count as speed."""

from __future__ import annotations

from viz.model.timings import Timings
from viz.protocol.request import Request
from viz.protocol.result import Result


def test_reading_a_network_is_no_latency_of_pictures() -> None:
    timings = Timings()
    timings.record(
        Result(Request(), (), total_ms=2900.0, latency_ms=3000.0, read_networks=True), 0.0
    )
    assert timings.latency_ms is None
    for at in (1.0, 1.1, 1.2):
        timings.record(Result(Request(), (), total_ms=10.0, latency_ms=12.0), at)
    assert timings.latency_ms == 12.0
    assert timings.rate(1.2) is not None
    assert abs(timings.rate(1.2) - 10.0) < 1e-6
