"""New pictures per second from the render worker, as the window gets them, and CPU use at rest.

    python -m benchmarks.worker

The drift of the first start runs; as in the window, one request waits while another is drawn. The
rate is one over the median time between two results; latency is from asking to having. At
rest the window is open (without a display), paused and untouched.
"""

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from viz.app.loop import App
from viz.app.options import Options as WindowOptions
from viz.panels.layers.table import STRIP_PX
from viz.protocol.request import Request
from viz.protocol.result import Result
from viz.state.animation import advance
from viz.state.app_state import AppState, starting_state
from viz.state.instruments import with_valid_layer
from viz.state.to_request import request_for
from viz.storage import bundled
from viz.worker.client import RenderWorker
from viz.worker.process import serve
from viz.worker.starting import Beside, Start

PATIENCE_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    seconds: float = 4.0
    """Length of each measurement, after a warm-up."""
    warmup: int = 8
    """Pictures left out before it: reading networks, building kernels, filling caches."""
    threads: int = 0
    """CPU threads of the worker; 0: chosen by itself."""
    rest: float = 10.0
    """Seconds at rest."""


class Stream:
    """A drifting state and the results of its requests, with the times they came at.

    Args:
        state: Drifts.
        layers: Whether the layers are looked at, too.
        frame_s: Least time between two requests.
    """

    def __init__(self, state: AppState, *, layers: bool, frame_s: float = 0.0) -> None:
        self._state = state
        self._frame_s = frame_s
        self._layers = layers
        self._bell = threading.Event()
        self._asked = self._answered = self._most = 0
        self._moved_at = time.perf_counter()
        self.results: list[Result] = []
        self.arrivals: list[float] = []

    def run(self, warmup: int, seconds: float, start: Start | None = None) -> None:
        """Collect results for some seconds, after so many pictures; by default of one beside."""
        start = start or Beside(serve)
        self._most = start.depth + 1  # one waits, as in the window
        with RenderWorker(start, self._bell.set) as worker:
            self._collect(worker, lambda: len(self.results) >= warmup)
            self.results.clear()
            self.arrivals.clear()
            end = time.perf_counter() + seconds
            self._collect(worker, lambda: time.perf_counter() >= end and len(self.results) > 2)

    def _collect(self, worker: RenderWorker, done: Callable[[], bool]) -> None:
        while not done():
            while self._asked - self._answered < self._most and self._is_due:
                self._asked = worker.submit(self._next_request())
            if not self._bell.wait(self._frame_s or PATIENCE_S) and not self._frame_s:
                raise RuntimeError(f"no picture within {PATIENCE_S:.0f} s")
            self._bell.clear()
            while (news := worker.poll()) is not None:
                if isinstance(news, Result):
                    self._take(news)

    @property
    def _is_due(self) -> bool:
        return time.perf_counter() >= self._moved_at + self._frame_s

    def _next_request(self) -> Request:
        now = time.perf_counter()
        self._state = advance(self._state, now - self._moved_at)
        self._moved_at = now
        known = bool(self._state.layers.layer)
        return request_for(
            self._state,
            maps=self._layers and known,
            spectrum=False,
            strip_px=STRIP_PX if self._layers else 0,
        )

    def _take(self, result: Result) -> None:
        for one in result.networks:
            if one.error or one.summary is None:
                raise RuntimeError(one.error)
        shown = result.networks[self._state.layers.slot].summary
        if shown is not None:
            self._state.layers = with_valid_layer(self._state.layers, shown.layers)
        self._answered = result.request.id
        self.results.append(result)
        self.arrivals.append(time.perf_counter())


def measure(options: Options) -> Iterator[report.Sheet]:
    """Measure every network alone, the opening pair, and both processes at rest."""
    headings = ["pictures/s", "drawn in ms", "latency ms", "latency ms, 95 %"]
    sheet = report.Sheet("render worker", ["shown"], dict.fromkeys(headings, "{:.1f}"))
    pair = bundled.starting_pair()
    shown = [(bundled.label(source), [source], False) for source in bundled.sources()]
    shown += [("opening pair", pair, False), ("opening pair, layers in view", pair, True)]
    for name, sources, layers in shown:
        state = starting_state(sources)
        state.performance.threads = options.threads
        stream = Stream(state, layers=layers)
        with report.PROGRESS.status(name):
            stream.run(options.warmup, options.seconds)
        between = [b - a for a, b in zip(stream.arrivals, stream.arrivals[1:], strict=False)]
        latencies = sorted(result.latency_ms for result in stream.results)
        sheet.add(
            name,
            1 / statistics.median(between),
            statistics.median(result.total_ms for result in stream.results),
            statistics.median(latencies),
            latencies[int(0.95 * (len(latencies) - 1))],
        )
    yield sheet
    rest = report.Sheet("CPU at rest", ["process"], {"share of one core": "{:.2%}"})
    with report.PROGRESS.status("at rest"):
        window, worker = cpu_at_rest(options.rest)
    rest.add("window", window)
    rest.add("worker", worker)
    yield rest


def cpu_at_rest(seconds: float) -> tuple[float, float | None]:
    """CPU use of the program's own process and of its worker, 1 for a whole core.

    Returns:
        (window, worker); None where the system does not tell (read from /proc).
    """
    app = App(WindowOptions(offscreen=True))
    try:
        app.state.playing = False
        if not app.settle(PATIENCE_S):
            raise RuntimeError(f"nothing settled within {PATIENCE_S:.0f} s")
        while app.step(2.0):
            pass  # tooltips and the rate are looked after for a while

        def end() -> None:
            app.window.ask_to_close()
            app.window.wake()

        threading.Timer(seconds, end).start()
        own, child, started = time.process_time(), _cpu_s(app.worker.pid), time.perf_counter()
        app.run()
        took = time.perf_counter() - started
        own, child_end = time.process_time() - own, _cpu_s(app.worker.pid)
        if child is None or child_end is None:
            return own / took, None
        return own / took, (child_end - child) / took
    finally:
        app.close()


def _cpu_s(pid: int | None) -> float | None:
    """CPU seconds a process has used; None if not known."""
    path = Path(f"/proc/{pid}/stat")
    if not path.exists():
        return None
    fields = path.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
