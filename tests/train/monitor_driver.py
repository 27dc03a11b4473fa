"""The monitor's window under a hand, on an X server of the tests: `python -m … FOLDER`.

Dear PyGui begins once in a process, so the tests run this in one of its own.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dearpygui.dearpygui as dpg
import numpy as np
from PIL import Image

from tests.patience import PATIENCE_S
from train.monitor.window import MonitorWindow
from train.runs.lock import holder


def tick(run: Path, kimg: float, **figures: float) -> None:
    with (run / "log.jsonl").open("a") as log:
        log.write(json.dumps({"kimg": kimg, "time": 3600 * kimg, **figures}) + "\n")


@dataclass(frozen=True)
class Stage:
    """The window, and two runs that it shows."""

    window: MonitorWindow
    first: Path
    second: Path

    def frames(self, count: int) -> None:
        for _ in range(count):
            self.window.frame()

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, "it did not happen"
            self.window.frame()


def main(folder: Path) -> None:
    runs = folder / "runs"
    window = MonitorWindow([runs], remembered_in=folder / "monitor.json")
    stage = Stage(window, runs / "first", runs / "second")
    stage.until(lambda: len(window.watcher.runs) == 2)
    stage.frames(8)
    assert window.chosen == str(stage.first)
    assert set(window.curves._plots) == {"loss", "rate", "metric kid"}
    for scene in (
        a_run_that_grows,
        a_broken_run,
        smoothing_and_overlay,
        the_scrubber,
        the_wheel,
        stopping,
    ):
        scene(stage)
    window.close()
    print("all of it")


def a_run_that_grows(stage: Stage) -> None:
    """A run is written on while it is shown: the curves follow."""
    window, first = stage.window, stage.first
    (line, *_others) = window.curves._series["rate"]
    count = len(dpg.get_value(line)[0])
    tick(first, 3.0, images_per_second=30.0, r1=0.5)
    stage.until(lambda: "r1" in window.curves._plots)
    (line, *_others) = window.curves._series["rate"]
    assert len(dpg.get_value(line)[0]) == count + 1
    assert dpg.get_value(line)[1][-1] == 30.0
    stage.until(lambda: dpg.get_axis_limits(window.curves._axes["rate"][0])[1] >= 3.0)


def a_broken_run(stage: Stage) -> None:
    """A new run appears, and is broken: the others stay."""
    window, first = stage.window, stage.first
    broken = first.parent / "third"
    broken.mkdir()
    (broken / "config.json").write_text("{")
    (broken / "log.jsonl").write_bytes(b"\xff{{{\n[]\n")
    (broken / "samples-000001.png").write_bytes(b"no picture")
    stage.until(lambda: len(window.watcher.runs) == 3)
    stage.frames(1)
    window.choose(str(broken))
    stage.frames(3)
    assert "cannot be shown" in dpg.get_value("no pictures")
    assert "config.json" in dpg.get_value(f"trouble {broken}")
    shutil.rmtree(broken)
    stage.until(lambda: len(window.watcher.runs) == 2)
    stage.until(lambda: window.chosen == str(first))


def smoothing_and_overlay(stage: Stage) -> None:
    """Smoothing draws a second, calmer curve; hiding a run takes its curves away."""
    window, second = stage.window, stage.second
    before = len(window.curves._series["loss"])
    window.curves._set(smoothing=0.9)
    assert len(window.curves._series["loss"]) == 2 * before
    window.overlay(str(second), False)
    assert len(window.curves._series["loss"]) == before
    window.overlay(str(second), True)


def the_scrubber(stage: Stage) -> None:
    """The scrubber goes through the history of the grid."""
    window, first = stage.window, stage.first
    dpg.set_value("tabs", "tab Pictures")
    stage.frames(4)
    assert "2 kimg" in dpg.get_value("scrubbed")
    window.pictures.step(-1)
    stage.frames(4)
    assert "1 kimg" in dpg.get_value("scrubbed")
    shown = window.pixels()
    assert (np.abs(shown.astype(int) - (250, 20, 20)).max(-1) < 8).mean() > 0.1, "the red grid"
    Image.new("RGB", (64, 32), (20, 20, 250)).save(first / "samples-000005.png")
    stage.until(lambda: len(window.watcher.runs[0].samples) == 3)
    stage.frames(1)
    assert "1 kimg" in dpg.get_value("scrubbed"), "what was scrubbed to stays"
    window.pictures.step(9)
    tick(first, 4.0, images_per_second=30.0)
    stage.until(lambda: "5 kimg" in dpg.get_value("scrubbed"))


def the_wheel(stage: Stage) -> None:
    """The wheel over a plot zooms, and ends the following."""
    window, first = stage.window, stage.first
    dpg.set_value("tabs", "tab Curves")
    stage.frames(6)
    x = window.curves._axes["rate"][0]
    low, high = dpg.get_axis_limits(x)
    left, top = dpg.get_viewport_pos()
    rect = dpg.get_item_rect_min(window.curves._plots["rate"])
    size = dpg.get_item_rect_size(window.curves._plots["rate"])
    place = (round(left + rect[0] + size[0] / 2), round(top + rect[1] + size[1] / 2))
    hand("mousemove", *place)
    stage.frames(10)
    for _ in range(3):
        hand("click", 4)
        stage.frames(5)
    stage.until(lambda: not window.curves.follows)
    zoomed = dpg.get_axis_limits(x)
    assert zoomed[1] - zoomed[0] < 0.9 * (high - low)
    tick(first, 9.0, images_per_second=1.0)
    version = window.watcher.version
    stage.until(lambda: window.watcher.version > version)
    stage.frames(4)
    assert dpg.get_axis_limits(x) == zoomed, "what was zoomed to stays"


def hand(*order: str | int) -> None:
    subprocess.run(["xdotool", *map(str, order)], check=True, timeout=PATIENCE_S)


def stopping(stage: Stage) -> None:
    """Stop, held, reaches the trainer; while none is at work that is said."""
    window, second = stage.window, stage.second
    window.choose(str(second))
    stage.frames(4)
    (left, top), (x, y) = dpg.get_viewport_pos(), dpg.get_item_rect_min("stop")
    hand("mousemove", round(left + x + 20), round(top + y + 8))
    stage.frames(4)
    hand("click", 1)
    stage.frames(8)
    assert not dpg.get_value("said"), "a click is not enough"
    hand("mousedown", 1)
    stage.until(lambda: holder(second) is None)
    hand("mouseup", 1)
    window.stop()
    assert "does not run" in dpg.get_value("said")
    dpg.set_value("tabs", "tab Settings")
    stage.frames(4)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
