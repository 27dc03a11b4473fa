"""The training monitor: without a display, what it remembers, and its window under Xvfb."""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.patience import PATIENCE_S
from tests.train.runs.test_reader import write_run
from train.monitor.curves import at_kimg, known, positions
from train.monitor.memory import Memory
from train.monitor.texts import progress_text, settings_rows
from train.runs.lock import holder
from train.runs.reader import RunReader

ROOT = Path(__file__).parents[3]

TRAINER = """
import pathlib, signal, sys, time
from train.runs.lock import take_lock
def end(*_):
    sys.exit(0)
signal.signal(signal.SIGINT, end)
kept = take_lock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
time.sleep(3600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only X can be missing")
@pytest.mark.parametrize("display", ["", ":4711"])
def test_without_a_display_it_says_so_and_ends(tmp_path, display):
    environment = {**os.environ, "DISPLAY": display}
    ended = subprocess.run(
        [sys.executable, "-m", "train", "monitor", str(tmp_path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert ended.returncode == 1
    assert "display" in ended.stderr
    assert "tensorboard --logdir" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.process
def test_a_folder_that_is_not_there_is_named(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "train", "monitor", str(tmp_path / "gone")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert ended.returncode == 1
    assert "there is no folder" in ended.stderr


def test_the_layout_is_remembered_and_a_damaged_file_is_no_error(tmp_path):
    path = tmp_path / "monitor.json"
    memory = Memory(width=900, tab="Log", smoothing=0.5, hidden=["/a"])
    memory.save(path)
    assert Memory.load(path) == memory
    odd = {"width": 1e9, "smoothing": 7.0, "tab": 3, "hidden": [1, "/b"], "x": -5, "new": 1}
    path.write_text(json.dumps(odd))
    loaded = Memory.load(path)
    assert (loaded.width, loaded.tab, loaded.hidden) == (1280, "Curves", ["/b"])
    assert loaded.smoothing == 0.99
    assert loaded.x == 0
    for damaged in (b"", b"[]", b"\xff", b"[" * 9999):
        path.write_bytes(damaged)
        assert Memory.load(path) == Memory()


def test_settings_beside_each_other(tmp_path):
    runs = [
        RunReader(write_run(tmp_path / name, gamma=gamma)).read()
        for name, gamma in (("a", 0.5), ("b", None))
    ]
    rows = settings_rows(runs, only_differences=True)
    assert rows == [("gamma", ("0.5", "automatic"), True)]
    every = {name: values for name, values, _differ in settings_rows(runs, only_differences=False)}
    assert every["data"] == ("/a/set.zip", "/a/set.zip")
    assert every["metrics"] == ("none", "none")
    assert progress_text(runs[0]) == "stopped   0.3 / 1 kimg"


def test_hours_and_gaps(tmp_path):
    folder = write_run(tmp_path / "a", ticks=0)
    lines = [{"kimg": 1, "time": 7200, "r1": 2}, {"kimg": 2, "time": 9000}]
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run = RunReader(folder).read()
    assert positions(run, "kimg") == [1.0, 2.0]
    assert positions(run, "hours") == [0.0, 0.5]
    assert at_kimg(run, 1.5, "hours") == 0.5
    assert known(positions(run, "kimg"), run.log["r1"]) == ([1.0], [2.0])
    timeless = RunReader(write_run(tmp_path / "b")).read()
    assert all(math.isnan(hour) for hour in positions(timeless, "hours"))


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of our own."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not installed")
@pytest.mark.skipif(not shutil.which("xdotool"), reason="xdotool is not installed")
def test_the_window_follows_runs_that_are_written_broken_and_stopped(tmp_path, display):
    first, second = (write_run(tmp_path / "runs" / name, ticks=0) for name in ("first", "second"))
    for index, folder in enumerate((first, second), 1):
        lines = [
            {"kimg": k / 10, "loss_g": index + k % 3, "loss_d": 1.0, "images_per_second": 20.0 + k}
            for k in range(1, 21)
        ]
        (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for kimg, colour in ((1, (250, 20, 20)), (2, (20, 250, 20))):
        Image.new("RGB", (64, 32), colour).save(first / f"samples-{kimg:06d}.png")
    score = {"snapshot": "network-000001.safetensors", "images": 1000, "results": {"kid": 0.25}}
    (first / "metric-kid.jsonl").write_text(json.dumps(score) + "\n")
    (tmp_path / "monitor.json").write_text('{"width": 1100, "height": 780, "x": 10, "y": 10}')
    with subprocess.Popen(
        [sys.executable, "-c", TRAINER, str(second)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as trainer:
        assert trainer.stdout.readline() == "held\n"
        assert holder(second) is not None
        driven = subprocess.run(
            [sys.executable, "-m", "tests.train.monitor_driver", str(tmp_path)],
            cwd=ROOT,
            env={**os.environ, "DISPLAY": display, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        trainer.kill()
    assert driven.returncode == 0, driven.stderr[-2000:]
    assert "all of it" in driven.stdout
    kept = json.loads((tmp_path / "monitor.json").read_text())
    assert kept["tab"] == "Settings"
    assert kept["smoothing"] == 0.9
    assert kept["width"] == 1100
