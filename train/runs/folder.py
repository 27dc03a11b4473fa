"""The folder of a training: its configuration, log, snapshots, and a lock against a second trainer.

config.json               settings, data set, threads
queued.json               while it waits for its turn
log.jsonl                 one JSON object per tick
warnings.jsonl            one JSON object per warning
metric-kid_effnet.jsonl   one JSON object per measured snapshot
network-000123.safetensors  the averaged generator after 123 kimg
averages-000123.000.…     averages of other lengths, if asked for
samples-000123.png        what it draws
state-000123.456.pt       everything needed to continue; the newest are kept
events.out.tfevents.*     the log for TensorBoard
"""

import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from PIL import Image

from generator import Generator, save_network
from generator.files.atomic_files import (
    PART_SUFFIX,
    open_regular,
    read_regular,
    refuse_link,
    replacing,
    write_atomically,
)
from generator.files.checkpoint import PREVIEW_MAX_PX
from generator.files.run_folders import snapshots
from train.config.divisions import Division
from train.config.training import MOST_SETTINGS_BYTES, TrainConfig
from train.runs.lines import append_line, json_object, whole_lines
from train.runs.lock import take_lock
from train.runs.reader import read_warnings
from train.threads import check_threads

# Folders of earlier versions name their states by whole kimg.
_APPENDED = (".lock", ".jsonl", ".log")
"""Endings of the files that a training adds lines to."""
_STATE = re.compile(r"state-(\d{6,})(?:\.(\d{3}))?\.pt")


@dataclass(frozen=True, kw_only=True)
class RunSetup:
    """Contents of `config.json`: all that decides the outcome of a training."""

    config: TrainConfig
    data: Path
    """Path of the data set."""
    fingerprint: str | None = None
    """Fingerprint of the data set; None where it was not recorded."""
    threads: int | None = None
    """Threads that compute; sums over more or fewer are rounded differently. None where they were
    not recorded."""
    processes: int = 1
    """Processes that share the batches, of those that `--processes` started."""
    start: str = ""
    """What the weights came from, in words; empty: at random."""
    measured: tuple[tuple[Division, float], ...] = ()
    """Divisions of the cores that were measured at the start, and their images/s, the first taken;
    empty where none was."""


class RunFolder:
    """A run folder, locked for as long as this object is open.

    Use as a context manager.
    """

    def __init__(self, path: Path, lock: BinaryIO) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def create(cls, path: Path) -> "RunFolder":
        """Make the folder of a new training; one that ended before its first snapshot is reused.

        Raises:
            ValueError: The folder holds a training already, or cannot be made.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"cannot make the folder {path}: {error.strerror}") from None
        folder = cls._locked(path)
        if folder.states() or any(path.glob("network-*.safetensors")):
            folder._lock.close()
            raise ValueError(
                f"{path} holds a training already; continue it with python -m train resume {path}, "
                "or choose another folder"
            )
        (path / "log.jsonl").unlink(missing_ok=True)
        return folder

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Open the folder of an earlier training.

        Raises:
            ValueError: It holds none, or another trainer is at work in it.
        """
        if not (path / "config.json").exists():
            raise ValueError(f"{path} holds no training: config.json is missing")
        return cls._locked(path)

    @classmethod
    def _locked(cls, path: Path) -> "RunFolder":
        try:
            folder = cls(path, take_lock(path))
            # What a killed trainer was writing; nobody else writes while the lock is held.
            for unfinished in path.glob("*" + PART_SUFFIX):
                unfinished.unlink()
            for entry in path.iterdir():
                if entry.name.endswith(_APPENDED):
                    refuse_link(entry)
        except OSError as error:
            raise ValueError(
                f"cannot write in the folder {path}: {error.strerror}; make it writable, or copy "
                "it to where it is"
            ) from None
        return folder

    def __enter__(self) -> "RunFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def write_setup(self, setup: RunSetup) -> None:
        """Store what the training is made of."""
        stored = {
            "data": str(setup.data.resolve()),
            "fingerprint": setup.fingerprint,
            "threads": setup.threads,
            "processes": setup.processes,
            "start": setup.start,
            "measured": [[one.processes, one.threads, rate] for one, rate in setup.measured],
            "config": setup.config.to_dict(),
        }
        write_atomically(self.path / "config.json", json.dumps(stored, indent=2))

    def read_setup(self) -> RunSetup:
        """Read what `write_setup` stored; see `read_setup`."""
        return read_setup(self.path)

    def log(self, entry: Mapping[str, Any]) -> None:
        """Append a line to `log.jsonl`."""
        append_line(self.path / "log.jsonl", entry)

    def log_warning(self, message: str, images_seen: int, *, name: str = "") -> None:
        """Append a line to `warnings.jsonl`; without a message the warning of that name is over."""
        entry = {"images": images_seen, "name": name, "message": message}
        append_line(self.path / "warnings.jsonl", entry)

    def standing_warnings(self) -> list[str]:
        """List the names of the warnings that are not over."""
        return [warned.name for warned in read_warnings(self.path) if warned.name]

    def log_metric(self, name: str, value: float, images_seen: int) -> None:
        """Append a snapshot's score to `metric-NAME.jsonl`.

        `generator.files.run_folders` reads it.
        """
        entry = {
            "snapshot": network_name(images_seen // 1000),
            "images": images_seen,
            "results": {name: value},
        }
        append_line(self.path / f"metric-{name}.jsonl", entry)

    def drop_log_after(self, step: int) -> None:
        """Forget what was logged after the state that is resumed."""
        path = self.path / "log.jsonl"
        if not path.exists():
            return
        with open_regular(path, "rb") as old, replacing(path) as new:
            new.writelines(line for line in whole_lines(old) if _step_of(line) <= step)

    def save_state(self, state: dict[str, Any], images_seen: int, *, keep: int = 2) -> Path:
        """Write the state atomically, then delete all but the newest `keep`."""
        path = self.path / f"state-{images_seen // 1000:06d}.{images_seen % 1000:03d}.pt"
        with replacing(path) as file:
            try:
                torch.save(state, file)
            except RuntimeError as error:
                # PyTorch reports a full disk as a wrong position in the file.
                if isinstance(error.__context__, OSError):
                    raise error.__context__ from None
                raise
        for old in self.states()[:-keep]:
            old.unlink(missing_ok=True)
        return path

    def drop_networks(self, keep: int) -> None:
        """Delete all networks but the newest `keep` and the best by its score, if any has one."""
        found = snapshots(self.path)
        scored = [one for one in found if one.score is not None]
        best = min(scored, key=lambda one: one.score or 0.0).path if scored else None
        for old in found[:-keep]:
            if old.path != best:
                old.path.unlink(missing_ok=True)

    def states(self) -> list[Path]:
        """List the kept states, oldest first."""
        return states_in(self.path)

    def load_state(
        self, passed_over: Callable[[str], None] = lambda reason: None
    ) -> dict[str, Any]:
        """Load the newest state that can be read; see `load_newest_state`."""
        return load_newest_state(self.path, passed_over)

    def save_network(
        self, net: Generator, kimg: int, info: dict[str, Any], grid: Image.Image
    ) -> Path:
        """Write the averaged generator and its sample grid."""
        self.save_picture(f"samples-{kimg:06d}.png", grid)
        path = self.path / network_name(kimg)
        save_network(path, net, info=info, preview=preview_of(grid, net.size))
        return path

    def save_picture(self, name: str, picture: Image.Image) -> None:
        """Write a picture, whole or not at all."""
        png = io.BytesIO()
        picture.save(png, format="png")
        write_atomically(self.path / name, png.getvalue())


def read_setup(folder: Path) -> RunSetup:
    """Read what a training in a folder is made of; needs no lock.

    Raises:
        ValueError: Its `config.json` is missing, or is no such file.
    """
    path = folder / "config.json"
    try:
        stored = json.loads(read_regular(path, MOST_SETTINGS_BYTES))
        config = TrainConfig.from_dict(stored["config"])
        threads = stored.get("threads")
        if threads is not None:
            check_threads(threads)
        processes = stored.get("processes", 1)
        check_threads(processes, "processes")
        return RunSetup(
            config=config,
            data=Path(stored["data"]),
            fingerprint=stored.get("fingerprint"),
            threads=threads,
            processes=processes,
            start=str(stored.get("start", "")),
            measured=tuple(
                (Division(int(count), int(own)), float(rate))
                for count, own, rate in stored.get("measured", ())
            ),
        )
    except FileNotFoundError:
        raise ValueError(f"{folder} holds no training: config.json is missing") from None
    except RecursionError:
        raise ValueError(f"{path} cannot be read: its values are nested too deeply") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None


def network_name(kimg: int) -> str:
    """Name the file of the averaged generator after `kimg` thousand pictures."""
    return f"network-{kimg:06d}.safetensors"


def states_in(folder: Path) -> list[Path]:
    """List the states of a run folder, oldest first."""
    found = [
        (int(match[1]), int(match[2] or -1), path)
        for path in folder.glob("state-*.pt")
        if (match := _STATE.fullmatch(path.name))
    ]
    return [path for *_, path in sorted(found)]


def load_newest_state(
    folder: Path, passed_over: Callable[[str], None] = lambda reason: None
) -> dict[str, Any]:
    """Load the newest state of a run folder that is whole; needs no lock.

    Tensors and numbers only: nothing in the file is executed.

    Args:
        folder: The run folder.
        passed_over: Told of each damaged state that a state before it stands in for.

    Raises:
        ValueError: There is none; the message says what is wrong with each.
    """
    reasons: list[str] = []
    for path in reversed(states_in(folder)):
        try:
            state = _load_state(path)
        # A torn or foreign file surfaces as whatever the unpickler or zip reader stumbled on.
        except Exception as error:  # noqa: BLE001
            first, *_ = str(error).splitlines() or [type(error).__name__]
            reasons.append(f"{path.name} cannot be read ({first:.80})")
            continue
        for reason in reasons:
            passed_over(f"{reason}; the state before it is used instead")
        return state
    detail = "; ".join(reasons) or (
        f"it ended before its first snapshot; start again with python -m train run --out {folder}"
    )
    raise ValueError(f"{folder} cannot be continued: {detail}")


def _load_state(path: Path) -> dict[str, Any]:
    """Load a state, once the checksums in it have been found right: PyTorch does not look."""
    with open_regular(path, "rb") as file:
        with zipfile.ZipFile(file) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise ValueError(f"damaged: the checksum of {damaged} is wrong")
        file.seek(0)
        state = torch.load(file, weights_only=True)
    if not isinstance(state, dict):
        raise TypeError("no training state")
    return state


def _step_of(line: bytes) -> float:
    """Read the step that a line of a log belongs to; a line torn by a power cut belongs to none."""
    step = (json_object(line) or {}).get("step")
    return step if isinstance(step, int | float) else math.inf


def preview_of(grid: Image.Image, size: tuple[int, int]) -> Image.Image:
    """As many of a grid's first pictures, of a height and width, as a network file has room for."""
    height, width = size
    columns, rows = (max(PREVIEW_MAX_PX // side, 1) for side in (width, height))
    shown = grid.crop((0, 0, min(columns * width, grid.width), min(rows * height, grid.height)))
    shown.thumbnail((PREVIEW_MAX_PX, PREVIEW_MAX_PX))
    return shown
