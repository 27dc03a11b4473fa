"""Trainings queued on a cluster; submitit's processes on this machine stand for its tasks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import submitit

from tests.train.conftest import write_pictures
from tests.train.test_loop import TINY_FLAGS
from train.commands.main import main
from train.runs.cluster import TrainingJob, run_folder_of, submit

if TYPE_CHECKING:
    from pathlib import Path


def test_two_tasks_train_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    write_pictures(tmp_path / "set", 8, 16)
    run = tmp_path / "run"
    options = ["--group-size", "2", "--kimg", "0.008", "--snapshot-kimg", "0.004"]
    order = ["run", "--data", str(tmp_path / "set"), "--out", str(run), *TINY_FLAGS, *options]
    job = submit(order, nodes=1, processes=2, gpus=False, hours=0.1, cluster="local")
    assert job.results() == [0, 0], job.stderr()
    assert json.loads((run / "log.jsonl").read_text().splitlines()[-1])["images"] == 8
    assert len(list(run.glob("state-*.pt"))) == 2


def test_a_job_taken_away_goes_on_from_its_state(tmp_path: Path) -> None:
    job = TrainingJob(["run", "--out", str(tmp_path)], tmp_path)
    assert job.checkpoint().function.arguments == ["run", "--out", str(tmp_path)]
    (tmp_path / "state-000001.000.pt").touch()
    delayed = job.checkpoint()
    assert isinstance(delayed, submitit.helpers.DelayedSubmission)
    assert delayed.function.arguments == ["resume", str(tmp_path)]


def test_the_run_folder_is_found_in_the_order(tmp_path: Path) -> None:
    assert run_folder_of(["run", "--batch", "4", "--out", "runs/a"]).name == "a"
    assert run_folder_of(["resume", str(tmp_path)]) == tmp_path
    with pytest.raises(ValueError, match="after -- comes what to do"):
        run_folder_of(["run", "--batch", "4"])


def test_an_order_without_a_run_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", "--nodes", "2", "--", "metrics", "x"]) == 1
    assert "after -- comes what to do" in capsys.readouterr().err
