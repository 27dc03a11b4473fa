"""Which executor does what, and what is remembered of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.model.jobs import Jobs
from viz.protocol.jobs import JobReport
from viz.protocol.lab import LabViewTask, Operation, Signal
from viz.storage.download_task import DownloadTask

if TYPE_CHECKING:
    from viz.protocol.jobs import Task, Verb

DOWNLOAD = DownloadTask("a")


class Executor:
    """Notes what it is told."""

    def __init__(self, first_id: int) -> None:
        self._next_id = first_id
        self.started: list[Task] = []
        self.told: list[tuple[int, Verb]] = []

    def start_job(self, task: Task) -> int:
        self.started.append(task)
        self._next_id += 1
        return self._next_id - 1

    def control_job(self, job: int, verb: Verb) -> None:
        self.told.append((job, verb))


def test_finished_jobs_are_forgotten_in_time_and_results_kept() -> None:
    jobs = Jobs(Executor(0))
    jobs.take(JobReport(0, DOWNLOAD, "running", result=[1]))
    for job in range(1, 200):
        jobs.take(JobReport(job, DOWNLOAD, "done"))
    jobs.take(JobReport(0, DOWNLOAD, "paused"))
    kept = jobs.get(0)
    assert kept is not None
    assert kept.result == [1]
    assert jobs.get(1) is None
    assert jobs.get(199) is not None


def test_the_type_of_a_task_chooses_who_does_it() -> None:
    worker, downloads = Executor(1), Executor(-100)
    jobs = Jobs(worker, {DownloadTask: downloads})
    view = LabViewTask(Signal(kind="impulse"), Operation(kind="upsampling"))
    fetched, shown = jobs.start(DOWNLOAD), jobs.start(view)
    assert (downloads.started, worker.started) == ([DOWNLOAD], [view])
    jobs.control(fetched, "pause")
    jobs.control(shown, "cancel")
    jobs.control(77, "cancel")
    assert (downloads.told, worker.told) == ([(fetched, "pause")], [(shown, "cancel")])


def test_brief_tasks_are_heard_of_and_not_listed() -> None:
    jobs, heard = Jobs(Executor(1)), []
    view = LabViewTask(Signal(kind="impulse"), Operation(kind="upsampling"))
    job = jobs.start(view, heard.append)
    for state in ("running", "done", "done"):
        jobs.take(JobReport(job, view, state))  # type: ignore[arg-type]
    assert [report.state for report in heard] == ["running", "done"], "nothing after its end"
    assert jobs.at_work == []
    assert jobs.get(job) is None
