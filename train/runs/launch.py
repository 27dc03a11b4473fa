"""Starts, resumes and stops trainings as processes of their own; without PyTorch.

Whoever starts one may end: the training goes on, and says what it has to say in `training.log` in
its run folder.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from generator.files.atomic_files import open_regular, write_atomically
from train.config.training import TrainConfig
from train.runs.lock import holder
from train.runs.reader import OUTPUT_FILE

_ROOT = Path(__file__).resolve().parents[2]
SETTINGS_FILE = "settings.json"
"""File of the settings asked for; the trainer writes those it takes to `config.json`."""

_LAST_BYTES = 64 << 10
Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class BackgroundProcess:
    """Process that somebody waits for. It writes to a file: a full pipe would hold it up."""

    process: Process
    output: IO[bytes]

    def outcome(self) -> tuple[bool, str] | None:
        """Tell once whether it went well, and its last line; None while it runs."""
        if self.process.poll() is None:
            return None
        with self.output:
            self.output.seek(max(0, self.output.seek(0, os.SEEK_END) - _LAST_BYTES))
            words = self.output.read().decode("utf-8", "replace")
        lines = [line.strip() for line in words.splitlines() if line.strip()]
        last = lines[-1] if lines else f"it ended with exit code {self.process.returncode}"
        return self.process.returncode == 0, last.removeprefix("error: ")

    def cancel(self) -> None:
        """End it, without waiting for that."""
        self.output.close()
        self.process.terminate()
        threading.Thread(target=self.process.wait, daemon=True).start()


def start(
    data: Path,
    out: Path,
    config: TrainConfig,
    *,
    init_from: str = "",
    allow_fresh: bool = False,
    device: str = "auto",
) -> Process:
    """Start a training that outlives this process.

    Args:
        data: Zip or folder of pictures.
        out: Run folder to make.
        config: The settings; size and labels are taken from the data.
        init_from: Weights to start from; empty: fresh ones.
        allow_fresh: Take them although more than a tenth of a network stays fresh.
        device: As `python -m train run --device`.

    Raises:
        ValueError: `out` holds a training already.
        OSError: it cannot be made.
    """
    kept = (*out.glob("network-*.safetensors"), *out.glob("state-*.pt"))
    if holder(out) is not None or kept:
        raise ValueError(f"{out} holds a training already: choose another name")
    out.mkdir(parents=True, exist_ok=True)
    settings = _write_settings(out / SETTINGS_FILE, data, config)
    weights = _weights(init_from, allow_fresh=allow_fresh)
    return _detached(_run_arguments(data, out, settings, weights, device), out)


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
    data: Path,
    config: TrainConfig,
    folder: Path,
    *,
    init_from: str = "",
    allow_fresh: bool = False,
    device: str = "auto",
) -> BackgroundProcess:
    """Start to work out how long a training would take.

    Args:
        data: Zip or folder of pictures.
        config: The settings.
        folder: Takes the file of settings; it belongs to the caller.
        init_from: Weights to start from; empty: fresh ones.
        allow_fresh: Take them although more than a tenth of a network stays fresh.
        device: Where it would run.
    """
    settings = _write_settings(folder / SETTINGS_FILE, data, config)
    weights = _weights(init_from, allow_fresh=allow_fresh)
    arguments = _run_arguments(data, folder / "run", settings, weights, device)
    return _listened_to([*arguments, "--dry-run"])


def prepare(source: str, out: Path, size: int | None) -> BackgroundProcess:
    """Start to make a data set.

    Args:
        source: `relief`, or a folder or zip of pictures.
        out: Folder for relief, else the zip to write.
        size: Side of the pictures; None: the largest that all reach.
    """
    sized = [] if size is None else ["--size", str(size)]
    return _listened_to(["prepare", source, "--out", str(out), *sized])


def open_monitor(runs: Sequence[Path]) -> BackgroundProcess:
    """Open the training monitor on some runs, in a process that outlives this one."""
    return _listened_to(["monitor", *(str(run) for run in runs)], outlives=True)


def _weights(init_from: str, *, allow_fresh: bool) -> list[str]:
    """Write the part of the command that says where the weights come from."""
    if not init_from:
        return []
    return ["--init-from", init_from, *(["--allow-fresh"] if allow_fresh else [])]


def _run_arguments(
    data: Path, out: Path, settings: Path, weights: Sequence[str], device: str
) -> list[str]:
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
    write_atomically(path, json.dumps(stored, indent=2))
    return path


def _detached(arguments: list[str], folder: Path) -> Process:
    with open_regular(folder / OUTPUT_FILE, "ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "train", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(),
            start_new_session=True,
        )


def _listened_to(arguments: list[str], *, outlives: bool = False) -> BackgroundProcess:
    output = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
    process = subprocess.Popen(
        [sys.executable, "-m", "train", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=_environment(),
        start_new_session=outlives,
    )
    return BackgroundProcess(process, output)


def _environment() -> dict[str, str]:
    """Copy our environment, with this program's modules in reach wherever it was started."""
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), known)))}
