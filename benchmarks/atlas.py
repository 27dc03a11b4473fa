"""The atlas: frames while panning with nothing drawn yet, a poster's time and memory, seams.

    python -m benchmarks.atlas

Panning: a window without a display moves over planes of which no tile is known, 60 times a second,
while the worker draws what comes into sight. What tiles take of a frame is the window's own work
for them: taking them over, choosing the next, pasting and drawing sheets. It is given as it was
(other programs on the machine included) and as processor time. The rest of a frame, mostly OpenGL
in software, is what it is without tiles. The poster is drawn by a process of its own, whose peak
memory the system tells.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks import report
from generator import Generator, bundled_networks, load_network, seed_z, transforms
from generator.drawing.seams import measure_seams, squared_error
from generator.equivariance.comparison import psnr_db
from viz.app.loop import App
from viz.app.options import Options as WindowOptions
from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot
from viz.storage import bundled

PATIENCE_S = 120.0
LATE_MS = 25.0
TIMED = ("take", "request", "begin_frame", "draw_cell", "end_frame")
"""The atlas's own work in a frame."""
POSTER_NETWORK = "stylegan3-t"


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    seconds: float = 10.0
    """Of panning."""
    speed: float = 600.0
    """Screen pixels a second."""
    poster: str = "4096x4096"
    """Height by width; empty: none."""
    tiles: int = 4
    """Rows and columns of the grid whose seams are measured."""


@dataclass
class Timed:
    """Times of calls, summed up for each frame."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def begin(self) -> None:
        """Start the times of another run."""
        self.wall_ms.append(0.0)
        self.cpu_ms.append(0.0)

    def watch(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a call so that its wall and processor time are added to the current run."""

        def timed(*arguments: Any) -> Any:
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                return call(*arguments)
            finally:
                self.wall_ms[-1] += 1e3 * (time.perf_counter() - wall)
                self.cpu_ms[-1] += 1e3 * (time.thread_time() - cpu)

        return timed


def pan(options: Options) -> Iterator[report.Sheet]:
    """Pan over unknown planes of two networks."""
    sources = [source for source in bundled.sources() if "stylegan2" not in source][:2]
    app = App(WindowOptions(networks=tuple(sources), offscreen=True, size=(1600, 900)))
    try:
        app.state.playing = False
        if not app.settle(PATIENCE_S):
            raise RuntimeError(f"nothing settled within {PATIENCE_S:.0f} s")
        state = AppState(networks=[NetworkSlot(source) for source in sources], playing=False)
        state.view.show, state.atlas.picture_px = "atlas", 128.0
        app.model.state = state
        for _ in range(10):
            app.window.request_frames(1)
            app.step(0.0)
        timed, atlas, store = Timed(), app.workspace.stage.atlas, app.model.tiles.store
        timed.begin()
        for name in TIMED:
            setattr(atlas, name, timed.watch(getattr(atlas, name)))
        state.atlas.x = 1000.0
        frames = round(options.seconds * 60)
        frame_ms, known = [], len(store)
        for index in range(frames):
            started = time.perf_counter()
            timed.begin()
            state.atlas.x += options.speed / 60 / state.atlas.picture_px
            state.atlas.y += 0.3 * np.sin(index / 40) * options.speed / 60 / state.atlas.picture_px
            app.window.request_frames(1)
            app.step(0.0)
            took = time.perf_counter() - started
            frame_ms.append(1e3 * took)
            time.sleep(max(0.0, 1 / 60 - took))
        drawn = len(store) - known
    finally:
        app.close()
    panning = f"panning {frames} frames at 1600×900, {len(sources)} networks, cold cache"
    tiles = report.Sheet(panning, ["worker"], {"tiles drawn": "{:.0f}"})
    tiles.add("all networks", drawn)
    yield tiles
    sheet = report.Sheet(
        f"frames while {panning}",
        ["part"],
        {
            "median ms": "{:.1f}",
            "99 % ms": "{:.1f}",
            "longest ms": "{:.1f}",
            f"frames over {LATE_MS:.0f} ms": "{:.0f}",
        },
    )
    for name, times in (
        ("whole frame", frame_ms),
        ("of it for tiles", timed.wall_ms[1:]),
        ("the same, processor time", timed.cpu_ms[1:]),
    ):
        figures = (np.median(times), np.quantile(times, 0.99), max(times))
        late = sum(one > LATE_MS for one in times)
        sheet.add(name, *figures, late)
    yield sheet


def poster(options: Options) -> Iterator[report.Sheet]:
    """Draw a poster of a bundled network in a process of its own."""
    source = next(path for path in bundled_networks() if POSTER_NETWORK in path.name)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "generator", "images", str(source), "--seeds", "3"]
        command += ["--canvas", options.poster, "--out", folder]
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if status:
            raise RuntimeError(f"{' '.join(command)} failed")
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    sheet = report.Sheet(
        f"poster of {source.stem}",
        ["pixels"],
        {
            "seconds": "{:.1f}",
            "processor seconds": "{:.1f}",
            "peak memory, MB": "{:.0f}",
            "file, MB": "{:.1f}",
        },
    )
    peak = usage.ru_maxrss * 1024 / 1e6
    sheet.add(options.poster, seconds, usage.ru_utime + usage.ru_stime, peak, size / 1e6)
    yield sheet


def seams(options: Options) -> Iterator[report.Sheet]:
    """Measure how well the tiles of the bundled networks join."""
    headings = ["all borders, dB", "worst, dB", "best, dB", "canvas against tiles, dB"]
    sheet = report.Sheet(
        f"seams of {options.tiles} × {options.tiles} tiles, psi 1",
        ["network"],
        dict.fromkeys(headings, "{:.1f}"),
    )
    for path in bundled_networks():
        net = load_network(path)
        with torch.inference_mode():
            ws = net.mapping(seed_z([0], net.z_dim))
            found = measure_seams(net, ws, rows=options.tiles, columns=options.tiles)
            canvas_db = canvas_against_tiles(net, ws, options.tiles)
        every = [*found.vertical_db.flat, *found.horizontal_db.flat]
        sheet.add(path.stem, found.pooled_db, min(every), max(every), canvas_db)
    yield sheet


def canvas_against_tiles(net: Generator, ws: Tensor, count: int) -> float:
    """A canvas of count × count pictures in one pass, against pictures a width apart, in dB."""
    side, middle = net.resolution, (count - 1) / 2
    canvas = net.synthesis(ws, canvas=(count * side, count * side))
    squared = 0.0
    for row in range(count):
        for column in range(count):
            there = transforms.translation(middle - column, middle - row)
            part = canvas[..., row * side :, column * side :][..., :side, :side]
            squared += squared_error(part, net.synthesis(ws, transform=there))
    return psnr_db(squared, canvas.numel())


def measure(options: Options) -> Iterator[report.Sheet]:
    """Measure seams, panning and a poster."""
    yield from seams(options)
    yield from pan(options)
    if options.poster:
        yield from poster(options)


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
