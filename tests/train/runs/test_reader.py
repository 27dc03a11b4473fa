"""Run folders as the panel and the monitor see them: live, broken, foreign, huge."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from train.config.divisions import Division
from train.config.training import TrainConfig
from train.runs import reader as run_reader
from train.runs.lock import holder, take_lock
from train.runs.reader import (
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    Best,
    RunReader,
    differences,
    is_run,
    run_folders,
    smoothed,
)

ROOT = Path(__file__).parents[3]


def write_run(folder: Path, ticks: int = 3, **settings: object) -> Path:
    folder.mkdir(parents=True)
    config = TrainConfig(**{"kimg": 1.0, **settings}).to_dict()
    (folder / "config.json").write_text(json.dumps({"data": "/a/set.zip", "config": config}))
    with (folder / "log.jsonl").open("w") as log:
        for tick in range(1, ticks + 1):
            entry = {"step": tick, "kimg": tick / 10, "loss_g": float(tick)}
            if tick % 2 == 0:
                entry["r1"] = 0.25
            log.write(json.dumps(entry) + "\n")
    return folder


@pytest.mark.parametrize(
    ("stored", "division", "measured"),
    [
        (
            {"processes": 2, "threads": 1, "measured": [[2, 1, 14.1], [1, 2, 9.8]]},
            Division(2, 1),
            ((Division(2, 1), 14.1), (Division(1, 2), 9.8)),
        ),
        ({"threads": 3}, Division(1, 3), ()),
        ({}, None, ()),
        ({"processes": "two", "threads": -1, "measured": [[1], 5, [0, 1, 2.0]]}, None, ()),
        ({"processes": 2, "threads": 1, "measured": "fast"}, Division(2, 1), ()),
    ],
)
def test_how_a_run_uses_its_cores(stored, division, measured, tmp_path):
    folder = write_run(tmp_path / "one")
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**settings, **stored}))
    run = RunReader(folder).read()
    assert (run.division, run.measured) == (division, measured)


def test_the_best_snapshot_is_that_with_the_lowest_score_of_quality(tmp_path):
    folder = write_run(tmp_path / "one")
    assert RunReader(folder).read().best is None
    scores = {"eq_t": (9.0, 1.0, 2.0), "kid_effnet": (0.3, 0.1, 0.2)}
    for metric, values in scores.items():
        lines = [
            {"snapshot": f"network-{at:06d}.safetensors", "images": 1000 * at + 8, "results": {}}
            for at in (1, 2, 3)
        ]
        for line, value in zip(lines, values, strict=True):
            line["results"] = {metric: value}
        (folder / f"metric-{metric}.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert RunReader(folder).read().best == Best("kid_effnet", 0.1, 2)


def test_what_a_run_tells(tmp_path):
    folder = write_run(tmp_path / "one", gamma=0.5)
    (folder / "samples-000002.png").touch()
    (folder / "samples-000010.png").touch()
    (folder / "network-000000.safetensors").touch()
    (folder / "warnings.jsonl").write_text('{"images": 300, "message": "raise gamma"}\n{"mess')
    line = {"snapshot": "network-000000.safetensors", "images": 300, "results": {"kid": 0.5}}
    (folder / "metric-kid.jsonl").write_text(json.dumps(line) + "\n")
    run = RunReader(folder).read()
    assert (run.name, run.state, run.kimg, run.total_kimg) == ("one", "stopped", 0.3, 1.0)
    assert run.config["gamma"] == 0.5
    assert run.config["network.kind"] == "stylegan3-t"
    assert run.data == "/a/set.zip"
    assert run.log["loss_g"] == [1.0, 2.0, 3.0]
    assert math.isnan(run.log["r1"][0])
    assert run.last("r1") == 0.25
    assert run.last("augment_p") is None
    assert [kimg for kimg, _ in run.samples] == [2, 10]
    assert [warned.message for warned in run.warnings] == ["raise gamma"]
    assert run.metrics == {"kid": ([0.3], [0.5])}
    assert run.best == Best("kid", 0.5, 0)
    assert not run.problem


def test_only_new_whole_lines_are_read_and_a_rewritten_log_is_read_anew(tmp_path):
    folder = write_run(tmp_path / "one")
    reader = RunReader(folder)
    reader.read()
    with (folder / "log.jsonl").open("a") as log:
        log.write('{"kimg": 0.4, "loss_g"')
        log.flush()
        assert len(reader.read().log["kimg"]) == 3
        log.write(": 4.0}\n")
    assert reader.read().log["loss_g"] == [1.0, 2.0, 3.0, 4.0]
    # As a resumed training does: what came after its state is gone.
    short = (folder / "log.jsonl").read_text().splitlines()[:2]
    draft = folder / "draft"
    draft.write_text("\n".join(short) + "\n")
    draft.replace(folder / "log.jsonl")
    assert reader.read().log["loss_g"] == [1.0, 2.0]


@pytest.mark.process
def test_a_run_is_live_while_its_trainer_holds_the_lock(tmp_path):
    folder = write_run(tmp_path / "one", ticks=10)
    assert RunReader(folder).read().state == "finished"
    code = (
        "import sys, pathlib; from train.runs.lock import take_lock;"
        "kept = take_lock(pathlib.Path(sys.argv[1])); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as trainer:
        assert trainer.stdout.readline() == "held\n"
        run = RunReader(folder).read()
        assert run.state == "live"
        assert run.holder.pid == trainer.pid
        with pytest.raises(ValueError, match="another trainer is at work"):
            take_lock(folder)
        trainer.kill()
    assert holder(folder) is None
    with take_lock(folder):
        pass


@pytest.mark.process
def test_looking_at_the_lock_refuses_no_trainer(tmp_path, monkeypatch):
    """Whoever looks holds it for a moment, a long one on a busy machine: the trainer waits."""
    monkeypatch.setattr("train.runs.lock._PATIENCE_S", PATIENCE_S)
    looks = "import sys, pathlib; from train.runs.lock import holder\nprint(flush=True)\n"
    looks += "while True: holder(pathlib.Path(sys.argv[1]))"
    with take_lock(tmp_path):
        pass
    with subprocess.Popen(
        [sys.executable, "-c", looks, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as watcher:
        watcher.stdout.readline()
        for _ in range(50):
            take_lock(tmp_path).close()
        watcher.kill()


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[1, 2]",
        b'{"config": 3}',
        b"\xff\xfe\x00",
        b"[" * 5000,
        b'{"config": {"kimg": []}}',
        b'{"config": ' + b'{"a": ' * 900 + b"1" + b"}" * 901,
        b'{"config": {"kimg": %d}}' % 10**400,
        b'{"images": %d, "message": "odd", "results": {"kid": NaN}}' % 10**400,
        b'{"images": 5000, "results": {"kid": %d}}' % 10**400,
    ],
)
def test_a_broken_folder_is_read_as_far_as_it_goes(tmp_path, broken):
    folder = tmp_path / "broken"
    folder.mkdir()
    names = ("config.json", "log.jsonl", "warnings.jsonl", "metric-kid.jsonl", "training.log")
    for name in names:
        (folder / name).write_bytes(broken)
    (folder / "samples-000001.png").mkdir()
    (folder / "network-abc.safetensors").touch()
    run = RunReader(folder).read()
    assert run.state == "empty"
    assert run.kimg is None
    assert not run.metrics
    assert is_run(folder)
    assert run_folders(tmp_path) == [folder]


def test_lines_of_any_kind_are_no_error(tmp_path):
    folder = write_run(tmp_path / "odd", ticks=1)
    lines = ['{"kimg": "much"}', "null", '{"kimg": NaN}', '{"kimg": 1e400, "loss_g": 1}', "\x00"]
    with (folder / "log.jsonl").open("a") as log:
        log.write("\n".join([*lines, '{"kimg": 0.2, "new": 5, "loss_g": true}']) + "\n")
    run = RunReader(folder).read()
    assert run.log["kimg"] == [0.1, 0.2]
    assert math.isnan(run.log["new"][0])
    assert run.log["new"][1] == 5.0


def test_a_folder_that_is_gone_or_no_run_says_so(tmp_path):
    assert "cannot be read" in RunReader(tmp_path / "gone").read().problem
    assert "no training" in RunReader(tmp_path).read().problem
    assert run_folders(tmp_path / "gone") == []


def test_a_training_that_failed_says_why(tmp_path):
    folder = tmp_path / "failed"
    folder.mkdir()
    (folder / "settings.json").write_text('{"data": "x.zip", "config": {"kimg": 2}}')
    (folder / "training.log").write_text("something\nerror: there is no folder or zip x.zip\n")
    run = RunReader(folder).read()
    assert run.problem == "error: there is no folder or zip x.zip"
    assert run.total_kimg == 2


def test_folders_of_nvidias_trainers_are_read(tmp_path):
    options = {"total_kimg": 5, "training_set_kwargs": {"path": "/x.zip"}, "batch_size": 4}
    (tmp_path / "training_options.json").write_text(json.dumps(options))
    line = {
        "Loss/G/loss": {"num": 2, "mean": 0.75, "std": 0.1},
        "Loss/signs/real": {"num": 2, "mean": 0.5, "std": 0.1},
        "Progress/kimg": {"num": 1, "mean": 4.0, "std": 0},
        "Timing/sec_per_kimg": {"num": 1, "mean": 100.0, "std": 0},
        "timestamp": 1.0,
    }
    (tmp_path / "stats.jsonl").write_text(json.dumps(line) + "\n")
    (tmp_path / "network-snapshot-000004.pkl").touch()
    (tmp_path / "fakes000004.png").touch()
    score = {"snapshot_pkl": "network-snapshot-000004.pkl", "results": {"fid50k_full": 12.5}}
    (tmp_path / "metric-fid50k_full.jsonl").write_text(json.dumps(score) + "\n")
    run = RunReader(tmp_path).read()
    assert (run.state, run.kimg, run.total_kimg, run.data) == ("stopped", 4.0, 5.0, "/x.zip")
    assert run.log["loss_g"] == [0.75]
    assert run.log["images_per_second"] == [10.0]
    assert run.metrics == {"fid50k_full": ([4.0], [12.5])}
    assert run.samples[0][0] == 4
    assert run.networks[0][0] == 4


@pytest.mark.slow
def test_a_huge_log_is_read_in_bounded_time_and_memory(tmp_path, monkeypatch):
    folder = write_run(tmp_path / "huge", ticks=0)
    line = json.dumps({"kimg": 0.5, "loss_g": 1.0, "filler": "x" * 400}) + "\n"
    count = MOST_BYTES // len(line) + 5000
    with (folder / "log.jsonl").open("w") as log:
        log.write(line * count)
        log.write('{"kimg": 0.75, "loss_g": 2.0}\n')
    reader = RunReader(folder)
    run = reader.read()
    assert MOST_ROWS / 2 < len(run.log["kimg"]) <= MOST_ROWS
    assert run.kimg == 0.75
    assert run.last("loss_g") == 2.0
    parsed = []
    monkeypatch.setattr(run_reader, "_values", parsed.append)
    reader.read()
    assert parsed == [], "what was read is not read again"


def test_differences_and_smoothing(tmp_path):
    first = RunReader(write_run(tmp_path / "a", gamma=0.5)).read()
    other = RunReader(write_run(tmp_path / "b", gamma=1.0, mirror=True)).read()
    found = dict(differences([first, other]))
    assert found == {"mirror": (False, True), "gamma": (0.5, 1.0)}
    values = [1.0, math.nan, 3.0]
    assert smoothed(values, 0.0) is values
    mean = smoothed(values, 0.5)
    assert mean[0] == 1.0
    assert math.isnan(mean[1])
    assert mean[2] == pytest.approx((0.25 * 1 + 0.5 * 3) / 0.75)  # weights 1/4 and 1/2


@pytest.mark.process
def test_reading_runs_and_offering_settings_needs_no_torch():
    code = (
        "import sys, train.runs.launch, train.config.form_fields, train.config.presets;"
        "import train.data.picture_source, train.runs.reader;"
        "train.config.form_fields.options(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=PATIENCE_S)


def test_a_log_of_endless_names_keeps_the_first_of_them(tmp_path):
    names = {f"name {index}": 1.0 for index in range(600)}
    lines = [json.dumps({"kimg": index, f"own {index}": 1.0}) for index in range(300)]
    too_long = json.dumps({"kimg": 1, **{f"long {index}": 1 for index in range(20_000)}})
    text = "\n".join([json.dumps({"kimg": 0, **names}), too_long, *lines]) + "\n"
    (tmp_path / "log.jsonl").write_text(text)
    log = RunReader(tmp_path).read().log
    assert len(log) == MOST_COLUMNS
    assert {len(column) for column in log.values()} == {301}
    assert "long 0" not in log
    assert log["name 0"][0] == 1.0


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes with names")
def test_pipes_in_the_place_of_files_are_not_waited_for(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"config": {"kimg": 5}}))
    for name in (".lock", "log.jsonl", "warnings.jsonl", "metric-kid.jsonl", "training.log"):
        os.mkfifo(tmp_path / name)
    run = RunReader(tmp_path).read()
    assert (run.state, run.holder, run.warnings, run.metrics) == ("empty", None, (), {})
    (tmp_path / "config.json").unlink()
    os.mkfifo(tmp_path / "config.json")
    assert "no regular file" in RunReader(tmp_path).read().problem


def test_settings_that_are_too_large_are_a_problem_of_the_folder(tmp_path):
    (tmp_path / "config.json").write_bytes(b"[" * (2 << 20))
    assert "more than 1024 KiB" in RunReader(tmp_path).read().problem
