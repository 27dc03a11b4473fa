"""How long the window takes to its first frame, to its first picture, and until it moves.

    python -m benchmarks.startup

Every start is a process of its own, with the bundled networks, offscreen. Its time counts from
before the interpreter starts. On a busy machine the best start says more than the median. Last,
what a frame of the interface costs the processor: as it is, and without what OpenGL draws.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import report

ONE_START = """
import json, sys, time

def undrawn(app):
    with patch("gui_utils.host.imgui.backends.opengl3_render_draw_data"):
        app._draw()

if __name__ == "__main__":
    from unittest.mock import patch

    from viz.app.loop import App
    from viz.app.options import Options

    begun = float(sys.argv[1])
    app = App(Options(offscreen=True, fresh=True))
    while not app.step(0.0):
        pass
    found = {"first frame": time.time() - begun, "loaded": sorted(sys.modules)}
    found["first frame, processor"] = time.process_time()
    while app.model.result is None:
        app.step(0.05)
    found["first picture"] = time.time() - begun
    first = app.model.result
    while app.model.result is first:
        app.step(0.05)
    found["moving pictures"] = time.time() - begun
    app.state.playing = False
    app.settle(60.0)
    for name, draw in (("frame", app._draw), ("frame, undrawn", lambda: undrawn(app))):
        took = []
        for _ in range(30):
            started = time.process_time()
            draw()
            took.append(time.process_time() - started)
            app.window.present()
        found[name] = 1e3 * min(took)
    print(json.dumps(found))
    app.close()
"""


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    repeats: int = 5
    """Starts; the median counts."""


def measure(options: Options) -> Iterator[report.Sheet]:
    """Start the window again and again."""
    starts = []
    for _ in range(options.repeats + 1):
        done = subprocess.run(
            [sys.executable, "-c", ONE_START, str(time.time())],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": os.getcwd()},
        )
        starts.append(json.loads(done.stdout.splitlines()[-1]))
    formats = {"median s": "{:.2f}", "best s": "{:.2f}"}
    sheet = report.Sheet("starts of the window, offscreen", ["until"], formats)
    for name in ("first frame", "first frame, processor", "first picture", "moving pictures"):
        times = [one[name] for one in starts[1:]]
        sheet.add(name, statistics.median(times), min(times))
    yield sheet
    frames = report.Sheet("frames of the interface", ["drawn"], {"ms": "{:.1f}"})
    frames.add("with OpenGL", min(one["frame"] for one in starts))
    frames.add("without", min(one["frame, undrawn"] for one in starts))
    yield frames


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
