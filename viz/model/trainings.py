"""Trainings as the window knows them: runs, pictures of data sets, estimates.

Files are read and processes waited for in a thread, so that neither a slow disk nor a full folder
holds a frame up; panels look at what was found last. Trainings themselves are processes of their
own, which outlive the window.
"""

from __future__ import annotations

import logging
import math
import tempfile
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from train.runs import launch, queue
from train.runs.log_columns import METRICS as METRICS
from train.runs.log_columns import PLOTS as PLOTS
from train.runs.reader import Run as Run
from train.runs.reader import RunReader, is_run, run_folders
from viz.model.dataset_previews import Picture, Preview, preview_of, shrunk
from viz.model.run_facts import notices, sample_of
from viz.model.training_form import (
    RUNS,
    beginning_of,
    config_of,
    estimated,
    relief_size,
    run_folder_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from train.config.divisions import Division
    from viz.state.training import TrainingState

log = logging.getLogger(__name__)

DATA = Path("data")
"""Folder of prepared data sets, under the one the program was started in."""
LOOK_EVERY_S = 1.0
FOLLOW_EVERY_S = 4.0
"""How often to look at what is trained while the panel is not seen."""
TEND_AGAIN_S = 20.0
"""A process that starts what waits is given this long to begin."""
REST_S = 0.5
"""A path that is typed is looked at once it has stayed the same for so long."""
REMEMBERED = 32
"""Run folders elsewhere, and sample grids, that are remembered."""
GRID_PX = 1024
"""Sample grids are shrunk to this side."""

Curve = NDArray[np.float64]
BackgroundTask = Literal["estimate", "prepare", "monitor"]


@dataclass(frozen=True)
class Answer:
    """Outcome of a background process, or that it still runs."""

    running: bool
    ok: bool = False
    text: str = ""
    """What it has said last, also while it runs."""
    said: str = ""
    """All that it has said, once it has ended."""
    asked: object = None
    """Settings or file that the question was about."""


@dataclass(frozen=True, eq=False)
class SampleGrid:
    """Pictures that a training drew for latents that stay the same."""

    path: Path
    kimg: int
    """Thousands of pictures after which."""
    pixels: Picture


class Trainings:
    """Runs, and outcomes of background processes; `look` keeps them fresh."""

    def __init__(self) -> None:
        self.wake: Callable[[], None] = lambda: None
        """Called when there is something new to see."""
        self.remembered: list[str] = []
        """Run folders elsewhere than under runs/, newest first."""
        self.runs: tuple[Run, ...] = ()
        """Those that wait, in the order of their turns, then the others, the newest first."""
        self.grid: SampleGrid | None = None
        """The sample grid of the chosen run that is looked at."""
        self.preview: Preview | None = None
        """Preview of the data set in the form."""
        self.answers: dict[BackgroundTask, Answer] = {}
        self._notices: deque[str] = deque()
        self._follows = False
        self._tended_at = -math.inf
        self._seen = self._changed = False
        self._chosen = self._data = ""
        self._data_since = -math.inf
        self._sources: tuple[str, ...] = ()
        self._readers: dict[Path, RunReader] = {}
        self._began: dict[Path, float] = {}
        self._grid_kimg = -1
        self._grids: OrderedDict[tuple[Path, int], SampleGrid] = OrderedDict()
        self._processes: dict[BackgroundTask, launch.BackgroundProcess] = {}
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._asked = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def look(self, training: TrainingState, sources: Iterable[str]) -> None:
        """Keep everything fresh until `look_away`.

        Args:
            training: The form and the choice under Training.
            sources: Sources of the networks shown; run folders among them are listed, too.
        """
        asked = (training.chosen, training.grid_kimg, training.data, tuple(sources))
        if training.data != self._data:
            self._data_since = time.monotonic()
        known = (self._chosen, self._grid_kimg, self._data, self._sources)
        if not self._seen or asked != known:
            self._chosen, self._grid_kimg, self._data, self._sources = asked
            self._seen = True
            self._look_now()

    def look_away(self) -> None:
        """Say that nobody looks: folders are left alone."""
        self._seen = False

    def follow(self) -> None:
        """Follow what is trained from now on, also while nobody looks, and start what waits."""
        self._follows = True
        self._look_now()

    def take_notice(self) -> str | None:
        """Return the oldest notice that was not taken yet: a run has begun, ended or warned."""
        return self._notices.popleft() if self._notices else None

    def take_changes(self) -> bool:
        """Return whether there is anything new to see since the last call."""
        changed, self._changed = self._changed, False
        return changed

    def run_of(self, path: str) -> Run | None:
        """Find what is known of a run folder; None if it is not listed."""
        return next((run for run in self.runs if str(run.path) == path), None)

    def chosen(self, training: TrainingState) -> Run | None:
        """Return the run that is looked at: the newest that has begun, if none is chosen."""
        return self._chosen_run(training.chosen)

    def _chosen_run(self, path: str) -> Run | None:
        begun = (run for run in self.runs if run.state != "waiting")
        return self.run_of(path) or next(begun, None) or next(iter(self.runs), None)

    def remember(self, path: Path) -> None:
        """List a run folder from now on, also in later sessions."""
        known = str(path.absolute())
        self.remembered = [known, *(one for one in self.remembered if one != known)][:REMEMBERED]
        self._look_now()

    def start(self, training: TrainingState) -> Path:
        """Start the training that is set; returns its run folder.

        Raises:
            ValueError, OSError: why it cannot be started.
        """
        config = config_of(training)
        if not training.data:
            raise ValueError("choose the pictures first")
        out = run_folder_of(training)
        launch.start(
            Path(training.data),
            out,
            config,
            beginning_of(training),
        )
        self.follow()
        return out

    def enqueue(self, training: TrainingState) -> Path:
        """Let the training that is set wait for its turn; returns its run folder.

        Raises:
            ValueError, OSError: why it cannot wait.
        """
        config, out = config_of(training), run_folder_of(training)
        if not training.data:
            raise ValueError("choose the pictures first")
        queue.enqueue(Path(training.data), out, config, beginning_of(training))
        self.follow()
        return out

    def enqueue_again(self, run: Path) -> None:
        """Let a run that was stopped wait for its turn to go on.

        Raises:
            ValueError, OSError: why it cannot wait.
        """
        queue.enqueue_again(run)
        self.follow()

    def start_now(self, run: Path) -> None:
        """Start a run that waits, whatever else is at work.

        Raises:
            ValueError, OSError: why it cannot be started.
        """
        queue.start_now(run)
        self.follow()

    def remove_waiting(self, run: Path) -> None:
        """Take a run out of the queue; one that has never begun goes with its folder.

        Raises:
            ValueError, OSError: why it cannot be removed.
        """
        queue.remove(run)
        self._look_now()

    def move_waiting(self, run: Path, by: int) -> None:
        """Let a run that waits change places with its neighbour: -1 begins earlier, 1 later.

        Raises:
            OSError: why it cannot.
        """
        queue.move(run, by)
        self._look_now()

    @property
    def waiting(self) -> tuple[Run, ...]:
        """The runs that wait, in the order of their turns."""
        return tuple(run for run in self.runs if run.state == "waiting")

    def resume(self, run: Path, division: Division | None = None) -> None:
        """Continue a training.

        Args:
            run: Its folder.
            division: How the cores are used; None: as before.

        Raises:
            ValueError, OSError: why it cannot be continued.
        """
        launch.resume(run, division=division)
        self.follow()

    def stop(self, run: Path) -> None:
        """Ask a training to end with a snapshot.

        Raises:
            ValueError: it does not run here.
        """
        launch.stop(run)
        self._look_now()

    def start_estimate(self, training: TrainingState) -> None:
        """Start to estimate how long the training that is set would take.

        Raises:
            ValueError, OSError: it cannot be begun.
        """
        config = config_of(training)
        self._scratch = self._scratch or tempfile.TemporaryDirectory(
            prefix="estimate-", ignore_cleanup_errors=True
        )
        self._run(
            "estimate",
            launch.estimate(
                Path(training.data),
                config,
                Path(self._scratch.name),
                beginning_of(training),
            ),
            estimated(training),
        )

    def start_preparation(self, training: TrainingState, *, relief: bool = False) -> None:
        """Start to make a data set of the pictures that are set, or of the demo's relief map.

        Its file is the answer's `asked`.

        Raises:
            OSError: it cannot be begun.
        """
        size = training.size or None
        if relief:
            turned = training.turned
            # Turned ones take long: of one size only.
            process = launch.prepare(
                "relief", DATA.absolute(), relief_size(training) if turned else None, turned=turned
            )
            name = f"relief{'-turned' if turned else ''}-{relief_size(training)}-train.zip"
            self._run("prepare", process, str((DATA / name).absolute()))
            return
        out = (DATA / f"{Path(training.data).stem}-{size or 'square'}.zip").absolute()
        self._run("prepare", launch.prepare(training.data, out, size), str(out))

    def open_monitor(self, runs: Iterable[Path]) -> None:
        """Open the training monitor on some runs.

        Raises:
            OSError: it cannot be begun.
        """
        self._run("monitor", launch.open_monitor(list(runs)), None)

    def cancel(self, task: BackgroundTask) -> None:
        """End a background process, if it is not done."""
        process = self._processes.pop(task, None)
        if process is not None:
            process.cancel()
        self.answers.pop(task, None)

    def take(self, task: BackgroundTask) -> Answer | None:
        """Return the outcome of a process once; None while it runs and afterwards."""
        answer = self.answers.get(task)
        return self.answers.pop(task) if answer is not None and not answer.running else None

    def close(self) -> None:
        """End the thread and what it waits for; trainings and the monitor go on."""
        self._closed = True
        for task in ("estimate", "prepare"):
            if (process := self._processes.pop(task, None)) is not None:
                process.cancel()
        self._asked.set()
        if self._thread is not None:
            self._thread.join(5.0)
        if self._scratch is not None:
            self._scratch.cleanup()

    def _run(self, task: BackgroundTask, process: launch.BackgroundProcess, asked: object) -> None:
        self.cancel(task)
        self._processes[task] = process
        self.answers[task] = Answer(running=True, asked=asked)
        self._look_now()

    def _look_now(self) -> None:
        """Look now."""
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._watch, name="trainings", daemon=True)
            self._thread.start()
        self._asked.set()

    def _watch(self) -> None:
        while not self._closed:
            try:
                seen, changed = self._seen, self._collect_outcomes()
                if self._follows and not seen:
                    changed |= self._read_runs()
                if self._follows:
                    self._tend_queue()
                if seen:
                    # Of the runs known already first: whoever scrubs waits for it.
                    looks = (
                        self._load_grid(),
                        self._read_runs(),
                        self._load_grid(),
                        self._load_preview(),
                    )
                    changed = changed or any(looks)
                if changed:
                    self._changed = True
                    self.wake()
                self._asked.wait(
                    self._look_again_s
                    if seen or self._processes
                    else FOLLOW_EVERY_S
                    if self._follows
                    else None
                )
                self._asked.clear()
            except Exception:
                # The list of runs must not end with one folder that nobody thought of.
                log.exception("a look at the trainings failed")
                time.sleep(LOOK_EVERY_S)

    @property
    def _look_again_s(self) -> float:
        """Seconds until the next look."""
        rest = self._data_since + REST_S - time.monotonic()
        return min(rest, LOOK_EVERY_S) if rest > 0 else LOOK_EVERY_S

    def _read_runs(self) -> bool:
        remembered = [Path(one) for one in [*self.remembered, *self._sources]]
        own = {path.absolute(): None for path in run_folders(RUNS)}
        own |= {path.absolute(): None for path in remembered if is_run(path)}
        self._readers = {path: self._readers.get(path) or RunReader(path) for path in own}
        for path in own:
            self._began.setdefault(path, _began(path))
        runs = [reader.read() for reader in self._readers.values()]
        runs.sort(key=lambda run: (-self._began[run.path], run.name))
        # What waits comes first, in the order of the turns.
        runs.sort(key=lambda run: math.inf if run.state != "waiting" else run.place or 0.0)
        before = {run.path: run for run in self.runs}
        for run in runs:
            if run.path in before:
                self._notices += notices(before[run.path], run)
        changed, self.runs = tuple(runs) != self.runs, tuple(runs)
        return changed

    def _tend_queue(self) -> None:
        """See that a process starts what waits under runs/."""
        own = RUNS.absolute()
        here = any(run.path.parent == own for run in self.waiting)
        patient = time.monotonic() < self._tended_at + TEND_AGAIN_S
        if here and not patient and not queue.is_tended(own):
            self._tended_at = time.monotonic()
            try:
                launch.tend_queue(own)
            except (OSError, ValueError) as error:
                self._notices.append(f"The runs that wait cannot be started: {error}.")

    def _load_grid(self) -> bool:
        run = self._chosen_run(self._chosen)
        if run is None or not run.samples:
            changed, self.grid = self.grid is not None, None
            return changed
        kimg, path = sample_of(run, self._grid_kimg)
        try:
            date = (path, path.stat().st_mtime_ns)
            found = self._grids.get(date) or SampleGrid(path, kimg, shrunk(path, GRID_PX))
        except (OSError, ValueError):  # just replaced, or no picture
            return False
        self._grids[date] = found
        self._grids.move_to_end(date)
        while len(self._grids) > REMEMBERED:
            self._grids.popitem(last=False)
        changed, self.grid = found is not self.grid, found
        return changed

    def _load_preview(self) -> bool:
        source = self._data
        if not source:
            changed, self.preview = self.preview is not None, None
            return changed
        if self.preview is not None and self.preview.source == source:
            return False
        if time.monotonic() < self._data_since + REST_S:
            return False
        found = preview_of(source, lambda: source == self._data and not self._closed)
        if found is None:
            return False
        self.preview = found
        return True

    def looks_at(self, training: TrainingState) -> bool:
        """Return True until the pictures in the form have been looked at."""
        waits = self.preview is None or self.preview.source != training.data
        return bool(training.data) and waits

    def _collect_outcomes(self) -> bool:
        changed = False
        for task, process in list(self._processes.items()):
            outcome = process.outcome()
            before = self.answers.get(task, Answer(running=True))
            after = (
                replace(before, text=process.last_line)
                if outcome is None
                else replace(
                    before, running=False, ok=outcome.ok, text=outcome.text, said=outcome.said
                )
            )
            if after == before or self._processes.get(task) is not process:
                continue
            if outcome is not None:
                del self._processes[task]
            self.answers[task] = after
            changed = True
        return changed


def _began(path: Path) -> float:
    """Find out when a run began, by its oldest file of settings."""
    dates = []
    for name in ("settings.json", "config.json", "reals.png", "training_options.json"):
        try:
            dates.append((path / name).stat().st_mtime)
        except OSError:
            continue
    return min(dates, default=0.0)
