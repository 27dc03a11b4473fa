"""Whole trainings in a run folder, and the command line."""

import io
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image
from rich.console import Console

from generator import load_network
from tests.train.conftest import tiny, write_pictures
from tests.train.test_trainer import assert_same
from train.__main__ import main
from train.config import TrainConfig
from train.dataset import ImageDataset
from train.loop import train
from train.run_folder import RunFolder
from train.trainer import StepReport, Trainer, TrainingDivergedError

ROOT = Path(__file__).parents[2]


class StoppingTrainer(Trainer):
    """A trainer that is told to stop, or fails, after some steps."""

    stop_after = math.inf
    nan_after = math.inf

    def step(self) -> StepReport:
        if self.steps_done >= self.nan_after:
            with torch.no_grad():
                self.discriminator.b4.out.bias.fill_(math.nan)
        report = super().step()
        if self.steps_done == self.stop_after:
            os.kill(os.getpid(), signal.SIGINT)
        return report


def run(
    folder: Path, config: TrainConfig, data: ImageDataset, *, trainer: Trainer | None = None
) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), width=200)
    with RunFolder.create(folder, config, Path("set.zip")) as run_folder:
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
    assert entry["images_per_second"] > 0 and entry["memory_mib"] > 0
    assert (entry["loss_d"], entry["real_sign"], entry["r1"]) == (1.4, 0.5, 0.1)
    assert "images/s" in text and "left" in text
    names = {path.name for path in folder.iterdir()}
    for kimg in ("000001", "000002", "000003"):
        assert {f"network-{kimg}.safetensors", f"samples-{kimg}.png"} <= names
    assert [path.name for path in RunFolder.open(folder).states()] == [
        "state-000002.pt",
        "state-000003.pt",
    ]
    assert any(name.startswith("events.out.tfevents") for name in names)
    assert not any(name.endswith(".part") for name in names)
    assert load_network(folder).info["images_seen"] == 3000
    assert Image.open(folder / "samples-000003.png").size == (8 * 16, 4 * 16)


def test_the_written_network_is_the_averaged_one(tmp_path, data):
    config = tiny()
    trainer = Trainer(config, data)
    run(tmp_path / "run", config, data, trainer=trainer)
    written = load_network(tmp_path / "run").state_dict()
    for name, weight in trainer.ema.network.named_parameters():
        assert torch.equal(written[name], weight)


def test_ctrl_c_finishes_the_step_saves_and_resume_ends_with_the_same_weights(tmp_path, data):
    config = tiny()
    straight = Trainer(config, data)
    assert run(tmp_path / "straight", config, data, trainer=straight)[0]

    stopped = StoppingTrainer(config, data)
    stopped.stop_after = 3
    finished, _ = run(tmp_path / "stopped", config, data, trainer=stopped)
    assert not finished and stopped.steps_done == 3

    with RunFolder.open(tmp_path / "stopped") as folder:
        assert folder.read_config()[0] == config
        resumed = Trainer(config, data)
        resumed.load_state_dict(folder.load_state())
        assert resumed.steps_done == 3
        assert train(resumed, folder, Console(file=io.StringIO()))
    assert_same(resumed.state_dict(), straight.state_dict())


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


def test_a_torn_state_falls_back_to_the_one_before(tmp_path):
    with RunFolder.create(tmp_path / "run", tiny(), Path("set.zip")) as folder:
        folder.save_state({"steps_done": 1}, 1)
        torn = folder.save_state({"steps_done": 2}, 2)
        torn.write_bytes(torn.read_bytes()[:100])
        assert folder.load_state() == {"steps_done": 1}
        (tmp_path / "run" / "state-000001.pt").unlink()
        with pytest.raises(ValueError, match=r"cannot be continued: state-000002.pt"):
            folder.load_state()


def test_a_second_trainer_and_a_second_run_are_kept_out(tmp_path):
    with (
        RunFolder.create(tmp_path / "run", tiny(), Path("set.zip")),
        pytest.raises(ValueError, match="another trainer is at work"),
    ):
        RunFolder.open(tmp_path / "run")
    RunFolder.open(tmp_path / "run").__exit__()
    with pytest.raises(ValueError, match="holds a training already"):
        RunFolder.create(tmp_path / "run", tiny(), Path("set.zip"))


def test_the_log_loses_what_came_after_the_resumed_state(tmp_path):
    with RunFolder.create(tmp_path / "run", tiny(), Path("set.zip")) as folder:
        for step in (1, 2, 3):
            folder.log({"step": step})
        with (tmp_path / "run" / "log.jsonl").open("a") as file:
            file.write('{"step": 1, "torn')
        folder.drop_log_after(2)
    assert [entry["step"] for entry in log_of(tmp_path / "run")] == [1, 2]


TINY_FLAGS = [
    *("--batch", "4", "--precision", "fp32", "--threads", "1", "--z-dim", "8", "--w-dim", "8"),
    *("--layers", "4", "--channel-base", "64", "--channel-max", "8"),
    *("--d-channel-base", "64", "--d-channel-max", "8"),
]


def test_prepare_and_dry_run_from_the_command_line(tmp_path, capfd):
    write_pictures(tmp_path / "pictures", 8, 20)
    assert main(["prepare", str(tmp_path / "pictures"), "--out", str(tmp_path)]) == 0
    zipped = str(tmp_path / "pictures.zip")
    out = tmp_path / "run"
    arguments = ["run", "--config", "stylegan3-r", "--data", zipped, "--out", str(out), "--dry-run"]
    assert main(arguments + TINY_FLAGS) == 0
    printed = capfd.readouterr().err
    assert "8 pictures of 16x16" in printed and "images/s here" in printed
    assert '"blur_sigma_px": 2.5' in printed and '"kind": "stylegan3-r"' in printed
    assert not out.exists()


def test_mistakes_on_the_command_line_are_one_line(tmp_path, capfd):
    assert main(["run", "--data", str(tmp_path / "none.zip"), "--out", str(tmp_path / "run")]) == 1
    assert main(["run", "--config", "stylegan4", "--data", "x", "--out", "y"]) == 1
    assert main(["resume", str(tmp_path)]) == 1
    lines = capfd.readouterr().err.strip().splitlines()
    assert [line.split(":")[0] for line in lines] == ["error"] * 3
    assert not (tmp_path / "run").exists()


def test_a_terminated_process_saves_and_can_be_resumed(tmp_path):
    write_pictures(tmp_path / "pictures", 8, 16)
    out = tmp_path / "run"
    command = [sys.executable, "-m", "train"]
    run_command = ["run", "--data", str(tmp_path / "pictures"), "--out", str(out), *TINY_FLAGS]
    process = subprocess.Popen(
        [*command, *run_command, "--tick-kimg", "0.004"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not (out / "log.jsonl").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, printed = process.communicate(timeout=60)
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
