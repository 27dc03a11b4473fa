"""The render worker: a real process, killed, stopped and restarted."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.patience import PATIENCE_S
from tests.viz import stand_in
from viz.protocol.jobs import JobControl, JobReport
from viz.protocol.request import MapsRequest, Request
from viz.protocol.result import Result, WorkerEvent
from viz.render.renderer import Renderer
from viz.worker.client import RenderWorker
from viz.worker.messages import CancelLoading
from viz.worker.process import Inbox, serve
from viz.worker.shared_memory import HalfWriter, SharedHalves, flatten, room_for
from viz.worker.starting import Beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from viz.worker.starting import Start

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="stops processes by signals")


class Listener:
    """Collects what a worker says, woken by it."""

    def __init__(
        self, program: Callable[[Connection], None] = serve, start: Start | None = None
    ) -> None:
        self.bell = threading.Event()
        self.worker = RenderWorker(start or Beside(program), self.bell.set)
        self.events: list[WorkerEvent] = []
        self.results: list[Result] = []
        self.reports: list[JobReport] = []

    def wait(self, until: Callable[[], bool]) -> None:
        """Take messages until the condition holds."""
        end = time.monotonic() + PATIENCE_S
        while True:
            while (message := self.worker.poll()) is not None:
                if isinstance(message, Result):
                    self.results.append(message)
                elif isinstance(message, WorkerEvent):
                    self.events.append(message)
                elif isinstance(message, JobReport):
                    self.reports.append(message)
            if until():
                return
            assert self.bell.wait(end - time.monotonic()), f"nothing came after {self.events}"
            self.bell.clear()

    def count(self, kind: str) -> int:
        return sum(event.kind == kind for event in self.events)

    def pid(self) -> int:
        """The id of the process, once it takes requests."""
        self.wait(lambda: self.worker.pid is not None)
        pid = self.worker.pid
        assert pid is not None
        return pid


@pytest.fixture(scope="module")
def shared_listener() -> Iterator[Listener]:
    """One worker for the tests that leave it alive."""
    listener = Listener()
    yield listener
    listener.worker.close()


@pytest.fixture
def request_(network_files: dict[str, str]) -> Request:
    return Request(networks=(network_files["stylegan3-t"],), threads=1)


def mapped_memory(maps: Path = Path("/proc/self/maps")) -> set[Path]:
    """The shared memory that a process, this one or one that has kept its maps, has mapped."""
    names = re.findall(r"/dev/shm/psm_\w+", maps.read_text()) if maps.exists() else []
    return set(map(Path, names))


def test_result_is_that_of_the_renderer(shared_listener: Listener, request_: Request) -> None:
    asked = replace(request_, maps=MapsRequest(0, "input", 0, 3))
    number = shared_listener.worker.submit(asked)
    shared_listener.wait(lambda: bool(shared_listener.results))
    result = shared_listener.results.pop()
    (drawn,), (expected,) = result.networks, Renderer().render(asked).networks
    assert result.request == asked
    assert result.request.id == number
    assert result.latency_ms >= result.total_ms > 0
    assert drawn.picture is not None
    assert expected.picture is not None
    np.testing.assert_array_equal(drawn.picture, expected.picture)
    assert drawn.maps is not None
    assert expected.maps is not None
    np.testing.assert_array_equal(drawn.maps.maps, expected.maps.maps)
    kinds = [event.kind for event in shared_listener.events]
    # A machine that takes long says several times how far it is.
    assert list(dict.fromkeys(kinds)) == ["starting", "ready", "loading", "loaded"]


@needs_signals
def test_newest_request_wins(shared_listener: Listener, request_: Request) -> None:
    pid = shared_listener.pid()
    os.kill(pid, signal.SIGSTOP)  # it answers none before all are asked
    numbers = [shared_listener.worker.submit(replace(request_, psi=i / 100)) for i in range(50)]
    os.kill(pid, signal.SIGCONT)
    shared_listener.wait(lambda: any(r.request.id == numbers[-1] for r in shared_listener.results))
    assert not shared_listener.worker.busy
    answered = [result.request.id for result in shared_listener.results]
    assert answered in ([numbers[0], numbers[-1]], [numbers[-1]])  # unless it was not taken in time
    shared_listener.results.clear()


def test_results_stay_as_they_were(shared_listener: Listener, request_: Request) -> None:
    """Later results do not write into the arrays of earlier ones."""
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    for i in range(4):
        shared_listener.worker.submit(replace(request_, psi=i / 2))
        shared_listener.wait(lambda: bool(shared_listener.results))
        picture = shared_listener.results.pop().networks[0].picture
        assert picture is not None
        kept.append((picture, picture.copy()))
    for picture, copy in kept:
        np.testing.assert_array_equal(picture, copy)


def test_memory_grows(shared_listener: Listener, network_files: dict[str, str]) -> None:
    asked = Request(
        networks=(network_files["stylegan3-r"],), maps=MapsRequest(0, "L5_52_32", 0, 256)
    )
    shared_listener.worker.submit(replace(asked, maps=None))
    shared_listener.wait(lambda: bool(shared_listener.results))
    summary = shared_listener.results.pop().networks[0].summary
    assert summary is not None
    largest = max(summary.layers, key=lambda row: row.channels * row.height * row.width)
    asked = replace(asked, maps=MapsRequest(0, largest.name, 0, 256), strip_slot=0, strip_px=512)
    shared_listener.worker.submit(asked)
    shared_listener.wait(lambda: bool(shared_listener.results))
    drawn = shared_listener.results.pop().networks[0]
    assert drawn.maps is not None
    assert drawn.strip is not None
    assert drawn.strip.nbytes > 1 << 20  # more than the memory holds at first
    assert drawn.maps.maps.shape == (largest.channels, largest.height, largest.width)


def test_errors_come_back_and_the_process_stays(
    shared_listener: Listener, request_: Request
) -> None:
    pid = shared_listener.pid()
    shared_listener.worker.submit(replace(request_, networks=("/nowhere.safetensors",)))
    shared_listener.wait(lambda: bool(shared_listener.results))
    assert "no file" in shared_listener.results.pop().networks[0].error
    assert shared_listener.worker.pid == pid
    assert shared_listener.count("crashed") == 0


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads CPU times from /proc")
def test_idle_takes_no_cpu(shared_listener: Listener, request_: Request) -> None:
    shared_listener.worker.submit(replace(request_, threads=2, psi=0.123))
    shared_listener.wait(lambda: bool(shared_listener.results))
    shared_listener.results.clear()
    pid = shared_listener.pid()

    def cpu_seconds() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def used_in_a_second() -> float:
        own, child = time.process_time(), cpu_seconds()
        time.sleep(1.0)
        return max(time.process_time() - own, cpu_seconds() - child)

    # What it did before it may end late. Times of processes are counted in hundredths of a second.
    end = time.monotonic() + PATIENCE_S
    while used_in_a_second() > 0.02:
        assert time.monotonic() < end


@needs_signals
def test_a_killed_process_comes_back() -> None:
    listener = Listener(program=stand_in.serve)
    try:
        listener.worker.submit(Request(psi=0.1))
        listener.wait(lambda: len(listener.results) == 1)
        killed = listener.pid()
        os.kill(killed, signal.SIGKILL)
        listener.wait(lambda: listener.count("crashed") == 1)
        message = next(event.message for event in listener.events if event.kind == "crashed")
        assert "SIGKILL" in message
        assert "starting it again" in message
        assert listener.pid() != killed
        listener.worker.submit(Request(psi=0.2))
        listener.wait(lambda: len(listener.results) == 2)
    finally:
        listener.worker.close()


@needs_signals
def test_a_request_lost_in_a_crash_is_answered_by_the_next_process() -> None:
    listener = Listener(program=stand_in.serve)
    try:
        pid = listener.pid()
        os.kill(pid, signal.SIGSTOP)  # stopped, it cannot answer before it is killed
        listener.worker.submit(Request(psi=0.1))
        os.kill(pid, signal.SIGKILL)
        listener.wait(lambda: bool(listener.results))
        assert listener.count("crashed") == 1
        assert listener.results[0].request == Request(psi=0.1)
    finally:
        listener.worker.close()


@needs_signals
def test_a_request_that_crashes_three_times_is_held() -> None:
    listener = Listener(program=stand_in.serve)
    try:
        listener.worker.submit(stand_in.FATAL)
        listener.wait(lambda: listener.count("held") == 1)
        assert listener.count("crashed") == 3
        assert not listener.worker.busy
        listener.worker.submit(stand_in.FATAL)
        listener.wait(lambda: listener.count("held") == 2)
        assert not listener.worker.busy
        listener.worker.submit(Request(psi=0.1))
        listener.wait(lambda: bool(listener.results))
        assert listener.count("crashed") == 3
        assert listener.results[0].request == Request(psi=0.1)
    finally:
        listener.worker.close()


def test_a_process_that_ends_by_itself_is_told() -> None:
    listener = Listener(program=stand_in.end_at_once)
    listener.wait(lambda: listener.count("crashed") >= 2)
    assert "exit code 3" in next(e.message for e in listener.events if e.kind == "crashed")
    listener.worker.close()


def test_a_lost_device_is_told_with_the_remedy() -> None:
    listener = Listener(program=stand_in.lose_device)
    listener.wait(lambda: listener.count("crashed") >= 1)
    told = next(event.message for event in listener.events if event.kind == "crashed")
    assert "the device has failed" in told
    assert "cpu can be chosen" in told
    listener.worker.close()


def test_a_process_that_cannot_be_started_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start, failures = SpawnProcess.start, [OSError(errno.EAGAIN, "no more processes")] * 2

    def start_at_last(process: SpawnProcess) -> None:
        if failures:
            raise failures.pop()
        start(process)

    monkeypatch.setattr(SpawnProcess, "start", start_at_last)
    listener = Listener(stand_in.serve)
    with listener.worker:
        listener.worker.submit(Request())
        listener.wait(lambda: len(listener.results) == 1)
    told = [event.message for event in listener.events if event.kind == "crashed"]
    assert len(told) == 2
    assert all("cannot be started (no more processes)" in message for message in told)


def test_a_cancelled_loading_is_heard_while_other_messages_wait() -> None:
    ours, theirs = Pipe()
    inbox = Inbox(theirs)
    assert not inbox.is_loading_cancelled()
    for message in (JobControl(7, "pause"), CancelLoading(), Request(psi=0.5)):
        ours.send(message)
    assert inbox.is_loading_cancelled()
    assert not inbox.is_loading_cancelled(), "once"
    assert inbox.has_message(None)
    assert inbox.take() == JobControl(7, "pause")
    assert inbox.take() == Request(psi=0.5)
    assert not inbox.has_message(0.0)


def tell_policy(pipe: Connection) -> None:
    pipe.send(os.environ.get("OMP_WAIT_POLICY"))


@pytest.mark.parametrize(("users", "expected"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_a_process_beside_is_born_with_threads_that_sleep(
    users: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a window whose own program loads PyTorch first would have drafts ten times as slow."""
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if users is not None:
        monkeypatch.setenv("OMP_WAIT_POLICY", users)
    process, pipe = Beside(tell_policy)(lambda: False)
    assert pipe.recv() == expected
    process.join(30.0)


def test_closing_at_once_leaves_nothing() -> None:
    before = mapped_memory()
    worker = RenderWorker(Beside(serve))
    worker.close()
    worker.close()
    assert worker.pid is None
    assert mapped_memory() <= before


def test_a_program_that_ends_is_quiet(network_files: dict[str, str], tmp_path: Path) -> None:
    """No warning of the resource tracker, no traceback, no memory left, with the worker closed."""
    script, maps = tmp_path / "program.py", tmp_path / "maps"
    script.write_text(
        "import shutil, sys, threading\n"
        "from viz.protocol.request import Request\n"
        "from viz.worker.client import RenderWorker\n"
        "from viz.worker.process import serve\n"
        "from viz.worker.starting import Beside\n"
        "from viz.protocol.result import Result\n"
        "if __name__ == '__main__':\n"
        "    bell = threading.Event()\n"
        "    with RenderWorker(Beside(serve), bell.set) as worker:\n"
        "        worker.submit(Request(networks=(sys.argv[1],), threads=1))\n"
        "        while not isinstance(worker.poll(), Result):\n"
        "            bell.wait(0.05)\n"
        "        if sys.platform == 'linux':\n"
        "            shutil.copyfile('/proc/self/maps', sys.argv[2])\n"
        "    print('done')\n"
    )
    ended = subprocess.run(
        [sys.executable, str(script), network_files["stylegan2"], str(maps)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")
    used = mapped_memory(maps)
    assert used or sys.platform != "linux"
    assert not any(memory.exists() for memory in used)


@needs_signals
def test_the_process_ends_quietly_when_the_window_is_killed(
    network_files: dict[str, str], tmp_path: Path
) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "import sys, time\n"
        "from viz.protocol.request import Request\n"
        "from viz.worker.client import RenderWorker\n"
        "from viz.worker.process import serve\n"
        "from viz.worker.starting import Beside\n"
        "if __name__ == '__main__':\n"
        "    worker = RenderWorker(Beside(serve))\n"
        "    for psi in range(10**6):\n"
        "        worker.submit(Request(networks=(sys.argv[1],), psi=psi / 1e6, threads=1))\n"
        "        time.sleep(0.05)\n"
        "        if worker.pid:\n"
        "            print(worker.pid, flush=True)\n"
    )
    with (tmp_path / "errors").open("w") as errors:
        program = subprocess.Popen(
            [sys.executable, str(script), network_files["stylegan2"]],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        )
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        program.kill()
        program.wait()
        program.stdout.close()
    end = time.monotonic() + PATIENCE_S
    while is_running(pid):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "Traceback" not in (tmp_path / "errors").read_text()


def is_running(pid: int) -> bool:
    """True if a process exists and is not a zombie."""
    if not Path("/proc/self").exists():
        pytest.skip("needs /proc")
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_without_shared_memory_the_pipe_serves() -> None:
    value = {"a": np.arange(1000, dtype=np.float32), "b": np.ones((3, 5), np.uint8), "c": "text"}
    pickled, arrays = flatten(value)
    parcel = HalfWriter().write(pickled, arrays)
    back = SharedHalves().unpack(parcel)
    assert back["c"] == "text"
    np.testing.assert_array_equal(back["a"], value["a"])
    np.testing.assert_array_equal(back["b"], value["b"])


def test_too_large_for_the_memory_file_system_is_no_crash() -> None:
    halves = SharedHalves()
    assert halves.grow(1 << 60) is None


def test_halves_are_used_in_turn() -> None:
    halves, writer = SharedHalves(), HalfWriter()
    try:
        first, second = np.full(10, 1.0), np.full(10, 2.0)
        writer.attach(halves.grow(room_for(flatten(first)[1])))
        one = writer.write(*flatten(first))
        two = writer.write(*flatten(second))
        np.testing.assert_array_equal(halves.unpack(one), first)
        np.testing.assert_array_equal(halves.unpack(two), second)
    finally:
        writer.attach(None)
        halves.close()


def test_a_full_picture_is_given_up_when_a_draft_waits() -> None:
    listener = Listener(program=stand_in.give_up_when_told)
    try:
        listener.pid()
        listener.worker.submit(Request(psi=0.1))
        listener.worker.submit(Request(psi=0.2))  # waits: the picture that is drawn is wanted
        number = listener.worker.submit(Request(psi=0.3, draft=True))
        listener.wait(lambda: bool(listener.results))
        assert [result.request.id for result in listener.results] == [number]
        assert not listener.worker.busy
    finally:
        listener.worker.close()
