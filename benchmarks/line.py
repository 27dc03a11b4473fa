"""Pictures a second from a worker behind a line of so many bits a second and so much delay.

    python -m benchmarks.line

The worker listens on a port of this machine. Between it and the window is a relay that passes
bytes on as slowly and as late as the line would; first without limits, for comparison. A fresh
StyleGAN2, thin enough to be drawn quickly, drifts; what it draws is noise, the hardest to compress.
Latency is from asking to having; of a line it includes one way there and one back.
"""

import os
import queue
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from benchmarks.worker import Stream
from generator import NetworkConfig, build_network, save_network
from viz.state.app_state import starting_state
from viz.worker.elsewhere import worker_at
from viz.worker.listening import TOKEN_VARIABLE
from viz.worker.process import serve
from viz.worker.starting import Beside, Start

CHUNK = 8192
BUFFER_BYTES = 128 << 10
"""What waits in the line's own queue, as in a modem's."""
FRAME_S = 1 / 60
"""A window asks once a frame; of requests that come together the worker draws the newest only."""
TOKEN = "benchmark"
PROGRAM = Path(__file__).parents[1] / "visualizer.py"


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    size: int = 256
    """Resolution of the network."""
    mbit: float = 20.0
    """Megabits a second of the line, each way."""
    delay_ms: float = 40.0
    """Time there and back."""
    seconds: float = 8.0
    """Length of each measurement, after a warm-up."""
    warmup: int = 40
    """Pictures left out before it: reading, and learning what the line carries."""


def measure(options: Options) -> Iterator[report.Sheet]:
    """Measure the worker beside the window, behind a free line, and behind the slow one."""
    headings = {
        "pictures/s": "{:.1f}",
        "drawn in ms": "{:.1f}",
        "latency ms": "{:.1f}",
        "latency ms, 95 %": "{:.1f}",
    }
    sheet = report.Sheet("behind a line", ["line"], headings)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = Path(folder) / "stylegan2.safetensors"
        config = NetworkConfig(
            kind="stylegan2", resolution=options.size, channel_base=1024, channel_max=16
        )
        save_network(path, build_network(config))
        port = stack.enter_context(_listening(Path(folder)))
        slow = f"{options.mbit:g} Mbit/s, {options.delay_ms:g} ms"
        way_s = options.delay_ms / 2000
        free_port = stack.enter_context(relayed(port, None, 0.0))
        slow_port = stack.enter_context(relayed(port, options.mbit * 1e6 / 8, way_s))
        starts: tuple[tuple[str, Start], ...] = (
            ("none: a process beside", Beside(serve)),
            ("a free one", worker_at(f"tcp://{TOKEN}@127.0.0.1:{free_port}")),
            (slow, worker_at(f"tcp://{TOKEN}@127.0.0.1:{slow_port}")),
        )
        for name, start in starts:
            stream = Stream(starting_state([str(path)]), layers=False, frame_s=FRAME_S)
            with report.PROGRESS.status(name):
                stream.run(options.warmup, options.seconds, start)
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


@contextmanager
def _listening(root: Path) -> Iterator[int]:
    """Have a worker listen; yields its port."""
    command = [sys.executable, str(PROGRAM), "--serve", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(
        [*command, "--root", str(root)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, TOKEN_VARIABLE: TOKEN},
    )
    try:
        if process.stdout is None:
            raise AssertionError("its output is a pipe")
        first = process.stdout.readline()
        yield int(first.split(";")[0].rpartition(":")[2])
    finally:
        process.terminate()
        process.wait()


@contextmanager
def relayed(port: int, bytes_per_s: float | None, way_s: float) -> Iterator[int]:
    """Pass connections on to a port of this machine, as a line would; yields the port to use.

    Args:
        port: Where they go.
        bytes_per_s: What the line carries each way; None: all.
        way_s: Delay each way.
    """
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _address = server.accept()
                far = socket.create_connection(("127.0.0.1", port))
                for one in (near, far):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * CHUNK)
                for source, sink in ((near, far), (far, near)):
                    _Way(source, sink, bytes_per_s, way_s).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(server.getsockname()[1])
    finally:
        server.close()


class _Way:
    """One direction of a line."""

    def __init__(
        self, source: socket.socket, sink: socket.socket, bytes_per_s: float | None, way_s: float
    ) -> None:
        self._source, self._sink = source, sink
        self._bytes_per_s, self._way_s = bytes_per_s, way_s
        on_their_way = BUFFER_BYTES + (bytes_per_s or 0.0) * way_s
        most = max(1, int(on_their_way // CHUNK))
        self._sent: queue.Queue[tuple[float, bytes]] = queue.Queue(most)

    def start(self) -> None:
        for work in (self._take, self._bring):
            threading.Thread(target=work, daemon=True).start()

    def _take(self) -> None:
        free_at = 0.0
        with suppress(OSError):
            while data := self._source.recv(CHUNK):
                takes_s = len(data) / self._bytes_per_s if self._bytes_per_s else 0.0
                free_at = max(free_at, time.perf_counter()) + takes_s
                self._sent.put((free_at + self._way_s, data))
        self._sent.put((0.0, b""))

    def _bring(self) -> None:
        with suppress(OSError):
            while True:
                due, data = self._sent.get()
                if not data:
                    break
                time.sleep(max(0.0, due - time.perf_counter()))
                self._sink.sendall(data)
        for one in (self._source, self._sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
