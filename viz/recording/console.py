"""Recordings on a terminal: a progress bar, and a clean end on signals."""

from __future__ import annotations

import signal
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from systems.processes import ENDING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from types import FrameType

    from viz.recording.record import Recorded


def finish(steps: Generator[Recorded, None, None], out: Path) -> str:
    """Run a recording to its end with a progress bar; returns its outcome as a sentence.

    Args:
        steps: The recording, not begun yet.
        out: Where it goes, as the bar calls it.

    Raises:
        ValueError: it was interrupted; the message says what is left of it.
        ValueError, OSError: what the recording raises.
    """
    columns = (
        BarColumn(),
        TextColumn("{task.description}", markup=False),
        TimeRemainingColumn(),
    )
    last: Recorded | None = None
    try:
        with (
            _ended_by_signals(),
            closing(steps),
            Progress(*columns, console=Console(stderr=True), transient=True) as progress,
        ):
            task = progress.add_task(out.name, total=None)
            for last in steps:
                progress.update(task, total=last.total, completed=last.rendered)
    except KeyboardInterrupt:
        raise ValueError(f"stopped; {_left(last)}") from None
    return last.message if last is not None else ""


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Inside it, a signal that would end the process at once interrupts it as Ctrl+C does.

    Signals that are ignored, as under `nohup`, stay so.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    taken = [number for number in ENDING if signal.getsignal(number) == signal.SIG_DFL]
    for number in taken:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _left(last: Recorded | None) -> str:
    """Return what an interrupted recording has left, as part of a sentence."""
    kept = last is not None and Path(last.path).exists()
    return f"{last.path} holds what was encoded" if kept and last else "nothing was kept"
