"""Jobs: done between pictures, paused, cancelled, lost with the process."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.patience import PATIENCE_S
from tests.viz import counting
from tests.viz.counting import Count
from viz.model.jobs import Jobs
from viz.panels.common.job_progress import time_text
from viz.protocol.jobs import JobControl, JobOrder, JobReport, Task
from viz.protocol.request import Request
from viz.protocol.result import Result
from viz.render.jobs import runner as render_jobs
from viz.render.jobs.runner import JobRunner
from viz.render.renderer import Renderer
from viz.worker.client import RenderWorker
from viz.worker.starting import Beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Watcher:
    """A worker, and what it says about jobs."""

    def __init__(self) -> None:
        self.bell = threading.Event()
        self.worker = RenderWorker(Beside(counting.serve), self.bell.set)
        self.jobs = Jobs(self.worker)
        self.results: list[Result] = []

    def wait(self, until: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while True:
            while (message := self.worker.poll()) is not None:
                if isinstance(message, JobReport):
                    self.jobs.take(message)
                elif isinstance(message, Result):
                    self.results.append(message)
            if until():
                return
            assert self.bell.wait(end - time.monotonic()), "nothing came"
            self.bell.clear()

    def state(self, job: int) -> str:
        report = self.jobs.get(job)
        return report.state if report else ""

    def run(self, task: Task) -> JobReport:
        job = self.worker.start_job(task)
        self.wait(lambda: self.state(job) not in ("", "running"))
        report = self.jobs.get(job)
        assert report is not None
        return report


@pytest.fixture(scope="module")
def watcher() -> Iterator[Watcher]:
    watcher = Watcher()
    yield watcher
    watcher.worker.close()


def test_a_job_is_done_to_its_end_and_leaves_its_result(watcher: Watcher) -> None:
    report = watcher.run(Count(7))
    assert (report.state, report.done, report.total, report.fraction) == ("done", 7, 7, 1.0)
    assert report.result == [0, 1, 2, 3, 4, 5, 6]
    assert watcher.jobs.newest(Count) is report


def test_a_job_that_fails_says_why_in_one_line(watcher: Watcher) -> None:
    report = watcher.run(Count(7, fails_at=3))
    assert (report.state, report.done) == ("failed", 2)
    assert report.error == "lost count; begin again"


def test_pictures_are_drawn_while_a_job_goes_on(watcher: Watcher) -> None:
    job = watcher.worker.start_job(Count(10**9, seconds_each=0.01))
    watcher.wait(lambda: watcher.state(job) == "running")
    sent = watcher.worker.submit(Request())
    watcher.wait(lambda: bool(watcher.results) and watcher.results[-1].request.id == sent)
    assert watcher.state(job) == "running"
    watcher.worker.control_job(job, "cancel")
    watcher.wait(lambda: watcher.state(job) == "cancelled")


def test_a_paused_job_stands_still_until_it_goes_on(watcher: Watcher) -> None:
    job = watcher.worker.start_job(Count(10**9, seconds_each=0.005))
    watcher.worker.control_job(job, "pause")
    watcher.wait(lambda: watcher.state(job) == "paused")
    report = watcher.jobs.get(job)
    assert report is not None
    assert watcher.jobs.at_work == [report]
    time.sleep(0.3)
    assert watcher.worker.poll() is None
    watcher.worker.control_job(job, "resume")
    watcher.wait(lambda: (one := watcher.jobs.get(job)) is not None and one.done > report.done)
    watcher.worker.control_job(job, "cancel")
    watcher.wait(lambda: watcher.state(job) == "cancelled")


def test_a_cancelled_job_cleans_up(watcher: Watcher, tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    job = watcher.worker.start_job(Count(10**9, seconds_each=0.005, ended=str(ended)))
    watcher.wait(lambda: (report := watcher.jobs.get(job)) is not None and report.done > 0)
    watcher.worker.control_job(job, "cancel")
    watcher.wait(lambda: watcher.state(job) == "cancelled")
    assert ended.exists()


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="stops processes by signals")
def test_jobs_are_lost_with_the_process_and_cancelled_by_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viz.worker.client.LAST_WORD_S", PATIENCE_S)
    watcher, ended = Watcher(), tmp_path / "ended"
    job = watcher.worker.start_job(Count(10**9, seconds_each=0.005))
    watcher.wait(lambda: (report := watcher.jobs.get(job)) is not None and report.done > 0)
    os.kill(watcher.worker.pid or 0, signal.SIGKILL)
    watcher.wait(lambda: watcher.state(job) == "failed")
    job = watcher.worker.start_job(Count(10**9, seconds_each=0.005, ended=str(ended)))
    watcher.wait(lambda: (report := watcher.jobs.get(job)) is not None and report.done > 0)
    watcher.worker.close()
    assert ended.exists()


def test_between_pictures_jobs_get_their_share_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(render_jobs, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def work(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(counting, "time", SimpleNamespace(sleep=work))
    reports: list[JobReport] = []
    runner = JobRunner(Renderer(), reports.append)
    assert runner.patience_s is None
    runner.take(JobOrder(1, Count(1000, seconds_each=0.02)))
    assert runner.patience_s == 0.0
    steps = 0
    for _ in range(40):  # pictures of 10 ms, each asked for as soon as the last one is there
        runner.picture_took(0.01)
        while runner.insists:
            runner.step()
            steps += 1
    assert 4 <= steps <= 6  # a quarter of 400 ms, in steps of 20 ms
    runner.picture_took(0.0)
    assert runner.patience_s == pytest.approx(0.03)
    runner.take(JobControl(1, "pause"))
    assert runner.patience_s is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (3.2, "3 s"), (59.7, "1:00 min"), (185, "3:05 min"), (7800, "2:10 h")],
)
def test_times_are_said_as_people_do(seconds: float | None, text: str) -> None:
    assert time_text(seconds) == text
