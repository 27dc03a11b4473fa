"""How long the window takes to its first frame, and to its first picture.

    python -m benchmarks.startup

Every start is a process of its own, with the bundled networks, offscreen. Its time counts from
before the interpreter starts.
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
if __name__ == "__main__":
    from viz.app.loop import App
    from viz.app.options import Options

    begun = float(sys.argv[1])
    app = App(Options(offscreen=True, fresh=True))
    while not app.step(0.0):
        pass
    found = {"first frame": time.time() - begun, "loaded": sorted(sys.modules)}
    while app.model.result is None:
        app.step(0.05)
    found["first picture"] = time.time() - begun
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
    sheet = report.Sheet("starts of the window, offscreen", ["until"], {"s": "{:.2f}"})
    for name in ("first frame", "first picture"):
        sheet.add(name, statistics.median(one[name] for one in starts[1:]))
    yield sheet


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
