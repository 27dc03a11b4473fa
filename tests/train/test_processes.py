"""Processes of one machine that share a training."""

import json
import os
from pathlib import Path

import pytest
import torch

from tests.train.conftest import tiny, write_pictures
from tests.train.test_loop import TINY_FLAGS
from train.commands.main import main
from train.config.divisions import Division, possible_divisions
from train.processes import fastest_division, measure_division, sharing_ranks


def test_a_short_training_is_not_worth_a_measurement() -> None:
    (only,) = fastest_division(tiny(), 2)
    assert only == Division(1, 2)


@pytest.mark.process
def test_every_division_of_a_longer_training_is_measured_and_the_fastest_first() -> None:
    before = torch.get_num_threads()
    measured = fastest_division(tiny(kimg=1e6), 2)
    assert set(measured) == set(possible_divisions(4, 2))
    assert list(measured.values()) == sorted(measured.values())
    assert torch.get_num_threads() == before


@pytest.mark.process
def test_a_process_that_cannot_measure_is_an_error_and_leaves_nothing_behind() -> None:
    with pytest.raises(RuntimeError, match="did not come to an end"):
        measure_division(tiny(), Division(2, 10**6))


def test_one_process_starts_no_other() -> None:
    with sharing_ranks(1, pytest.fail) as ranks:
        assert ranks.count == 1
        assert "WORLD_SIZE" not in os.environ


@pytest.mark.process
def test_a_run_of_two_processes_is_resumed_with_two_and_ends_where_one_does(tmp_path: Path) -> None:
    write_pictures(tmp_path / "set", 8, 16)
    flags = ["--data", str(tmp_path / "set"), *TINY_FLAGS, "--kimg", "0.008"]
    flags += ["--snapshot-kimg", "0.004", "--precision", "fp64", "--threads", "1", "--batch", "4"]
    for name, processes in (("one", "1"), ("two", "2")):
        run = ["run", *flags, "--out", str(tmp_path / name), "--processes", processes]
        assert main(run) == 0
        assert main(["resume", str(tmp_path / name), "--kimg", "0.012"]) == 0
    assert "WORLD_SIZE" not in os.environ
    assert json.loads((tmp_path / "two/config.json").read_text())["processes"] == 2
    states = [next((tmp_path / name).glob("state-*.012.pt")) for name in ("one", "two")]
    one, two = (torch.load(state, weights_only=True)["generator"] for state in states)
    for name, weights in one.items():
        # As for steps in pieces: Adam magnifies the rounding of almost vanishing gradients.
        assert torch.allclose(weights, two[name], rtol=0, atol=1e-9), name


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--processes", "0"], "processes must be a whole number from 1 to 1024, got 0"),
        (["--processes", "3"], "3 processes cannot share a batch of 4"),
    ],
)
def test_processes_that_cannot_be_are_refused(
    flags: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pictures(tmp_path / "set", 8, 16)
    run = ["run", "--data", str(tmp_path / "set"), "--out", str(tmp_path / "run"), *TINY_FLAGS]
    assert main([*run, "--batch", "4", *flags]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
