"""Pace of a training, time that is left, and the line that shows them."""

import statistics
import time
from collections import deque

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

_WINDOW = 64
_OUTLIER = 10.0


class StepTimer:
    """Images per second over the last steps; a process that was paused is not thought slow."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._durations: deque[float] = deque(maxlen=_WINDOW)
        self._started = time.monotonic()

    def start(self) -> None:
        """Note that a step begins."""
        self._started = time.monotonic()

    def stop(self) -> float:
        """Note that a step has ended; returns its seconds, at most ten times the median before."""
        seconds = time.monotonic() - self._started
        if len(self._durations) >= 3:
            seconds = min(seconds, _OUTLIER * statistics.median(self._durations))
        self._durations.append(seconds)
        return seconds

    @property
    def images_per_second(self) -> float:
        """Mean rate over the window; 0 before the first step."""
        total = sum(self._durations)
        return len(self._durations) * self._batch / total if total else 0.0


def duration_text(seconds: float) -> str:
    """Write seconds as a person says them: `42 s`, `12 min`, `3 h 05 min`, `2 d 04 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours:02d} h"


class ProgressLine:
    """A bar on a terminal; a line per tick in a file."""

    def __init__(self, total_images: int, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.fields[kimg]}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[pace]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("training", total=total_images, kimg="", pace="")

    def __enter__(self) -> "ProgressLine":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, images: int, images_per_second: float, seconds_left: float) -> None:
        """Move the bar."""
        self._bar.update(
            self._task,
            completed=images,
            kimg=f"{images / 1000:.2f} kimg",
            pace=f"{images_per_second:.2f} images/s, {duration_text(seconds_left)} left",
        )

    def tick(self, text: str) -> None:
        """Say something that stays: above the bar, or as a line of the file."""
        self._console.print(text, highlight=False, soft_wrap=True)
