"""The real window: X server, mouse and keyboard, as a user has them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from tests.patience import PATIENCE_S
from viz.state.inputs import LatentState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
MOVES_S = 10
"""Seconds of the drift after which a first start counts as moving on."""
TRIES = 6
"""Number of times that input is sent until it shows an effect."""

pytestmark = [
    pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not installed"),
    pytest.mark.skipif(not shutil.which("xdotool"), reason="xdotool is not installed"),
]


class Desktop:
    """An X server of our own with the program on it."""

    def __init__(self, settings: Path, networks: list[str]) -> None:
        read, write = os.pipe()
        self._server = subprocess.Popen(
            # No key repeats by itself, however late it is let go.
            ["Xvfb", *f"-displayfd {write} -r -screen 0 1280x800x24 -nolisten tcp".split()],
            pass_fds=(write,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        self.environment = {
            **os.environ,
            "DISPLAY": f":{number}",
            "XDG_CONFIG_HOME": str(settings),
            "PYTHONPATH": str(ROOT),
        }
        self.environment.pop("WAYLAND_DISPLAY", None)
        self.program = subprocess.Popen(
            [sys.executable, "-m", "tests.gui.driven", *networks],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.state: dict[str, Any] = {}
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.program.stdout is not None
        for line in self.program.stdout:
            with self._news:
                self.state = json.loads(line)
                self._news.notify_all()

    def wait_until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state for which `holds`."""
        with self._news:
            came = self._news.wait_for(
                lambda: bool(self.state) and holds(self.state), timeout=PATIENCE_S
            )
            assert came, f"it did not happen; the last state was {self.state}"
            return dict(self.state)

    def do(self, *arguments: object) -> None:
        """One call of xdotool."""
        subprocess.run(
            ["xdotool", *map(str, arguments)], env=self.environment, check=True, timeout=PATIENCE_S
        )

    def point(self, x: float, y: float) -> None:
        self.do("mousemove", round(x), round(y))
        time.sleep(0.05)

    def press(self, key: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Press a key until what it does is seen; returns the first state for which `holds`.

        A starved X server loses keys now and then, so a key without any effect is pressed again.
        """
        return self._insist(lambda: self.do("key", "--delay", 100, key), holds)

    def type(self, text: str) -> None:
        """Type into the field that has the keyboard until it holds the text."""

        def enter() -> None:
            self.do("key", "--delay", 100, "ctrl+a")
            self.do("type", "--delay", 20, text)

        self._insist(enter, lambda s: s["typed"] == text)

    def _insist(
        self, act: Callable[[], None], holds: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        for _ in range(TRIES):
            act()
            with self._news:
                if self._news.wait_for(lambda: holds(self.state), timeout=PATIENCE_S / TRIES):
                    return dict(self.state)
        raise AssertionError(f"it did not happen; the last state was {self.state}")

    def centre(self, slot: int) -> tuple[float, float]:
        rect = self.state["pictures"][str(slot)]
        return rect["x"] + rect["width"] / 2, rect["y"] + rect["height"] / 2

    def picture_of_screen(self, path: Path) -> None:
        """Write what the screen shows to a PNG."""
        dump = path.with_suffix(".xwd")
        if shutil.which("import"):
            command = ["import", "-window", "root", str(path)]
        else:
            command = ["xwd", "-root", "-silent", "-out", str(dump)]
        subprocess.run(command, env=self.environment, check=False, timeout=PATIENCE_S)

    def close(self) -> None:
        for process in (self.program, self._server):  # a display that goes first ends both
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture
def untouched(tmp_path: Path) -> Iterator[Desktop]:
    """A first start, which no hand comes near."""
    desktop = Desktop(tmp_path, [])
    try:
        yield desktop
    finally:
        desktop.close()


def test_a_first_start_moves_until_a_hand_comes(untouched: Desktop) -> None:
    """A layer that the program chose by itself once counted as a hand, and stopped the drift."""
    later = MOVES_S / LatentState().walk_period_s - 1
    for moved in (0.5, 0.9, later):  # round once, and into the second round
        state = untouched.wait_until(lambda s, to=moved: to <= s["drift"] < to + 0.1 or _rests(s))
    assert state["playing"]
    assert not state["changed_by_hand"]
    assert "Paused" not in state["status"]
    assert state["failures"] == {}


def _rests(state: dict[str, Any]) -> bool:
    return not state["playing"] or state["changed_by_hand"]


@pytest.fixture(scope="module")
def started(
    networks: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desktop]:
    desktop = Desktop(tmp_path_factory.mktemp("settings"), list(networks.values()))
    try:
        desktop.wait_until(lambda s: s["settled"] and len(s["pictures"]) == 2)
        identity = subprocess.run(
            ["xdotool", "search", "--sync", "--name", "Alias-Free"],
            env=desktop.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        ).stdout.split()[0]
        desktop.do("windowmove", "--sync", identity, 0, 0)
        desktop.do("windowfocus", "--sync", identity)
        yield desktop
    finally:
        desktop.close()
    assert desktop.program.returncode == 0, "it was to end in good order"


@pytest.fixture
def desktop(started: Desktop, request: pytest.FixtureRequest) -> Iterator[Desktop]:
    """The running program; a test that fails leaves a picture of the screen under out/."""
    failed_before = request.session.testsfailed
    yield started
    if request.session.testsfailed > failed_before:
        folder = ROOT / "out"
        folder.mkdir(exist_ok=True)
        started.picture_of_screen(folder / f"{request.node.name}.png")


def test_the_window_shows_both_pictures(desktop: Desktop, tmp_path: Path) -> None:
    if not shutil.which("import"):
        pytest.skip("ImageMagick, which reads the screen, is not installed")
    path = tmp_path / "screen.png"
    desktop.picture_of_screen(path)
    screen = np.asarray(Image.open(path).convert("RGB"))
    for rect in desktop.state["pictures"].values():
        x, y, side = (int(rect[name]) for name in ("x", "y", "width"))
        shown = screen[y : y + side, x : x + side].reshape(-1, 3)
        assert len(np.unique(shown, axis=0)) > 50
    assert desktop.state["failures"] == {}


def test_dragging_a_picture_shifts_it_and_with_shift_turns_it(desktop: Desktop) -> None:
    x, y = desktop.centre(0)
    width = desktop.state["pictures"]["0"]["width"]
    desktop.point(x, y)
    desktop.do("mousedown", 1)
    desktop.point(x + 40, y + 10)
    desktop.point(x + 80, y + 20)
    desktop.do("mouseup", 1)
    moved = desktop.wait_until(lambda s: s["transform"][0] > 79 / width and s["settled"])
    assert moved["transform"][0] == pytest.approx(80 / width, abs=1.5 / width)
    assert moved["transform"][1] == pytest.approx(20 / width, abs=1.5 / width)
    desktop.do("keydown", "shift")
    desktop.point(x + 60, y)
    desktop.do("mousedown", 1)
    desktop.point(x + 50, y - 30)
    desktop.point(x, y - 60)
    desktop.do("mouseup", 1)
    desktop.do("keyup", "shift")
    turned = desktop.wait_until(lambda s: s["transform"][2] > 1.5)
    assert turned["transform"][2] == pytest.approx(np.pi / 2, abs=0.05)
    assert turned["transform"][:2] == moved["transform"][:2]


def test_keys_step_seeds_and_play(desktop: Desktop) -> None:
    x = desktop.state["seed"][0]
    desktop.press("Right", lambda s: s["seed"][0] == x + 1)
    desktop.press("space", lambda s: s["playing"])
    desktop.press("space", lambda s: not s["playing"])
    desktop.press("F1", lambda s: s["keys_shown"])
    desktop.press("F1", lambda s: not s["keys_shown"])


def test_a_file_is_opened_with_ctrl_o(desktop: Desktop, networks: dict[str, str]) -> None:
    count = len(desktop.state["networks"])
    desktop.press("ctrl+o", lambda s: s["picking"] and s["typing"])
    desktop.type(networks["stylegan2"])
    desktop.press("Return", lambda s: not s["picking"])
    opened = desktop.wait_until(lambda s: len(s["networks"]) == count + 1 and s["settled"])
    assert opened["networks"][-1] == "tiny-stylegan2"
    assert len(opened["pictures"]) == count + 1


def test_ctrl_q_ends_the_program(desktop: Desktop) -> None:
    for _ in range(TRIES):
        desktop.do("key", "--delay", 100, "ctrl+q")
        with contextlib.suppress(subprocess.TimeoutExpired):
            assert desktop.program.wait(PATIENCE_S / TRIES) == 0
            return
    pytest.fail("it goes on")
