"""Run folders: the newest or the best snapshot, of our trainings and in the original layout."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from generator import NetworkFileError, load_network, network_file, save_network
from generator.files.run_folders import pick_snapshot, snapshots
from tests.generator.nvidia_files import write_golden
from train.runs.folder import RunFolder, network_name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder as NVIDIA's trainers leave it."""
    folder = tmp_path / "00003-stylegan2-x-gpus1"
    folder.mkdir()
    for kimg in (0, 200, 1000):
        write_golden(folder / f"network-snapshot-{kimg:06d}.pkl", "stylegan2", holds=("G_ema",))
    lines = [
        {
            "results": {"fid50k_full": score},
            "metric": "fid50k_full",
            "snapshot_pkl": f"network-snapshot-{kimg:06d}.pkl",
        }
        for kimg, score in ((0, 300.0), (200, 4.5), (1000, 6.0), (400, 1.0))
    ]
    text = (
        "\n".join(map(json.dumps, lines)) + '\n{"torn": \n[1]\n{"results": {"fid50k_full": "x"}}\n'
    )
    (folder / "metric-fid50k_full.jsonl").write_text(text)
    (folder / "metric-is50k.jsonl").write_text(json.dumps(lines[0]) + "\n")
    (folder / "fakes000200.png").write_bytes(b"")
    return folder


def test_newest_and_best_of_the_original_layout(run: Path) -> None:
    assert [snapshot.kimg for snapshot in snapshots(run)] == [0, 200, 1000]
    assert network_file(run).name == "network-snapshot-001000.pkl"
    best = pick_snapshot(run, "best")
    # The best of all has been deleted.
    assert (best.kimg, best.metric, best.score) == (200, "fid50k_full", 4.5)
    assert load_network(run, pick="best").info["imported from"] == "network-snapshot-000200.pkl"


def test_a_folder_of_runs_means_its_last(run: Path) -> None:
    (run.parent / "00002-older").mkdir()
    (run.parent / "00004-not-begun").mkdir()
    (run.parent / "notes").mkdir()
    assert network_file(run.parent) == run / "network-snapshot-001000.pkl"


def test_our_runs_with_scores(tiny, tmp_path: Path) -> None:
    for kimg in (5, 10, 20):
        save_network(tmp_path / f"network-{kimg:06d}.safetensors", tiny("stylegan2"))
    with pytest.raises(NetworkFileError, match="no scores"):
        pick_snapshot(tmp_path, "best")
    lines = [
        {"results": {"kid_effnet": score}, "snapshot": f"network-{kimg:06d}.safetensors"}
        for kimg, score in ((5, 0.5), (10, 0.1), (20, float("nan")))
    ]
    (tmp_path / "metric-kid_effnet.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert pick_snapshot(tmp_path, "best").kimg == 10
    assert pick_snapshot(tmp_path).kimg == 20


@pytest.mark.timeout(60)
def test_hostile_scores_are_no_scores(tiny, tmp_path: Path) -> None:
    name = "network-000005.safetensors"
    save_network(tmp_path / name, tiny("stylegan2"))
    score = '{"results": {"fid": %s}, "snapshot": "%s"}'
    values = ("1" + "0" * 400, "[" * 100_000, "true", '"x"', "1e999", "{}")
    lines = [score % (value, name) for value in values] + ["[]", "3", "\ud800"]
    (tmp_path / "metric-fid.jsonl").write_text("\n".join(lines), "utf-8", "surrogatepass")
    (tmp_path / "metric-fd.jsonl").mkdir()
    if hasattr(os, "mkfifo"):  # nobody ever writes into it
        os.mkfifo(tmp_path / "metric-kid.jsonl")
    assert pick_snapshot(tmp_path).kimg == 5


def test_empty_folders_say_so(tmp_path: Path) -> None:
    with pytest.raises(NetworkFileError, match="no network"):
        pick_snapshot(tmp_path)


def test_scores_written_by_the_trainer_choose_its_best_snapshot(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path / "run") as run:
        for kimg, score in ((1, 9.0), (2, 4.0), (3, 5.0)):
            (run.path / network_name(kimg)).touch()
            run.log_metric("kid_effnet", score, kimg * 1000)
    best = pick_snapshot(tmp_path / "run", "best")
    assert (best.kimg, best.metric, best.score) == (2, "kid_effnet", 4.0)
    assert pick_snapshot(tmp_path / "run").kimg == 3
