"""Files of the worker's machine are fetched part by part, whole or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from viz.protocol.jobs import JobReport
from viz.protocol.worker_files import FilePart, FilePartTask, PutPartTask
from viz.worker import transfers as module
from viz.worker.transfers import FetchTask, SendTask, Transfers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from viz.protocol.jobs import Task

CONTENT = bytes(range(256)) * 4
PART = 300


class Machine:
    """Answers orders of parts when it is told to."""

    def __init__(self) -> None:
        self.content, self.changed_ns = CONTENT, 1
        self.orders: list[tuple[FilePartTask, Callable[[JobReport], None]]] = []

    def order(self, task: Task, listener: Callable[[JobReport], None]) -> int:
        assert isinstance(task, FilePartTask)
        self.orders.append((task, listener))
        return len(self.orders)

    def answer(self, error: str = "") -> None:
        task, listener = self.orders.pop(0)
        listener(JobReport(1, task, "running"))
        data = self.content[task.start : task.start + PART]
        part = FilePart(data, len(self.content), self.changed_ns)
        report = JobReport(1, task, "done", result=part)
        listener(replace(report, state="failed", result=None, error=error) if error else report)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def transfers(machine: Machine) -> Transfers:
    return Transfers(machine.order)


def reports(transfers: Transfers) -> list[JobReport]:
    found = []
    while (report := transfers.poll()) is not None:
        found.append(report)
    return found


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_under_its_name_at_the_end(
    transfers: Transfers, machine: Machine, tmp_path: Path
) -> None:
    task = FetchTask("/there/film.mp4", str(tmp_path / "out" / "film.mp4"))
    job = transfers.start_job(task)
    assert job < 0
    while machine.orders:
        assert not (tmp_path / "out" / "film.mp4").exists()
        machine.answer()
    told = reports(transfers)
    assert [one.done for one in told[1:-1]] == [300, 600, 900]
    assert all(one.total == len(CONTENT) for one in told[1:-1])
    assert told[-1].state == "done"
    made = task.made(told[-1].result)
    assert made is not None
    assert made.read_bytes() == CONTENT
    assert files(tmp_path / "out") == ["film.mp4"]
    assert task.told("done", None) == f"Fetched {task.to}."


def test_an_empty_file_comes_too(transfers: Transfers, machine: Machine, tmp_path: Path) -> None:
    machine.content = b""
    transfers.start_job(FetchTask("/there/empty", str(tmp_path / "empty")))
    machine.answer()
    assert reports(transfers)[-1].state == "done"
    assert (tmp_path / "empty").read_bytes() == b""


def test_a_pause_asks_for_nothing_until_it_ends(
    transfers: Transfers, machine: Machine, tmp_path: Path
) -> None:
    job = transfers.start_job(FetchTask("/there/a", str(tmp_path / "a")))
    transfers.control_job(job, "pause")
    machine.answer()
    assert not machine.orders
    assert reports(transfers)[-1].state == "paused"
    transfers.control_job(job, "resume")
    while machine.orders:
        machine.answer()
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_a_cancelled_one_leaves_nothing(
    transfers: Transfers, machine: Machine, tmp_path: Path
) -> None:
    job = transfers.start_job(FetchTask("/there/a", str(tmp_path / "a")))
    machine.answer()
    transfers.control_job(job, "cancel")
    machine.answer()  # what was on its way is passed over
    assert reports(transfers)[-1].state == "cancelled"
    assert files(tmp_path) == []
    transfers.start_job(FetchTask("/there/b", str(tmp_path / "b")))
    transfers.close()
    assert files(tmp_path) == []


def test_a_file_that_changes_meanwhile_is_given_up(
    transfers: Transfers, machine: Machine, tmp_path: Path
) -> None:
    transfers.start_job(FetchTask("/there/a", str(tmp_path / "a")))
    machine.answer()
    machine.changed_ns = 2
    machine.answer()
    last = reports(transfers)[-1]
    assert (last.state, "changed meanwhile" in last.error) == ("failed", True)
    assert files(tmp_path) == []


def test_a_failed_order_is_said(transfers: Transfers, machine: Machine, tmp_path: Path) -> None:
    transfers.start_job(FetchTask("/there/a", str(tmp_path / "a")))
    machine.answer("the line was lost")
    assert reports(transfers)[-1].error == "the line was lost"
    (tmp_path / "file").write_bytes(b"")
    transfers.start_job(FetchTask("/there/a", str(tmp_path / "file" / "a")))
    last = reports(transfers)[-1]
    assert last.state == "failed"
    assert str(tmp_path / "file") in last.error
    assert not machine.orders


def test_a_file_is_sent_in_parts_with_its_digest_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PART_BYTES", PART)
    (tmp_path / "net").write_bytes(CONTENT)
    orders: list[tuple[PutPartTask, Callable[[JobReport], None]]] = []
    sending = Transfers(lambda task, listener: orders.append((task, listener)) or 1)
    sending.start_job(SendTask(str(tmp_path / "net"), "/there/net"))
    came = b""
    while orders:
        task, listener = orders.pop()
        assert task.start == len(came)
        came += task.data
        assert bool(task.sha256) == (len(came) == len(CONTENT))
        listener(JobReport(1, task, "done"))
    assert came == CONTENT
    assert task.sha256 == hashlib.sha256(CONTENT).hexdigest()
    told = reports(sending)
    assert [one.done for one in told[1:-1]] == [300, 600, 900]
    assert told[-1].state == "done"
    sending.start_job(SendTask(str(tmp_path / "missing"), "/there/net"))
    assert "missing" in reports(sending)[-1].error
