"""Whole trainings in a run folder, and the command line."""

import errno
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from PIL import Image
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from generator import load_network
from tests.patience import PATIENCE_S
from tests.train.conftest import tiny, write_pictures
from tests.train.test_trainer import assert_same
from train.commands.main import main
from train.config.presets import ABLATION
from train.config.training import TrainConfig
from train.data.dataset import ImageDataset
from train.loop import train
from train.runs.folder import RunFolder, RunSetup
from train.trainer import StepReport, Trainer, TrainingDivergedError

ROOT = Path(__file__).parents[2]


class StoppingTrainer(Trainer):
    """A trainer that is told to stop, or fails, after some steps."""

    stop_after = math.inf
    nan_after = math.inf
    nan_weight_after = math.inf

    def step(self) -> StepReport:
        if self.steps_done >= self.nan_after:
            with torch.no_grad():
                self.discriminator.b4.out.bias.fill_(math.nan)
        report = super().step()
        if self.steps_done >= self.nan_weight_after:
            # As a gradient that overflows leaves it: the step's losses were finite.
            with torch.no_grad():
                next(self.generator.synthesis.parameters()).fill_(math.nan)
        if self.steps_done == self.stop_after:
            os.kill(os.getpid(), signal.SIGINT)
        return report


def run(
    folder: Path, config: TrainConfig, data: ImageDataset, *, trainer: Trainer | None = None
) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), width=200)
    with RunFolder.create(folder) as run_folder:
        run_folder.write_setup(RunSetup(config=config, data=Path("set.zip")))
        finished = train(trainer or Trainer(config, data), run_folder, console)
    return finished, console.file.getvalue()


def log_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_a_training_leaves_log_networks_grids_and_states(tmp_path, data):
    config = tiny(kimg=3.0, batch=250, tick_kimg=0.5, snapshot_kimg=1.0)
    folder = tmp_path / "run"

    class Fast(Trainer):
        def step(self) -> StepReport:
            self.steps_done += 1
            return StepReport(0.7, 1.4, 0.5, -0.5, None if self.steps_done % 4 else 0.1, None)

    finished, text = run(folder, config, data, trainer=Fast(config, data))
    assert finished
    assert [entry["kimg"] for entry in log_of(folder)] == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    entry = log_of(folder)[1]
    assert entry["images_per_second"] > 0
    assert entry["memory_mib"] > 0
    assert (entry["loss_d"], entry["real_sign"], entry["r1"]) == (1.4, 0.5, 0.1)
    assert "images/s" in text
    assert "left" in text
    names = {path.name for path in folder.iterdir()}
    for kimg in ("000001", "000002", "000003"):
        assert {f"network-{kimg}.safetensors", f"samples-{kimg}.png"} <= names
    assert [path.name for path in RunFolder.open(folder).states()] == [
        "state-000002.000.pt",
        "state-000003.000.pt",
    ]
    assert any(name.startswith("events.out.tfevents") for name in names)
    assert not any(name.endswith(".part") for name in names)
    assert load_network(folder).info["images_seen"] == 3000
    assert Image.open(folder / "samples-000003.png").size == (8 * 16, 4 * 16)


@pytest.mark.slow
def test_the_written_network_is_the_averaged_one(tmp_path, data):
    config = tiny()
    trainer = Trainer(config, data)
    run(tmp_path / "run", config, data, trainer=trainer)
    written = load_network(tmp_path / "run").state_dict()
    for name, weight in trainer.ema.network.named_parameters():
        assert torch.equal(written[name], weight)


@pytest.mark.slow
def test_ctrl_c_finishes_the_step_saves_and_resume_ends_with_the_same_weights(tmp_path, data):
    config = tiny()
    straight = Trainer(config, data)
    assert run(tmp_path / "straight", config, data, trainer=straight)[0]

    stopped = StoppingTrainer(config, data)
    stopped.stop_after = 3
    finished, _ = run(tmp_path / "stopped", config, data, trainer=stopped)
    assert not finished
    assert stopped.steps_done == 3

    with RunFolder.open(tmp_path / "stopped") as folder:
        assert folder.read_setup().config == config
        resumed = Trainer(config, data)
        resumed.load_state_dict(folder.load_state())
        assert resumed.steps_done == 3
        assert train(resumed, folder, Console(file=io.StringIO()))
    assert_same(resumed.state_dict(), straight.state_dict())


@pytest.mark.slow
def test_divergence_is_reported_and_keeps_the_last_snapshot(tmp_path, data):
    config = tiny()
    trainer = StoppingTrainer(config, data)
    trainer.nan_after = 7
    with pytest.raises(TrainingDivergedError, match="kept is the snapshot of 20 pictures"):
        run(tmp_path / "run", config, data, trainer=trainer)
    with RunFolder.open(tmp_path / "run") as folder:
        state = folder.load_state()
    assert state["steps_done"] == 5
    assert all(bool(weight.isfinite().all()) for weight in state["discriminator"].values())
    assert bool(load_network(tmp_path / "run").mapping.w_avg.isfinite().all())


@pytest.mark.slow
def test_weights_that_are_not_finite_never_reach_a_snapshot(tmp_path, data):
    config = tiny(tick_kimg=0.004, snapshot_kimg=0.008)
    trainer = StoppingTrainer(config, data)
    # A snapshot is due after this very step, before any loss could show it.
    trainer.nan_weight_after = 4
    with pytest.raises(
        TrainingDivergedError,
        match=r"weight of the generator .* kept is the snapshot of 8 pictures",
    ):
        run(tmp_path / "run", config, data, trainer=trainer)
    with RunFolder.open(tmp_path / "run") as folder:
        state = folder.load_state()
    assert state["steps_done"] == 2
    assert all(bool(weight.isfinite().all()) for weight in state["generator"].values())
    assert load_network(tmp_path / "run").info["images_seen"] == 8


def test_ctrl_c_saves_no_weights_that_are_not_finite(tmp_path, data):
    trainer = StoppingTrainer(tiny(), data)
    trainer.stop_after = trainer.nan_weight_after = 2
    with pytest.raises(TrainingDivergedError, match="kept is no snapshot"):
        run(tmp_path / "run", tiny(), data, trainer=trainer)
    assert RunFolder.open(tmp_path / "run").states() == []


@pytest.mark.slow
def test_snapshots_within_one_kimg_are_kept_apart(tmp_path, data):
    run(tmp_path / "run", tiny(), data)
    names = [path.name for path in RunFolder.open(tmp_path / "run").states()]
    assert names == ["state-000000.020.pt", "state-000000.040.pt"]


def test_states_named_by_whole_kimg_come_before_those_of_the_same_kimg(tmp_path):
    with RunFolder.create(tmp_path / "run") as folder:
        for name in ("state-000012.pt", "state-000012.000.pt", "state-000009.900.pt"):
            (tmp_path / "run" / name).touch()
        folder.save_state({"steps_done": 1}, 12_504)
        names = [path.name for path in folder.states()]
    assert names == ["state-000012.000.pt", "state-000012.504.pt"]


@pytest.mark.slow
def test_a_run_that_ended_before_its_first_snapshot_can_start_again(tmp_path, data):
    trainer = StoppingTrainer(tiny(tick_kimg=0.004), data)
    trainer.nan_after = 2
    with pytest.raises(TrainingDivergedError, match="kept is no snapshot"):
        run(tmp_path / "run", trainer.config, data, trainer=trainer)
    assert log_of(tmp_path / "run")
    with (
        RunFolder.open(tmp_path / "run") as folder,
        pytest.raises(ValueError, match="start again with python -m train run"),
    ):
        folder.load_state()
    assert run(tmp_path / "run", tiny(), data)[0]
    assert [entry["images"] for entry in log_of(tmp_path / "run")] == [12, 24, 36, 40]


@pytest.mark.slow
def test_a_stop_before_the_first_step_can_be_resumed(tmp_path, data, monkeypatch):
    trainer = StoppingTrainer(tiny(), data)

    @contextmanager
    def stopped_at_once():
        yield lambda: True

    monkeypatch.setattr("train.loop._stop_requests", stopped_at_once)
    assert not run(tmp_path / "run", tiny(), data, trainer=trainer)[0]
    monkeypatch.undo()
    with RunFolder.open(tmp_path / "run") as folder:
        trainer.load_state_dict(folder.load_state())
        assert train(trainer, folder, Console(file=io.StringIO()))


@pytest.mark.slow
def test_tensorboard_keeps_every_point_over_a_resume(tmp_path, data):
    config = tiny(tick_kimg=0.004, kimg=0.016)
    trainer = StoppingTrainer(config, data)
    trainer.stop_after = 2
    run(tmp_path / "run", config, data, trainer=trainer)
    # Event files are read in the order of the second in their names.
    time.sleep(1.1)
    with RunFolder.open(tmp_path / "run") as folder:
        train(trainer, folder, Console(file=io.StringIO()))
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    assert [event.step for event in events.Scalars("loss/loss_g")] == [4, 8, 12, 16]


def test_a_full_disk_keeps_the_files_before(tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with RunFolder.create(tmp_path / "run") as folder:
        folder.save_picture("reals.png", Image.new("RGB", (8, 8), "red"))
        folder.save_state({"weights": torch.zeros(9)}, 1000)
        monkeypatch.setattr("generator.files.atomic_files.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            folder.save_picture("reals.png", Image.new("RGB", (8, 8), "blue"))
        with pytest.raises(OSError, match="No space left"):
            folder.save_state({"weights": torch.zeros(9)}, 2000)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {".lock", "reals.png", "state-000001.000.pt"}
    assert Image.open(tmp_path / "run" / "reals.png").getpixel((0, 0)) == (255, 0, 0)


def test_a_torn_state_falls_back_to_the_one_before(tmp_path):
    with RunFolder.create(tmp_path / "run") as folder:
        whole = folder.save_state({"steps_done": 1}, 1000)
        torn = folder.save_state({"steps_done": 2}, 2000)
        torn.write_bytes(torn.read_bytes()[:100])
        assert folder.load_state() == {"steps_done": 1}
        whole.unlink()
        with pytest.raises(ValueError, match=rf"cannot be continued: {torn.name}"):
            folder.load_state()


def test_a_second_trainer_and_a_second_run_are_kept_out(tmp_path):
    with RunFolder.create(tmp_path / "run") as folder:
        folder.write_setup(RunSetup(config=tiny(), data=Path("set.zip")))
        folder.save_state({"steps_done": 1}, 4)
        with pytest.raises(ValueError, match="another trainer is at work"):
            RunFolder.open(tmp_path / "run")
    RunFolder.open(tmp_path / "run").__exit__()
    with pytest.raises(ValueError, match="holds a training already"):
        RunFolder.create(tmp_path / "run")
    # The refusal leaves the folder unlocked.
    RunFolder.open(tmp_path / "run").__exit__()


def test_the_log_loses_what_came_after_the_resumed_state(tmp_path):
    with RunFolder.create(tmp_path / "run") as folder:
        for step in (1, 2, 3):
            folder.log({"step": step})
        with (tmp_path / "run" / "log.jsonl").open("a") as file:
            file.write('{"step": 1, "torn')
        folder.drop_log_after(2)
    assert [entry["step"] for entry in log_of(tmp_path / "run")] == [1, 2]


SMALL_FLAGS = [
    *("--batch", "4", "--precision", "fp32", "--threads", "1", "--z-dim", "8", "--w-dim", "8"),
    *("--channel-base", "64", "--channel-max", "8"),
    *("--d-channel-base", "64", "--d-channel-max", "8"),
]
TINY_FLAGS = [*SMALL_FLAGS, "--layers", "4"]


@pytest.mark.slow
def test_prepare_and_dry_run_from_the_command_line(tmp_path, capfd):
    write_pictures(tmp_path / "pictures", 8, 20)
    assert main(["prepare", str(tmp_path / "pictures"), "--out", str(tmp_path)]) == 0
    zipped = str(tmp_path / "pictures.zip")
    out = tmp_path / "run"
    arguments = ["run", "--config", "stylegan3-r", "--data", zipped, "--out", str(out), "--dry-run"]
    assert main(arguments + TINY_FLAGS) == 0
    printed = capfd.readouterr().err
    assert "8 pictures of 16x16" in printed
    assert "images/s here" in printed
    assert '"blur_sigma_px": 2.5' in printed
    assert '"kind": "stylegan3-r"' in printed
    assert "a data set of 8 pictures is small" in printed
    assert re.search(r"images/s here, .* in all, \d+ MiB of memory$", printed.strip())
    assert not out.exists()
    torn = tmp_path / "pictures" / "p3.png"
    torn.write_bytes(torn.read_bytes()[:200])
    arguments[4] = str(tmp_path / "pictures")
    assert main(arguments + TINY_FLAGS) == 1
    assert "p3.png in" in error_of(capfd)
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ABLATION)
def test_every_configuration_of_the_ablation_runs_dry(name: str, tmp_path, capfd) -> None:
    write_pictures(tmp_path / "pictures", 4, 16)
    arguments = ["run", "--config", name, "--data", str(tmp_path / "pictures")]
    arguments += ["--out", str(tmp_path / "run"), "--dry-run"]
    assert main(arguments + SMALL_FLAGS) == 0
    assert "4 pictures of 16x16" in capfd.readouterr().err


def command(*arguments: object) -> int:
    return main([*map(str, arguments), *(TINY_FLAGS if arguments[0] == "run" else [])])


def error_of(capfd: pytest.CaptureFixture[str]) -> str:
    """The one line that was printed."""
    (line,) = capfd.readouterr().err.strip().splitlines()
    return line


@pytest.mark.slow
def test_ctrl_c_while_precision_is_measured_leaves_a_folder_to_start_in(
    tmp_path, capfd, monkeypatch
):
    write_pictures(tmp_path / "set", 4, 16)
    arguments = ("run", "--data", tmp_path / "set", "--out", tmp_path / "run", "--kimg", 0.004)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("train.commands.run.measured_precision", interrupted)
    assert main([*map(str, arguments), *TINY_FLAGS, "--precision", "auto"]) == 130
    assert error_of(capfd) == "stopped"
    assert command("resume", tmp_path / "run") == 1
    assert "holds no training" in error_of(capfd)
    assert command(*arguments) == 0
    assert command(*arguments) == 1


@pytest.mark.slow
def test_a_resume_keeps_threads_and_refuses_other_data(tmp_path, capfd):
    write_pictures(tmp_path / "set", 4, 16)
    run_folder = tmp_path / "run"
    assert command("run", "--data", tmp_path / "set", "--out", run_folder, "--kimg", 0.004) == 0
    # The flags' one thread, whatever the process computes with by now.
    torch.set_num_threads(2)
    assert command("resume", run_folder, "--kimg", 0.008) == 0
    assert torch.get_num_threads() == 1
    assert json.loads((run_folder / "config.json").read_text())["threads"] == 1

    Image.new("RGB", (16, 16), "red").save(tmp_path / "set" / "p2.png")
    capfd.readouterr()
    assert command("resume", run_folder, "--kimg", 0.012) == 1
    assert "other pictures or labels than this training began with" in error_of(capfd)
    assert command("resume", run_folder, "--kimg", "inf") == 1
    assert "kimg must be a number" in error_of(capfd)
    write_pictures(tmp_path / "moved", 4, 16)
    assert command("resume", run_folder, "--kimg", 0.012, "--data", tmp_path / "moved") == 0


@pytest.mark.slow
def test_a_folder_of_an_earlier_version_is_resumed_and_completed(tmp_path):
    write_pictures(tmp_path / "set", 4, 16)
    run_folder = tmp_path / "run"
    assert command("run", "--data", tmp_path / "set", "--out", run_folder, "--kimg", 0.008) == 0
    setup = json.loads((run_folder / "config.json").read_text())
    fingerprint = setup.pop("fingerprint")
    del setup["threads"]
    (run_folder / "config.json").write_text(json.dumps(setup))
    (run_folder / "state-000000.008.pt").rename(run_folder / "state-000000.pt")

    assert command("resume", run_folder, "--kimg", 0.012, "--threads", 1) == 0
    assert log_of(run_folder)[-1]["step"] == 3
    assert json.loads((run_folder / "config.json").read_text())["fingerprint"] == fingerprint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--threads", "0"), "threads must be a whole number from 1"),
        (("--d-channel-base", "8"), "channel_base must be at least the resolution, 16"),
        (("--out", "{set}/p0.png/run"), "cannot make the folder"),
    ],
)
def test_a_run_that_cannot_be_is_refused_in_one_line(tmp_path, capfd, arguments, message):
    write_pictures(tmp_path / "set", 4, 16)
    changes = [argument.format(set=tmp_path / "set") for argument in arguments]
    start = ["run", "--data", str(tmp_path / "set"), "--out", str(tmp_path / "run")]
    assert main([*start, *TINY_FLAGS, *changes]) == 1
    assert message in error_of(capfd)


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ("[]", "cannot be read"),
        ('{"data": "x", "config": []}', "configuration must be an object"),
        ('{"data": "x", "config": {"batch": 2.5}}', "batch must be a whole number"),
        ('{"data": "x", "config": {}, "threads": "all"}', "threads must be"),
    ],
)
def test_a_spoilt_config_is_refused_in_one_line(tmp_path, capfd, stored, message):
    (tmp_path / "config.json").write_text(stored)
    assert command("resume", tmp_path) == 1
    assert message in error_of(capfd)


def test_a_place_that_takes_no_files_is_reported_in_one_line(tmp_path, capfd):
    write_pictures(tmp_path / "set", 1, 16)
    (tmp_path / "file").touch()
    assert command("prepare", tmp_path / "set", "--out", tmp_path / "file" / "set.zip") == 1
    assert error_of(capfd).startswith("error: ")


def test_mistakes_on_the_command_line_are_one_line(tmp_path, capfd):
    assert main(["run", "--data", str(tmp_path / "none.zip"), "--out", str(tmp_path / "run")]) == 1
    assert main(["run", "--config", "stylegan4", "--data", "x", "--out", "y"]) == 1
    assert main(["resume", str(tmp_path)]) == 1
    lines = capfd.readouterr().err.strip().splitlines()
    assert [line.split(":")[0] for line in lines] == ["error"] * 3
    assert not (tmp_path / "run").exists()


@pytest.mark.process
def test_a_terminated_process_saves_and_can_be_resumed(tmp_path):
    write_pictures(tmp_path / "pictures", 8, 16)
    out = tmp_path / "run"
    train_command = [sys.executable, "-m", "train"]
    run_command = ["run", "--data", str(tmp_path / "pictures"), "--out", str(out), *TINY_FLAGS]
    process = subprocess.Popen(
        [*train_command, *run_command, "--tick-kimg", "0.004"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not (out / "log.jsonl").exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, printed = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    assert process.returncode == 0
    assert f"python -m train resume {out}" in printed
    with RunFolder.open(out) as folder:
        seen = folder.load_state()["steps_done"] * 4
    assert seen > 0
    kimg = str((seen + 8) / 1000)
    assert main(["resume", str(out), "--kimg", kimg, "--threads", "1"]) == 0
    assert log_of(out)[-1]["images"] == seen + 8
