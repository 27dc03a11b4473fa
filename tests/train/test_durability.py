"""Trainings that are killed, run out of space, or may not write: what is there stays whole."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from PIL import Image
from rich.console import Console

from generator import load_network
from generator.files.run_folders import snapshots
from tests.train.conftest import tiny, write_pictures
from tests.train.test_loop import TINY_FLAGS, log_of
from tests.train.test_trainer import assert_same
from train.commands.main import main
from train.data.dataset import ImageDataset
from train.loop import train
from train.runs.folder import RunFolder, RunSetup, load_newest_state
from train.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Iterator


def order(data: Path, run: Path, kimg: float = 0.04) -> list[str]:
    every = ["--kimg", str(kimg), "--snapshot-kimg", "0.004", "--tick-kimg", "0.004"]
    return ["run", "--data", str(data), "--out", str(run), *TINY_FLAGS, *every]


def in_child(arguments: list[str]) -> None:
    sys.stderr = io.StringIO()
    sys.exit(main(arguments))


def _lines(run: Path) -> int:
    log = run / "log.jsonl"
    return log.read_bytes().count(b"\n") if log.exists() else 0


def killed_at_random(data: Path, run: Path, kills: int, kimg: float) -> None:
    """Train to the end, but be killed so many times on the way."""
    # Each process is forked from one that has loaded PyTorch.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["train.commands.main"])
    draw = random.Random(0)
    arguments = order(data, run, kimg)
    for _ in range(kills):
        before = _lines(run)
        process = context.Process(target=in_child, args=(arguments,))
        process.start()
        deadline = time.monotonic() + 120
        while not list(run.glob("state-*.pt")) or _lines(run) <= before:
            assert time.monotonic() < deadline
            assert process.is_alive()
            time.sleep(0.005)
        time.sleep(draw.uniform(0, 0.1))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        assert load_newest_state(run)["steps_done"] > 0
        if snapshots(run):  # the first one follows the first state
            load_network(run)
        arguments = ["resume", str(run)]
    process = context.Process(target=in_child, args=(arguments,))
    process.start()
    process.join(120)
    assert process.exitcode == 0


def check_killed_run(folder: Path, kills: int, kimg: float) -> None:
    write_pictures(folder / "set", 8, 16)
    killed_at_random(folder / "set", folder / "run", kills, kimg)
    assert [entry["images"] for entry in log_of(folder / "run")] == [
        *range(4, round(kimg * 1000) + 1, 4)
    ]
    assert not list((folder / "run").glob("*.part"))
    with RunFolder.open(folder / "run") as run:
        config = run.read_setup().config
    straight = Trainer(config, ImageDataset.load(folder / "set"))
    while straight.images_seen < kimg * 1000:
        straight.step()
    assert_same(load_newest_state(folder / "run"), straight.state_dict())


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_run_killed_at_random_moments_ends_as_one_that_never_was(tmp_path: Path) -> None:
    check_killed_run(tmp_path, 2, 0.04)


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_run_killed_many_times(tmp_path: Path) -> None:
    check_killed_run(tmp_path, 40, 2.0)


@pytest.fixture
def limit() -> Iterator[object]:
    """Sets how large a file may become: what is behind that finds no space."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.slow
@pytest.mark.parametrize("room", [40_000, 200])
def test_no_space_stops_with_a_message_and_what_was_written_stays(
    tmp_path: Path, data: ImageDataset, limit: object, room: int
) -> None:
    """Room for the log, and not for a state; then for neither."""
    config = tiny(tick_kimg=0.004, snapshot_kimg=0.008)
    run = tmp_path / "run"
    quiet = Console(file=io.StringIO())
    with RunFolder.create(run) as folder:
        folder.write_setup(RunSetup(config=tiny(kimg=0.008), data=Path("set.zip")))
        short = Trainer(tiny(kimg=0.008, tick_kimg=0.004, snapshot_kimg=0.008), data)
        assert train(short, folder, quiet)
        whole = {path.name: path.read_bytes() for path in run.glob("*-0*")}
        trainer = Trainer(config, data)
        trainer.load_state_dict(folder.load_state())
        limit(room)
        with pytest.raises(OSError, match=r"cannot write in .*run: .*; state-.*008\.pt is whole"):
            train(trainer, folder, quiet)
        limit(-1)
    assert whole == {path.name: path.read_bytes() for path in run.glob("*-0*")}
    with RunFolder.open(run) as folder:
        assert folder.load_state()["steps_done"] == 2
        folder.drop_log_after(2)
        trainer = Trainer(config, data)
        trainer.load_state_dict(folder.load_state())
        assert train(trainer, folder, quiet)
    assert [entry["images"] for entry in log_of(run)] == [*range(4, 41, 4)]


def test_a_folder_that_may_not_be_written_is_refused_before_anything_happens(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path / "set", 4, 16)
    (tmp_path / "run").mkdir()

    def forbidden(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("train.runs.folder.take_lock", forbidden)
    assert main(order(tmp_path / "set", tmp_path / "run")) == 1
    (line,) = capfd.readouterr().err.strip().splitlines()
    assert line.startswith(f"error: cannot write in the folder {tmp_path / 'run'}: Permission")
    assert not list((tmp_path / "run").iterdir())


def test_a_line_after_a_torn_one_can_be_read(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path / "run") as folder:
        folder.log_metric("kid_effnet", 0.5, 1000)
        path = tmp_path / "run" / "metric-kid_effnet.jsonl"
        path.write_text(path.read_text() + '{"snapshot": "netw')
        folder.log_metric("kid_effnet", 0.25, 2000)
    lines = path.read_text().splitlines()
    assert len(lines) == 3
    assert json.loads(lines[2])["results"] == {"kid_effnet": 0.25}


def test_the_last_networks_and_states_and_the_best_network_stay(
    tmp_path: Path, data: ImageDataset
) -> None:
    config = tiny(keep_networks=2, keep_states=3)
    trainer = Trainer(config, data)
    with RunFolder.create(tmp_path / "run") as folder:
        for kimg, score in enumerate((3.0, 1.0, 2.0, 4.0, 5.0), 1):
            folder.save_state({"steps_done": kimg}, kimg * 1000, keep=config.keep_states)
            grid = Image.new("RGB", (8, 8))
            folder.save_network(trainer.ema.network, kimg, {}, grid)
            folder.drop_networks(2)
            folder.log_metric("fd_effnet", score, kimg * 1000)
        assert [path.name[6:12] for path in folder.states()] == ["000003", "000004", "000005"]
    assert [one.kimg for one in snapshots(tmp_path / "run")] == [2, 4, 5]


def test_what_a_killed_trainer_was_writing_is_cleared_away(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path / "run") as folder:
        folder.write_setup(RunSetup(config=tiny(), data=Path("set.zip")))
        folder.save_state({"weights": torch.zeros(2)}, 4)
    for name in ("state-000000.008.pt.1a2b.part", "network-000000.safetensors.3c4d.part"):
        (tmp_path / "run" / name).touch()
    with RunFolder.open(tmp_path / "run"):
        names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {".lock", "config.json", "state-000000.004.pt"}
