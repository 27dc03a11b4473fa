"""Runs that wait for their turn, one after the other; without PyTorch.

What waits is a run folder with `queued.json` in it: its place, and what it begins with. Whoever
removes that file has the run; so a window can be closed, and two that look at once start nothing
twice. `tend` starts them, in a process of its own that lasts as long as any waits.
"""

import dataclasses
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.files.atomic_files import read_regular, write_atomically
from train.config.divisions import Division
from train.config.training import MOST_SETTINGS_BYTES, TrainConfig
from train.runs import launch
from train.runs.lines import json_object
from train.runs.lock import holder, take_lock
from train.runs.reader import OUTPUT_FILE, QUEUED_FILE, run_folders

LOOK_EVERY_S = 2.0


@dataclass(frozen=True)
class Waiting:
    """A run that waits for its turn."""

    run: Path
    place: float
    """The lowest begins first."""
    beginning: launch.Beginning | None
    """What it begins with; None: it was stopped, and goes on."""


def enqueue(data: Path, out: Path, config: TrainConfig, beginning: launch.Beginning) -> None:
    """Let a new training wait for its turn behind the others of the same folder.

    Args:
        data, out, config, beginning: As `launch.start` takes them.

    Raises:
        ValueError: `out` holds a training already.
        OSError: it cannot be made.
    """
    launch.make_folder(data, out, config)
    _write(out, _last_place(out.parent) + 1, beginning)


def enqueue_again(run: Path) -> None:
    """Let a run that was stopped wait for its turn to go on.

    Raises:
        ValueError: it runs.
        OSError: its folder cannot be written.
    """
    if holder(run) is not None:
        raise ValueError(f"{run.name} runs already")
    _write(run, _last_place(run.parent) + 1, None)


def remove(run: Path) -> None:
    """Take a run out of the queue; one that has never begun goes with its folder.

    Raises:
        ValueError: it does not wait.
        OSError: it cannot be removed.
    """
    _take(run)
    if {path.name for path in run.iterdir()} <= {launch.SETTINGS_FILE, OUTPUT_FILE}:
        shutil.rmtree(run)


def move(run: Path, by: int) -> None:
    """Let a run change places with its neighbour: by -1 it begins earlier, by 1 later.

    Raises:
        OSError: it cannot be written.
    """
    entries = waiting(run.parent)
    at = next((index for index, one in enumerate(entries) if one.run == run), None)
    if at is None or not 0 <= at + by < len(entries):
        return
    one, other = entries[at], entries[at + by]
    _write(one.run, other.place, one.beginning)
    _write(other.run, one.place, other.beginning)


def start_now(run: Path) -> launch.Process:
    """Start a run that waits, whatever else is at work.

    Raises:
        ValueError, OSError: it does not wait, or cannot be started; then it waits no longer.
    """
    entry = _read(run)
    if entry is None:
        raise ValueError(f"{run.name} does not wait")
    _take(run)
    return _start(entry)


def waiting(folder: Path) -> list[Waiting]:
    """List the runs of a folder that wait, in the order of their turns."""
    found = (_read(run) for run in run_folders(folder))
    return sorted((one for one in found if one is not None), key=lambda one: (one.place, one.run))


def tend(
    folder: Path,
    say: Callable[[str], None] = lambda line: None,
    rest: Callable[[float], None] = time.sleep,
) -> None:
    """Start the runs that wait in a folder, one after the other, until none waits.

    It begins with none while any run of the folder is at work. One that cannot be started says so
    in its own log, and the next has its turn.

    Args:
        folder: Folder of run folders.
        say: Told what begins.
        rest: Waits for so many seconds.

    Raises:
        ValueError: somebody tends this folder already, or it cannot be written.
    """
    if is_tended(folder):
        raise ValueError(f"the runs that wait in {folder} are started by another process already")
    with take_lock(folder):
        running: launch.Process | None = None
        while entries := waiting(folder):
            if (running is not None and running.poll() is None) or _is_busy(folder):
                rest(LOOK_EVERY_S)
                continue
            try:
                _take(entries[0].run)
                say(f"{entries[0].run.name} begins")
                running = _start(entries[0])
            except (ValueError, OSError) as error:
                say(f"{entries[0].run.name}: {error}")


def is_tended(folder: Path) -> bool:
    """Return True if a process starts what waits in a folder."""
    return holder(folder) is not None


def _is_busy(folder: Path) -> bool:
    return any(launch.is_at_work(run) for run in run_folders(folder))


def _start(entry: Waiting) -> launch.Process:
    run = entry.run
    try:
        if entry.beginning is None:
            return launch.resume(run)
        stored = json_object(read_regular(run / launch.SETTINGS_FILE, MOST_SETTINGS_BYTES)) or {}
        data, config = stored.get("data"), stored.get("config")
        if not isinstance(data, str) or not isinstance(config, Mapping):
            raise ValueError(f"{launch.SETTINGS_FILE} in {run} is not that of a training")
        return launch.start(Path(data), run, TrainConfig.from_dict(config), entry.beginning)
    except (TypeError, ValueError, OSError) as error:
        launch.note_failure(run, str(error))
        raise ValueError(str(error)) from error


def _take(run: Path) -> None:
    """Take a run out of the queue.

    Raises:
        ValueError: somebody else has.
    """
    try:
        (run / QUEUED_FILE).unlink()
    except FileNotFoundError:
        raise ValueError(f"{run.name} does not wait any more") from None


def _last_place(folder: Path) -> float:
    return max((one.place for one in waiting(folder)), default=0.0)


def _write(run: Path, place: float, beginning: launch.Beginning | None) -> None:
    begins = None if beginning is None else dataclasses.asdict(beginning)
    write_atomically(run / QUEUED_FILE, json.dumps({"place": place, "beginning": begins}, indent=2))


def _read(run: Path) -> Waiting | None:
    """Read how a run waits; None if it does not, or if that cannot be read."""
    try:
        stored = json_object(read_regular(run / QUEUED_FILE, MOST_SETTINGS_BYTES)) or {}
        return Waiting(run, float(stored["place"]), _beginning(stored["beginning"]))
    except (OSError, KeyError, TypeError, ValueError, RecursionError):
        return None


def _beginning(stored: Any) -> launch.Beginning | None:
    if stored is None:
        return None
    division, sizes = stored["division"], stored["sizes"]
    return launch.Beginning(
        init_from=str(stored["init_from"]),
        allow_fresh=stored["allow_fresh"] is True,
        grow=stored["grow"] is True,
        sizes={str(name): str(text) for name, text in sizes.items()},
        device=str(stored["device"]),
        division=None
        if division is None
        else Division(int(division["processes"]), int(division["threads"])),
    )
