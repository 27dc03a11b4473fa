"""Starts, resumes and stops trainings as processes of their own; without PyTorch.

Whoever starts one may end: the training goes on, and says what it has to say in `training.log` in
its run folder.
"""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from generator.files.atomic_files import open_regular, write_atomically
from systems.files import read_end
from systems.processes import apart, ask_to_end, command
from train.config.divisions import Division
from train.config.form_fields import command_words
from train.config.training import TrainConfig
from train.runs.lock import hold, holder, is_held
from train.runs.reader import OUTPUT_FILE, QUEUED_FILE

PROGRAM = __name__.removesuffix(".runs.launch")
"""Module of the trainer: `train`, or where it is installed, `alias_free.train`."""
_ROOT = Path(__file__).resolve().parents[2 + PROGRAM.count(".")]
SETTINGS_FILE = "settings.json"
"""File of the settings asked for; the trainer writes those it takes to `config.json`."""

QUEUE_LOG = "queue.log"
"""File of what starts the runs that wait."""

_LAST_BYTES = 64 << 10
Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Outcome:
    """How a process has ended."""

    ok: bool
    text: str
    """Its last line."""
    said: str
    """All of its lines, or the last of very many."""


@dataclass(frozen=True)
class BackgroundProcess:
    """Process that somebody waits for. It writes to a file: a full pipe would hold it up."""

    process: Process
    output: IO[bytes]

    @property
    def last_line(self) -> str:
        """Line it has printed last; empty where that cannot be read meanwhile (Windows)."""
        return next(reversed(_lines(read_end(self.output, _LAST_BYTES))), "")

    def outcome(self) -> Outcome | None:
        """Tell once how it ended; None while it runs."""
        if self.process.poll() is None:
            return None
        with self.output:
            self.output.seek(max(0, self.output.seek(0, os.SEEK_END) - _LAST_BYTES))
            lines = _lines(self.output.read())
        code = self.process.returncode
        last = lines[-1] if lines else f"it ended with exit code {code}"
        return Outcome(code == 0, last.removeprefix("error: "), "\n".join(lines))

    def cancel(self) -> None:
        """End it, without waiting for that."""
        self.output.close()
        self.process.terminate()
        threading.Thread(target=self.process.wait, daemon=True).start()


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """Weights and division of the cores that a training starts with."""

    init_from: str = ""
    """Weights to start from; empty: fresh ones."""
    allow_fresh: bool = False
    """Take them although more than a tenth of a network stays fresh."""
    grow: bool = False
    """Start a network of twice the size from them."""
    sizes: Mapping[str, str] = field(default_factory=dict)
    """Settings of a grown generator that differ from what follows from the weights, as typed."""
    device: str = "auto"
    """As `python -m train run --device`."""
    division: Division | None = None
    """How the cores are used; None: whatever is measured to be the fastest."""

    @property
    def words(self) -> list[str]:
        """The part of the command that says so.

        Raises:
            ValueError: one of the sizes means nothing.
        """
        words = ["--device", self.device]
        if self.division is not None:
            processes, threads = self.division.processes, self.division.threads
            # One process is not shared, which only a CPU can do.
            words += ["--processes", str(processes)] if processes > 1 else []
            words += ["--threads", str(threads)]
        if not self.init_from:
            return words
        if not self.grow:
            fresh = ["--allow-fresh"] if self.allow_fresh else []
            return [*words, "--init-from", self.init_from, *fresh]
        sizes = (word for size in self.sizes.items() for word in command_words(*size))
        return [*words, "--grow-from", self.init_from, *sizes]


def start(data: Path, out: Path, config: TrainConfig, beginning: Beginning) -> Process:
    """Start a training that outlives this process.

    Args:
        data: Zip or folder of pictures.
        out: Run folder to make.
        config: The settings; size and labels are taken from the data.
        beginning: What it starts from and on.

    Raises:
        ValueError: `out` holds a training already.
        OSError: it cannot be made.
    """
    settings = make_folder(data, out, config)
    return _detached(_run_arguments(data, out, settings, beginning), out / OUTPUT_FILE)


def make_folder(data: Path, out: Path, config: TrainConfig) -> Path:
    """Make the folder of a training that is to come; returns its file of settings.

    Raises:
        ValueError: `out` holds a training already.
        OSError: it cannot be made.
    """
    kept = (*out.glob("network-*.safetensors"), *out.glob("state-*.pt"), out / QUEUED_FILE)
    if is_at_work(out) or any(path.exists() for path in kept):
        raise ValueError(f"{out} holds a training already: choose another name")
    out.mkdir(parents=True, exist_ok=True)
    return _write_settings(out / SETTINGS_FILE, data, config)


def is_at_work(run: Path) -> bool:
    """Return True if a training is at work in a folder, or has been started there a moment ago."""
    return holder(run) is not None or is_held(run / OUTPUT_FILE)


def note_failure(run: Path, why: str) -> None:
    """Write into a run's log why it could not be started, as a trainer would."""
    with open_regular(run / OUTPUT_FILE, "ab") as output:
        output.write(f"error: {why}\n".encode("utf-8", "backslashreplace"))


def tend_queue(folder: Path) -> Process:
    """Start what waits in a folder in a process that outlives this one; see `train.runs.queue`.

    Raises:
        OSError: it cannot be begun.
    """
    return _detached(["queue", str(folder.absolute())], folder / QUEUE_LOG)


def resume(run: Path, *, kimg: float | None = None, division: Division | None = None) -> Process:
    """Continue a training in a process that outlives this one.

    Args:
        run: Its run folder.
        kimg: New length, thousands of pictures; None: as it was.
        division: How the cores are used; None: as before.

    Raises:
        ValueError: it runs.
        OSError: its folder cannot be written.
    """
    if holder(run) is not None:  # one that has let go of it and is about to end does not count
        raise ValueError(f"{run.name} runs already")
    longer = [] if kimg is None else ["--kimg", f"{kimg:g}"]
    shared = (
        []
        if division is None
        else ["--processes", str(division.processes), "--threads", str(division.threads)]
    )
    return _detached(["resume", str(run.absolute()), *longer, *shared], run / OUTPUT_FILE)


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
        ask_to_end(found.pid)
    except OSError as error:
        raise ValueError(f"{run.name} cannot be stopped: {error.strerror}") from None


def estimate(
    data: Path, config: TrainConfig, folder: Path, beginning: Beginning
) -> BackgroundProcess:
    """Start to work out how long a training would take.

    Args:
        data: Zip or folder of pictures.
        config: The settings.
        folder: Takes the file of settings; it belongs to the caller.
        beginning: What it would start from and on.
    """
    settings = _write_settings(folder / SETTINGS_FILE, data, config)
    arguments = _run_arguments(data, folder / "run", settings, beginning)
    return _listened_to([*arguments, "--dry-run"])


def prepare(source: str, out: Path, size: int | None, *, turned: bool = False) -> BackgroundProcess:
    """Start to make a data set.

    Args:
        source: `relief`, or a folder or zip of pictures.
        out: Folder for relief, else the zip to write.
        size: Side of the pictures; None: the largest that all reach, of relief 64 and 128.
        turned: Relief: cut at any place and angle.
    """
    sized = [] if size is None else ["--size", str(size)]
    how = ["--turned"] if turned else []
    return _listened_to(["prepare", source, "--out", str(out), *sized, *how])


def open_monitor(runs: Sequence[Path]) -> BackgroundProcess:
    """Open the training monitor on some runs, in a process that outlives this one."""
    return _listened_to(["monitor", *(str(run) for run in runs)], outlives=True)


def _run_arguments(data: Path, out: Path, settings: Path, beginning: Beginning) -> list[str]:
    return [
        "run",
        *("--config", str(settings.absolute())),
        *("--data", str(data.absolute())),
        *("--out", str(out.absolute())),
        *beginning.words,
    ]


def _write_settings(path: Path, data: Path, config: TrainConfig) -> Path:
    stored = {"data": str(data.absolute()), "config": config.to_dict()}
    write_atomically(path, json.dumps(stored, indent=2))
    return path


def _lines(printed: bytes) -> list[str]:
    lines = printed.decode("utf-8", "replace").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _detached(arguments: list[str], log: Path) -> Process:
    with open_regular(log, "ab") as output:
        hold(output)  # the process has it as long as it lives, though not yet the run's own lock
        return subprocess.Popen(
            command(PROGRAM, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(),
            **apart(),
        )


def _listened_to(arguments: list[str], *, outlives: bool = False) -> BackgroundProcess:
    output = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
    process = subprocess.Popen(
        command(PROGRAM, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=_environment(),
        **apart(outlives=outlives),
    )
    return BackgroundProcess(process, output)


def _environment() -> dict[str, str]:
    """Copy our environment, with this program's modules in reach wherever it was started."""
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), known)))}
