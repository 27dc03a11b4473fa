"""Contents of a run folder, read while a training writes it: plain data, without PyTorch.

Nothing here writes or locks for longer than a look, and nothing a folder holds stops the reading:
lines torn by a power cut are skipped, foreign files left alone, and what is wrong with the folder
as a whole is one line in `Run.problem`. The folders of NVIDIA's trainers can be read as well.
"""

import io
import math
import os
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from generator.files.atomic_files import open_regular, read_regular
from generator.files.run_folders import LOWER_IS_BETTER
from train.config.divisions import Division
from train.config.training import MOST_SETTINGS_BYTES, flat
from train.runs.lines import json_object, whole_lines
from train.runs.lock import Holder, holder, is_held

State = Literal["live", "waiting", "stopped", "finished", "empty"]

MOST_ROWS = 20_000
"""Rows of a log that are kept; of longer ones every second is dropped as often as needed."""
MOST_BYTES = 32 << 20
"""Bytes of a log that are read; what lies before them in a longer one is left out."""
MOST_COLUMNS = 256
"""Columns of a log that are kept: those that come first."""
_MOST_SCORES_BYTES = 4 << 20
QUEUED_FILE = "queued.json"
"""File in the folder of a run that waits for its turn; see `train.runs.queue`."""
OUTPUT_FILE = "training.log"
"""File of what a training that was started in the background prints."""

_NUMBERED = re.compile(r"(?:network-(?:snapshot-)?|samples-|fakes)(\d{1,9})\.(\w+)")
_AVERAGES = re.compile(r"averages-\d{6,}\.\d{3}\.safetensors")
# Columns of NVIDIA's `stats.jsonl` by the names they have here.
_FOREIGN = {
    "Loss/G/loss": "loss_g",
    "Loss/D/loss": "loss_d",
    "Loss/signs/real": "real_sign",
    "Loss/signs/fake": "fake_sign",
    "Loss/scores/real": "real_score",
    "Loss/scores/fake": "fake_score",
    "Loss/r1_penalty": "r1",
    "Progress/augment": "augment_p",
    "Progress/kimg": "kimg",
}


@dataclass(frozen=True)
class Warned:
    """A warning of the trainer."""

    kimg: float
    message: str
    name: str = ""
    """Subject of the warning; empty in folders of earlier versions."""


@dataclass(frozen=True)
class Best:
    """The best snapshot of a run."""

    metric: str
    """Metric that it is the best by."""
    value: float
    kimg: int
    """Whole thousands of pictures, as in the names of its files."""


@dataclass(frozen=True)
class Run:
    """A run folder at one moment."""

    path: Path
    state: State = "empty"
    holder: Holder | None = None
    """Process that is at work in it; None also while that is about to begin or to end."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The settings, flat: those of the generator are `network.kind` and so on."""
    data: str = ""
    """Path of the data set."""
    division: Division | None = None
    """How it uses the cores of its machine; None while unknown."""
    measured: tuple[tuple[Division, float], ...] = ()
    """Divisions that it measured at its start, and their pictures a second."""
    log: Mapping[str, list[float]] = field(default_factory=dict)
    """Columns of the log by name, each with one value a tick, NaN where it was not measured;
    always with `kimg`."""
    metrics: Mapping[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    """Thousands of pictures and values of each metric."""
    warnings: tuple[Warned, ...] = ()
    samples: tuple[tuple[int, Path], ...] = ()
    """Sample grids, by thousands of pictures, oldest first."""
    networks: tuple[tuple[int, Path], ...] = ()
    """Networks, oldest first."""
    averages: int = 0
    """Number of snapshots that kept averages of other lengths."""
    output: tuple[str, ...] = ()
    """The last lines the trainer has said."""
    place: float | None = None
    """Place among the runs that wait for their turn, the lowest first; None if it does not."""
    problem: str = ""
    """Fault of the folder, in one line; empty: none."""

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def kimg(self) -> float | None:
        """Thousands of pictures seen; None before the first tick."""
        seen = [*self.log.get("kimg", [])[-1:], *(kimg for kimg, _ in self.networks[-1:])]
        return max(seen, default=None)

    @property
    def total_kimg(self) -> float | None:
        """Length that was asked for; None while unknown."""
        return _number(self.config.get("kimg"))

    @property
    def rate(self) -> float | None:
        """Pictures a second in the last tick; None while unknown, or when it does not run."""
        return self.last("images_per_second") if self.state == "live" else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until it ends; None while unknown, or when it does not run."""
        return self.last("seconds_left") if self.state == "live" else None

    @property
    def quality(self) -> str:
        """Name of the metric that says how good its pictures are; empty where none is measured."""
        found = (
            name
            for prefix in LOWER_IS_BETTER
            for name in sorted(self.metrics)
            if name.startswith(prefix)
        )
        return next(found, "")

    @property
    def best(self) -> "Best | None":
        """The snapshot with the lowest value of `quality`; None where nothing is measured."""
        if not self.quality:
            return None
        at, values = self.metrics[self.quality]
        value, kimg = min(zip(values, at, strict=True))
        return Best(self.quality, value, int(kimg))

    def last(self, name: str) -> float | None:
        """Return the newest value of a column; None if it was never measured."""
        return next((x for x in reversed(self.log.get(name, [])) if not math.isnan(x)), None)


class RunReader:
    """Reader of one run folder, again and again, that reads only what is new in its log.

    Args:
        path: The run folder; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log = _Log()
        self._metrics: dict[str, tuple[tuple[int, int], tuple[list[float], list[float]]]] = {}

    def read(self) -> Run:
        """Read the folder as it is now."""
        path = self.path
        try:
            names = sorted(os.listdir(path))
        except OSError as error:
            return Run(path, problem=f"{path} cannot be read: {error.strerror}")
        settings, problem = _Settings(), ""
        try:
            settings, problem = _read_settings(path, names)
        except RecursionError:
            problem = "its settings are nested too deeply"
        except (OSError, ValueError) as error:
            problem = str(error)
        foreign = "stats.jsonl" in names and "log.jsonl" not in names
        columns = self._log.read(path / ("stats.jsonl" if foreign else "log.jsonl"))
        at_work = holder(path) if ".lock" in names else None
        output = _tail(path / OUTPUT_FILE) if OUTPUT_FILE in names else ()
        run = Run(
            path=path,
            holder=at_work,
            **vars(settings),
            log=columns,
            metrics=self._read_metrics(names),
            warnings=read_warnings(path) if "warnings.jsonl" in names else (),
            samples=_numbered(path, names, ("samples-", "fakes"), ("png", "jpg")),
            networks=_numbered(path, names, ("network-",), ("safetensors", "pkl")),
            averages=sum(_AVERAGES.fullmatch(name) is not None for name in names),
            output=output,
            place=_place(path) if QUEUED_FILE in names else None,
        )
        # One that begins has its log long before it has the lock.
        begins = at_work is None and OUTPUT_FILE in names and is_held(path / OUTPUT_FILE)
        state = _state(run, begins=begins)
        if not problem and state in ("stopped", "empty"):
            said = [line for line in output if line.startswith("error: ")]
            problem = said[-1] if said and said[-1] == output[-1] else ""
        return Run(**{**vars(run), "state": state, "problem": problem})

    def _read_metrics(self, names: list[str]) -> dict[str, tuple[list[float], list[float]]]:
        found = {}
        for name in names:
            if name.startswith("metric-") and name.endswith(".jsonl"):
                path, metric = self.path / name, name[len("metric-") : -len(".jsonl")]
                known = self._metrics.get(name)
                date = _date(path)
                if known is None or known[0] != date:
                    known = (date, _metric(path, metric))
                    self._metrics[name] = known
                if known[1][0]:
                    found[metric] = known[1]
        return found


class _Log:
    """The columns of a log, and how far it was read."""

    def __init__(self) -> None:
        self._columns: dict[str, list[float]] = {"kimg": []}
        self._file = (0, 0)
        self._offset = 0
        self._head = b""

    def read(self, path: Path) -> dict[str, list[float]]:
        """Read what the log holds now."""
        try:
            with open_regular(path, "rb") as file:
                stat = os.fstat(file.fileno())
                head = file.read(min(64, self._offset))
                # A resumed training writes the log anew without its last lines.
                if (
                    stat.st_ino != self._file[0]
                    or stat.st_size < self._offset
                    or (head != self._head[: len(head)])
                ):
                    self._columns, self._offset = {"kimg": []}, 0
                if stat.st_size - self._offset > MOST_BYTES:
                    self._offset = stat.st_size - MOST_BYTES
                file.seek(0)
                self._head = file.read(64)
                file.seek(self._offset)
                new = file.read(MOST_BYTES)
                self._file = (stat.st_ino, stat.st_size)
        except (OSError, ValueError):
            return {name: list(column) for name, column in self._columns.items()}
        whole = new.rfind(b"\n") + 1  # a line that is being written is read next time
        self._offset += whole
        for line in whole_lines(io.BytesIO(new[:whole])):
            entry = json_object(line) if b"kimg" in line else None
            if entry is not None:
                self._add(_values(entry))
                if len(self._columns["kimg"]) > 2 * MOST_ROWS:
                    self._thin()
        self._thin()
        return {name: list(column) for name, column in self._columns.items()}

    def _add(self, values: dict[str, float]) -> None:
        if "kimg" not in values:
            return
        rows = len(self._columns["kimg"])
        for name in values:
            if name not in self._columns and len(self._columns) < MOST_COLUMNS:
                self._columns[name] = [math.nan] * rows
        for name, column in self._columns.items():
            column.append(values.get(name, math.nan))

    def _thin(self) -> None:
        while len(self._columns["kimg"]) > MOST_ROWS:
            for name, column in self._columns.items():
                self._columns[name] = column[1::2] if len(column) % 2 == 0 else column[::2]


def run_folders(folder: Path) -> list[Path]:
    """List the run folders in a folder, by name; empty if it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if is_run(path))
    except OSError:
        return []


def is_run(path: Path) -> bool:
    """Return True if a folder looks like that of a training, ours or NVIDIA's."""
    signs = ("config.json", "log.jsonl", "settings.json", "training_options.json", "stats.jsonl")
    try:
        return path.is_dir() and any((path / sign).is_file() for sign in signs)
    except OSError:
        return False


def differences(runs: list[Run]) -> list[tuple[str, tuple[Any, ...]]]:
    """List the settings that are not the same in all runs: names, and the value in each run."""
    names = dict.fromkeys(name for run in runs for name in run.config)
    rows = ((name, tuple(run.config.get(name) for run in runs)) for name in names)
    return [(name, values) for name, values in rows if any(one != values[0] for one in values)]


def smoothed(values: list[float], amount: float) -> list[float]:
    """Smooth by a running mean that starts unbiased; gaps (NaN) stay.

    Args:
        values: Values of the ticks.
        amount: 0: as they are; 0.9: the mean of about the last 10.
    """
    if amount <= 0:
        return values
    mean, weight, result = 0.0, 0.0, []
    for value in values:
        if math.isfinite(value):
            mean = amount * mean + (1 - amount) * value
            weight = amount * weight + (1 - amount)
            result.append(mean / weight)
        else:
            result.append(math.nan)
    return result


def _state(run: Run, *, begins: bool) -> State:
    if run.holder is not None or begins:
        return "live"
    if run.place is not None:
        return "waiting"
    if run.kimg is None:
        return "empty"
    total = run.total_kimg
    # The last step may end a little behind the length; a log says so to the picture.
    return "finished" if total is not None and run.kimg >= total else "stopped"


def _place(path: Path) -> float | None:
    """Read a run's place among those that wait."""
    try:
        stored = json_object(read_regular(path / QUEUED_FILE, MOST_SETTINGS_BYTES)) or {}
    except (OSError, ValueError, RecursionError):
        return None
    return _number(stored.get("place"))


@dataclass(frozen=True)
class _Settings:
    """What the file of settings says; fields as in `Run`."""

    config: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""
    division: Division | None = None
    measured: tuple[tuple[Division, float], ...] = ()


def _read_settings(path: Path, names: list[str]) -> tuple[_Settings, str]:
    """Read the settings, and what is wrong with them."""
    for name in ("config.json", "settings.json", "training_options.json"):
        if name not in names:
            continue
        stored = json_object(read_regular(path / name, MOST_SETTINGS_BYTES))
        if stored is None:
            return _Settings(), f"{name} cannot be read"
        if name == "training_options.json":
            data = stored.get("training_set_kwargs")
            where = str(data.get("path", "")) if isinstance(data, Mapping) else ""
            return _Settings({**flat(stored), "kimg": stored.get("total_kimg")}, where), ""
        settings = stored.get("config")
        if not isinstance(settings, Mapping):
            return _Settings(), f"{name} is not that of a training"
        where, processes = str(stored.get("data", "")), stored.get("processes", 1)
        division = _division(processes, stored.get("threads"))
        return _Settings(flat(settings), where, division, _measured(stored.get("measured"))), ""
    known = {"log.jsonl", "stats.jsonl"} & set(names)
    return _Settings(), "" if known else "no training's folder"


def _division(processes: Any, threads: Any) -> Division | None:
    whole = all(type(one) is int and one > 0 for one in (processes, threads))
    return Division(processes, threads) if whole else None


def _measured(stored: Any) -> tuple[tuple[Division, float], ...]:
    found = []
    for entry in stored if isinstance(stored, list) else ():
        if isinstance(entry, list) and len(entry) == 3:
            division, rate = _division(*entry[:2]), _number(entry[2])
            if division is not None and rate is not None:
                found.append((division, rate))
    return tuple(found)


def _values(entry: dict[str, Any]) -> dict[str, float]:
    """Take the numbers of a line of a log, by the names they have here."""
    if "Progress/kimg" in entry:
        means = {
            ours: entry[theirs].get("mean")
            for theirs, ours in _FOREIGN.items()
            if isinstance(entry.get(theirs), dict)
        }
        pace = entry.get("Timing/sec_per_kimg")
        seconds = _number(pace.get("mean")) if isinstance(pace, dict) else None
        if seconds is not None and seconds > 0:
            means["images_per_second"] = 1000 / seconds
        entry = means
    values = {name: _number(value) for name, value in entry.items()}
    return {name: value for name, value in values.items() if value is not None}


def _metric(path: Path, metric: str) -> tuple[list[float], list[float]]:
    at, values = [], []
    for line in _whole_lines_of(path):
        entry = json_object(line)
        if entry is None:
            continue
        results = entry.get("results")
        value = _number(results.get(metric)) if isinstance(results, dict) else None
        match = _NUMBERED.search(str(entry.get("snapshot") or entry.get("snapshot_pkl") or ""))
        images = _number(entry.get("images"))
        kimg = images / 1000 if images is not None else match and int(match[1])
        if value is not None and kimg is not None:
            at.append(float(kimg))
            values.append(value)
    return at, values


def read_warnings(folder: Path) -> tuple[Warned, ...]:
    """Read the warnings of a training that stand: a later line without a message ends one."""
    found: list[Warned] = []
    for line in deque(_whole_lines_of(folder / "warnings.jsonl"), 100):
        entry = json_object(line) or {}
        message, name = entry.get("message"), entry.get("name", "")
        if not isinstance(message, str) or not isinstance(name, str):
            continue
        if name:
            found = [warned for warned in found if warned.name != name]
        if message:
            images = _number(entry.get("images"))
            found.append(Warned((images or 0.0) / 1000, message, name))
    return tuple(found)


def _numbered(
    folder: Path, names: list[str], beginnings: tuple[str, ...], endings: tuple[str, ...]
) -> tuple[tuple[int, Path], ...]:
    found = []
    for name in names:
        match = _NUMBERED.fullmatch(name)
        if match and name.startswith(beginnings) and match[2] in endings:
            found.append((int(match[1]), folder / name))
    return tuple(sorted(found))


def _tail(path: Path, lines: int = 200) -> tuple[str, ...]:
    """Read the last lines of a text file."""
    try:
        with open_regular(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 64 * 1024))
            text: str = file.read(64 * 1024).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ()
    return tuple(line.rstrip() for line in text.splitlines() if line.strip())[-lines:]


def _whole_lines_of(path: Path) -> Iterator[bytes]:
    """Read the lines of a file of scores or warnings; none where it cannot be read."""
    try:
        with open_regular(path, "rb") as file:
            yield from whole_lines(io.BytesIO(file.read(_MOST_SCORES_BYTES)))
    except (OSError, ValueError):
        return


def _date(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def _number(value: Any) -> float | None:
    """Take a JSON value as a finite number; None if it is none."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
    return float(value) if fits else None
