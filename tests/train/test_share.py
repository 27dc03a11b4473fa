"""Batches in pieces and shared by processes: the same steps as in one piece."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from generator.ranks import Ranks
from tests.patience import PATIENCE_S
from tests.train.conftest import write_pictures
from tests.train.first_steps import GROUP_SIZES, KINDS, first_steps
from tests.train.test_loop import TINY_FLAGS
from train.commands.main import main
from train.share import Share

ROOT = Path(__file__).parents[2]


def test_pieces_cover_the_batch_and_tear_no_group() -> None:
    # groups of the discriminator: pictures 16 / 4 apart
    groups = [{0, 4, 8, 12}, {1, 5, 9, 13}, {2, 6, 10, 14}, {3, 7, 11, 15}]
    for count in (1, 2, 4):
        pieces = []
        for rank in range(count):
            pieces += Share.of(16, 4, 4, Ranks(rank, count)).pieces
        assert [set(piece.tolist()) for piece in pieces] == groups
    assert [len(piece) for piece in Share.of(16, 4, 8, Ranks(1, 2)).pieces] == [8]


def test_a_piece_of_several_groups_keeps_their_order() -> None:
    (piece,) = Share.of(8, 4, None).pieces
    assert piece.tolist() == list(range(8))
    first, second = Share.of(16, 4, 8).pieces
    # picture i of a piece of 8 belongs to the group of i modulo 2, as in a batch of its own
    assert first.tolist() == [0, 1, 4, 5, 8, 9, 12, 13]
    assert second.tolist() == [2, 3, 6, 7, 10, 11, 14, 15]


def test_processes_with_few_pictures_tear_groups() -> None:
    # one picture each of two groups: 0 and 2, 1 and 3
    shares = [Share.of(4, 2, None, Ranks(rank, 4)) for rank in range(4)]
    assert [share.pieces[0].tolist() for share in shares] == [[0], [1], [2], [3]]
    torn = [share.torn for share in shares]
    assert [None if one is None else one.group_of.tolist() for one in torn] == [[0], [1], [0], [1]]


@pytest.mark.parametrize(
    ("batch", "micro", "count", "message"),
    [
        (4, None, 3, "3 processes cannot share a batch of 4; make --batch a multiple of 3"),
        (8, 2, 2, "micro_batch must be a multiple of 4 that divides 4"),
        (4, 1, 2, "micro_batch must be None or at least 2 where 2 processes share groups of 4"),
        (8, 3, 1, "micro_batch must be a multiple of 4 that divides 8"),
        (24, 16, 1, "micro_batch must be a multiple of 4 that divides 24"),
    ],
)
def test_a_batch_that_cannot_be_divided_is_refused(
    batch: int, micro: int | None, count: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Share.of(batch, 4, micro, Ranks(0, count))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "shared"), [("stylegan2", False), ("stylegan3-r", True)])
def test_small_pieces_take_the_steps_of_the_whole_batch(kind: str, shared: bool) -> None:
    whole = first_steps(kind, share_fakes=shared)
    pieces = first_steps(kind, share_fakes=shared, micro_batch=2)
    for name, value in whole.items():
        # Sums in another order. Adam's first steps have the size of its rate, 2e-3, whatever that
        # of the gradient, and magnify a rounding of 1e-16 where a gradient is almost zero.
        assert torch.allclose(value, pieces[name], rtol=0, atol=1e-9), name


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="gloo over loopback as tested on Linux")
def test_two_processes_take_the_steps_of_one(tmp_path: Path) -> None:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*launch, "-m", "tests.train.first_steps", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for kind, size in itertools.product(KINDS, GROUP_SIZES):
        alone = first_steps(kind, group_size=size)
        one, other = (
            torch.load(tmp_path / f"{kind}-{size}-{rank}.pt", weights_only=True) for rank in (0, 1)
        )
        for name, value in alone.items():
            assert torch.equal(one[name], other[name]), (kind, name)
            assert torch.allclose(one[name], value, rtol=0, atol=1e-9), (kind, name)


def launched(count: int, *arguments: str) -> list[str]:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return [*launch, f"--nproc-per-node={count}", "-m", "train", *arguments]


@pytest.mark.soak
@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="gloo over loopback as tested on Linux")
def test_a_run_goes_on_with_another_number_of_processes(tmp_path: Path) -> None:
    write_pictures(tmp_path / "set", 8, 16)
    run = tmp_path / "run"
    options = ["--group-size", "2", "--batch", "4", "--kimg", "0.012", "--snapshot-kimg", "0.004"]
    # The first process measures while the other waits for it.
    options += ["--metrics", "eq_t", "--metrics-every", "2", "--metrics-samples", "5"]
    start = ["run", "--data", str(tmp_path / "set"), "--out", str(run), *TINY_FLAGS, *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    started = subprocess.run(
        launched(2, *start),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert started.returncode == 0, started.stderr[-2000:]
    assert [json.loads(line)["images"] for line in (run / "log.jsonl").open()] == [12]
    assert [json.loads(line)["images"] for line in (run / "metric-eq_t.jsonl").open()] == [8, 12]
    assert main(["resume", str(run), "--kimg", "0.016"]) == 0
    (state,) = [path for path in run.glob("state-*.pt") if "0.016" in path.name]
    assert torch.load(state, weights_only=True)["steps_done"] == 4


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="finds its processes in /proc")
def test_a_lost_process_ends_the_run_with_a_message_and_a_state(tmp_path: Path) -> None:
    write_pictures(tmp_path / "set", 8, 16)
    run = tmp_path / "run"
    options = ["--group-size", "2", "--batch", "4", "--kimg", "100", "--snapshot-kimg", "0.02"]
    start = ["run", "--data", str(tmp_path / "set"), "--out", str(run), *TINY_FLAGS, *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        launched(2, *start), cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + PATIENCE_S
    while not list(run.glob("state-*.pt")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.2)
    workers = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/environ")
        if b"RANK=1\0" in _bytes_of(path)
        and str(run).encode() in _bytes_of(path.parent / "cmdline")
    ]
    os.kill(workers[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode != 0
    assert "another process" in errors or "SIGKILL" in errors or "Signal 9" in errors
    assert main(["resume", str(run), "--kimg", "0.0001"]) == 0


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
