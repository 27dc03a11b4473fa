"""Files that a worker opens for another machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.protocol.jobs import JobOrder
from viz.protocol.lab import LabTask, Operation, Signal
from viz.protocol.spectra import DataTask
from viz.protocol.worker_files import PutPartTask
from viz.recording.task import RecordTask
from viz.state.app_state import starting_state
from viz.wire.roots import Roots

if TYPE_CHECKING:
    from pathlib import Path


def test_files_are_found_wherever_a_task_names_them(tmp_path: Path) -> None:
    roots = Roots([tmp_path / "in"], own=[tmp_path / "own"])
    inside, outside = tmp_path / "in" / "a", tmp_path / "a"
    for task in (
        lambda path: DataTask(str(path), 1),
        lambda path: LabTask(Signal(kind="picture", file=str(path)), Operation(kind="convolution")),
    ):
        assert roots.refusal_of(JobOrder(1, task(inside))) == ""
        assert roots.refusal_of(JobOrder(1, task(tmp_path / "own" / "b"))) == ""
        assert str(outside) in roots.refusal_of(JobOrder(1, task(outside)))
        assert "--root" in roots.refusal_of(JobOrder(1, task(inside / ".." / ".." / "a")))


def test_what_writes_does_so_in_the_given_folders_only(tmp_path: Path) -> None:
    roots = Roots([tmp_path / "in"], own=[tmp_path / "own"])
    state = starting_state([])
    for task in (
        lambda path: RecordTask(state, path),
        lambda path: PutPartTask(str(path), 0, b"x", 1, ""),
    ):
        assert roots.refusal_of(task(tmp_path / "in" / "a")) == ""
        for elsewhere in (tmp_path / "own" / "a", tmp_path / "a"):
            assert "lies outside" in roots.refusal_of(task(elsewhere))
            assert "lies outside" in roots.refusal_of(JobOrder(1, task(elsewhere)))
