"""Background work of which only the newest counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.model.jobs import Jobs
from viz.model.latest_task import REMEMBERED, LatestTask
from viz.protocol.jobs import JobReport, JobState
from viz.protocol.lab import LabViewTask, Operation, Signal

if TYPE_CHECKING:
    from viz.protocol.jobs import Task, Verb


class Worker:
    """Stands in for the worker: notes what is started and cancelled."""

    def __init__(self) -> None:
        self.started: list[Task] = []
        self.cancelled: list[int] = []
        self.jobs = Jobs(self)

    def start_job(self, task: Task) -> int:
        self.started.append(task)
        return len(self.started)

    def control_job(self, job: int, verb: Verb) -> None:
        assert verb == "cancel"
        self.cancelled.append(job)


def task(cut: float) -> LabViewTask:
    return LabViewTask(Signal(kind="impulse"), Operation(kind="upsampling"), cut=cut)


def test_only_the_newest_task_waits() -> None:
    worker = Worker()
    latest = LatestTask(worker.jobs, patience_s=60.0)
    for cut in (0.1, 0.2, 0.3):
        latest.ask(task(cut))
    assert worker.started == [task(0.1)]
    assert not latest.is_settled
    worker.jobs.take(JobReport(1, task(0.1), "done", result="first"))
    assert latest.answer == "first", "better an older answer than none"
    assert worker.started == [task(0.1), task(0.3)]
    worker.jobs.take(JobReport(2, task(0.3), "done", result="third"))
    assert latest.is_settled
    assert latest.answer == "third"
    latest.ask(task(0.1))
    assert latest.is_settled
    assert latest.answer == "first", "remembered"
    assert len(worker.started) == 2
    worker.jobs.take(JobReport(7, task(0.1), "done", result="someone else's"))
    assert latest.answer == "first"


def test_unfinished_answers_are_shown_unless_nobody_wants_them_any_more() -> None:
    worker = Worker()
    latest = LatestTask(worker.jobs, patience_s=60.0)
    latest.ask(task(0.1))
    worker.jobs.take(JobReport(1, task(0.1), "running", result="half"))
    assert latest.answer == "half"
    assert not latest.is_settled
    latest.ask(task(0.2))
    worker.jobs.take(JobReport(1, task(0.1), "running", result="more"))
    assert latest.answer == "half"


def test_long_work_that_nobody_waits_for_is_given_up() -> None:
    worker = Worker()
    patient = LatestTask(worker.jobs, patience_s=60.0)
    patient.ask(task(0.1))
    patient.ask(task(0.2))
    assert worker.cancelled == [], "it may be done in a moment"
    latest = LatestTask(worker.jobs, patience_s=-1.0)
    latest.ask(task(0.2))
    latest.ask(task(0.3))
    latest.ask(task(0.4))
    assert worker.cancelled == [2], "once is enough"
    worker.jobs.take(JobReport(2, task(0.2), "cancelled"))
    assert worker.started[-1] == task(0.4)
    assert not latest.error
    latest.ask(task(0.4))
    assert worker.cancelled == [2], "somebody waits for it"
    latest.ask(None)
    assert worker.cancelled == [2, 3], "nobody looks any more"
    worker.jobs.take(JobReport(3, task(0.4), "cancelled"))
    latest.ask(task(0.2))
    assert worker.started[-1] == task(0.2), "what was given up is asked again"


def test_a_failure_is_told_and_not_repeated_until_the_worker_is_another() -> None:
    worker = Worker()
    latest = LatestTask(worker.jobs, patience_s=60.0)
    latest.ask(task(0.1))
    worker.jobs.take(JobReport(1, task(0.1), "failed", error="no such file"))
    latest.ask(task(0.1))
    assert latest.error == "no such file"
    assert latest.is_settled
    assert len(worker.started) == 1
    latest.retry()
    assert len(worker.started) == 2
    assert not latest.error
    worker.jobs.take(JobReport(2, task(0.1), "failed", error="no such file"))
    latest.ask(task(0.2))
    assert not latest.error
    assert len(worker.started) == 3


def test_nothing_is_started_while_nobody_looks_and_answers_are_few() -> None:
    worker = Worker()
    latest = LatestTask(worker.jobs, patience_s=60.0)
    latest.ask(None)
    assert latest.is_settled
    assert not worker.started
    for number in range(REMEMBERED + 2):
        latest.ask(task(number / 100))
        worker.jobs.take(JobReport(number + 1, task(number / 100), "done", result=number))
    latest.ask(task(0.0))
    assert len(worker.started) == REMEMBERED + 3, "the oldest was forgotten"


def test_work_that_follows_what_is_set_waits_until_it_rests() -> None:
    worker, now_s = Worker(), 100.0
    latest = LatestTask(worker.jobs, patience_s=-1.0, rest_s=0.25, clock=lambda: now_s)
    first, second, third = task(0.1), task(0.2), task(0.3)

    def report(job: int, state: JobState) -> None:
        worker.jobs.take(JobReport(job, worker.started[job - 1], state, result=f"of {job}"))

    latest.ask(first)
    assert worker.started == []
    assert latest.is_resting, "the hand may go on"
    now_s += 1
    latest.ask(first)
    latest.ask(first)
    assert worker.started == [first], "once"
    report(1, "running")
    latest.ask(second)
    assert worker.cancelled == [1], "it is of no use any more"
    report(1, "cancelled")
    now_s += 1
    latest.ask(second)
    assert worker.started == [first, second]
    assert latest.answer == "of 1", "better than none"

    report(2, "running")
    latest.ask(third, moving=True)
    assert worker.started == [first, second], "while all moves, what has begun is finished"
    report(2, "running")
    assert latest.answer == "of 2", "and shown"
    report(2, "done")
    latest.ask(third, moving=True)
    assert worker.started == [first, second, third], "and the next begins at once"
