"""Trainings queued on a cluster; submitit's processes on this machine stand for its tasks."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import submitit

from generator.ranks import Ranks
from tests.train.conftest import write_pictures
from tests.train.test_loop import TINY_FLAGS
from train.commands.main import main
from train.config.presets import KINDS, TABLE, preset
from train.runs.cluster import JobRequest, TrainingJob, submit
from train.share import Share


@pytest.mark.soak
@pytest.mark.process
def test_two_tasks_train_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    write_pictures(tmp_path / "set", 8, 16)
    run = tmp_path / "run"
    options = ["--group-size", "2", "--kimg", "0.008", "--snapshot-kimg", "0.004"]
    order = ["run", "--data", str(tmp_path / "set"), "--out", str(run), *TINY_FLAGS, *options]
    request = JobRequest(processes=2, gpus=False, hours=0.1)
    job = submit(order, run, request, entry=main, cluster="local")
    assert job.results() == [0, 0], job.stderr()
    assert json.loads((run / "log.jsonl").read_text().splitlines()[-1])["images"] == 8
    assert len(list(run.glob("state-*.pt"))) == 2


def test_a_job_taken_away_goes_on_from_its_state(tmp_path: Path) -> None:
    job = TrainingJob(["run", "--out", str(tmp_path)], tmp_path, main)
    assert job.checkpoint().function.arguments == ["run", "--out", str(tmp_path)]
    (tmp_path / "state-000001.000.pt").touch()
    delayed = job.checkpoint()
    assert isinstance(delayed, submitit.helpers.DelayedSubmission)
    assert delayed.function.arguments == ["resume", str(tmp_path)]
    assert delayed.function.entry is main


def test_an_order_without_a_run_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", "--nodes", "2", "--", "metrics", "x"]) == 1
    assert "after -- comes what to do" in capsys.readouterr().err


DOCUMENTED = [
    match[1].split()
    for match in re.finditer(
        r"python -m train (submit .*)", (Path(__file__).parents[3] / "docs/training.md").read_text()
    )
]


def test_documented_jobs_can_be_queued(capsys: pytest.CaptureFixture[str]) -> None:
    assert DOCUMENTED
    for words in DOCUMENTED:
        dashes = words.index("--")
        assert main([*words[:dashes], "--print", *words[dashes:]]) == 0
        assert "#SBATCH --nodes=2" in capsys.readouterr().out


@pytest.mark.parametrize("data", TABLE)
@pytest.mark.parametrize("processes", [1, 2, 4, 8, 16])
def test_every_preset_of_the_paper_is_shared_by_a_cluster(data: str, processes: int) -> None:
    for kind in KINDS:
        config = preset(f"{data}-{kind}")
        share = Share.of(config.batch, config.group_size, ranks=Ranks(0, processes))
        assert len(share.pieces[0]) == config.batch // processes
        assert (share.torn is None) == (processes < 16)


def test_jobs_that_cannot_train_are_not_queued(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["--", "run", "--data", "a.zip", f"--out={tmp_path / 'run'}"]
    for options, changes, message in (
        (["--processes", "3"], [], "3 processes cannot share a batch of 4"),
        (["--processes", "8"], [], "make --batch a multiple of 8, or take fewer processes"),
        ([], ["--metrics", "foo"], "no metric is called foo"),
        ([], ["--batch", "0"], "error: batch must be a whole number from 1"),
        (["--hours", "0"], [], "hours must be a positive number"),
        (["--nodes", "0"], [], "nodes must be 1 to"),
    ):
        assert main(["submit", *options, *order, *changes]) == 1
        said = capsys.readouterr().err
        assert message in said
        assert len(said.splitlines()) == 1
    assert main(["submit", "--", "resume", str(tmp_path)]) == 1
    assert "holds no training" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(shutil.which("srun") is not None, reason="this is a cluster")
def test_a_machine_without_slurm_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["--", "run", "--data", "a.zip", "--out", str(tmp_path / "run")]
    for options in (["--cluster", "slurm"], ["--nodes", "2"]):
        assert main(["submit", *options, *order]) == 1
        said = capsys.readouterr().err
        assert "there is no Slurm here" in said
        assert len(said.splitlines()) == 1


def test_a_job_is_printed_with_what_it_asks_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = ["--account", "me", "--partition", "gpu", "--memory-gb", "64", "--cpus-per-process", "6"]
    order = ["--", "run", "--data", "my data.zip", f"--out={tmp_path / 'run'}"]
    assert main(["submit", "--print", *asks, *order]) == 0
    printed = capsys.readouterr().out
    for line in ("account=me", "partition=gpu", "mem=64GB", "cpus-per-task=6", "time=1440"):
        assert f"#SBATCH --{line}\n" in printed
    assert "run --data 'my data.zip'" in printed
    assert not (tmp_path / "run").exists()
