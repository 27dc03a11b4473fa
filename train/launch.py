"""Starts, resumes and stops trainings as processes of their own; without PyTorch.

Whoever starts one may end: the training goes on, and says what it has to say in `training.log` in
its run folder.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from train.config import TrainConfig
from train.run_lock import holder
from train.run_reader import OUTPUT_FILE

_ROOT = Path(__file__).resolve().parents[1]
SETTINGS_FILE = "settings.json"
"""What was asked for; the trainer writes what became of it to `config.json`."""

Process = subprocess.Popen[str]


def start(
    data: Path, out: Path, config: TrainConfig, *, init_from: str = "", device: str = "auto"
) -> Process:
    """Start a training that outlives this process.

    Args:
        data: Zip or folder of pictures.
        out: Run folder to make.
        config: The settings; size and labels are taken from the data.
        init_from: Weights to start from; empty: fresh ones.
        device: As `python -m train run --device`.

    Raises:
        ValueError: `out` holds a training already.
        OSError: it cannot be made.
    """
    if holder(out) is not None or any(out.glob("network-*")) or any(out.glob("state-*")):
        raise ValueError(f"{out} holds a training already: choose another name")
    out.mkdir(parents=True, exist_ok=True)
    settings = _write_settings(out / SETTINGS_FILE, data, config)
    return _detached(_run_arguments(data, out, settings, init_from, device), out)


def resume(run: Path, *, kimg: float | None = None) -> Process:
    """Continue a training in a process that outlives this one.

    Args:
        run: Its run folder.
        kimg: New length, thousands of pictures; None: as it was.

    Raises:
        ValueError: it runs.
        OSError: its folder cannot be written.
    """
    if holder(run) is not None:
        raise ValueError(f"{run.name} runs already")
    longer = [] if kimg is None else ["--kimg", f"{kimg:g}"]
    return _detached(["resume", str(run.absolute()), *longer], run)


def stop(run: Path) -> None:
    """Ask a training to end after its step, with a snapshot.

    Raises:
        ValueError: it does not run, or not on this machine.
    """
    found = holder(run)
    if found is None:
        raise ValueError(f"{run.name} does not run")
    if found.pid is None:
        raise ValueError(f"{run.name} runs on {found.host or 'another machine'}: stop it there")
    try:
        # Windows knows no other signal for a process without a console.
        os.kill(found.pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)
    except OSError as error:
        raise ValueError(f"{run.name} cannot be stopped: {error.strerror}") from None


def estimate(
    data: Path, config: TrainConfig, folder: Path, *, init_from: str = "", device: str = "auto"
) -> Process:
    """Start to work out how long a training would take; see `outcome`.

    Args:
        data: Zip or folder of pictures.
        config: The settings.
        folder: Takes the file of settings; it belongs to the caller.
        init_from: Weights to start from; empty: fresh ones.
        device: Where it would run.
    """
    settings = _write_settings(folder / SETTINGS_FILE, data, config)
    arguments = _run_arguments(data, folder / "run", settings, init_from, device)
    return _listened_to([*arguments, "--dry-run"])


def prepare(source: str, out: Path, size: int | None) -> Process:
    """Start to make a data set; see `outcome`.

    Args:
        source: `relief`, or a folder or zip of pictures.
        out: Folder for relief, else the zip to write.
        size: Side of the pictures; None: the largest that all reach.
    """
    sized = [] if size is None else ["--size", str(size)]
    return _listened_to(["prepare", source, "--out", str(out), *sized])


def open_monitor(runs: Sequence[Path]) -> Process:
    """Open the training monitor on some runs, in a process that outlives this one."""
    return _listened_to(["monitor", *(str(run) for run in runs)], outlives=True)


def outcome(process: Process) -> tuple[bool, str] | None:
    """Whether a process that `estimate`, `prepare` or `open_monitor` started went well, and its
    last line; None while it runs."""
    if process.poll() is None:
        return None
    said = process.communicate()[0] or ""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else f"it ended with exit code {process.returncode}"
    return process.returncode == 0, last.removeprefix("error: ")


def _run_arguments(data: Path, out: Path, settings: Path, init_from: str, device: str) -> list[str]:
    weights = ["--init-from", init_from] if init_from else []
    return [
        "run",
        *("--config", str(settings.absolute())),
        *("--data", str(data.absolute())),
        *("--out", str(out.absolute())),
        *("--device", device),
        *weights,
    ]


def _write_settings(path: Path, data: Path, config: TrainConfig) -> Path:
    stored = {"data": str(data.absolute()), "config": config.to_dict()}
    path.write_text(json.dumps(stored, indent=2), "utf-8")
    return path


def _detached(arguments: list[str], folder: Path) -> Process:
    with (folder / OUTPUT_FILE).open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "train", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(),
            start_new_session=True,
            text=True,
        )


def _listened_to(arguments: list[str], *, outlives: bool = False) -> Process:
    return subprocess.Popen(
        [sys.executable, "-m", "train", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
        start_new_session=outlives,
        text=True,
    )


def _environment() -> dict[str, str]:
    """Ours, with this program's modules in reach wherever it was started."""
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), known)))}
