"""Films of what happens in the window, at a steady rate, in a thread that gives way to the rest.

The window only hands over what it has just shown; whatever the encoder has no time for is left out,
and the film keeps its pace: frame n is what was shown n / rate seconds after the beginning.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np

from systems.processes import lower_priority_of_this_thread
from viz.export.codecs import Frame
from viz.export.film import Film

if TYPE_CHECKING:
    from pathlib import Path

LiveSubject = Literal["window", "pictures"]
MakeFrame = Callable[[], Frame]

NICENESS = 10
"""Niceness of the encoder's thread, so that window and worker come first."""


class LiveFilm:
    """A film of the newest frames that it is offered.

    Args:
        path: Ends in .mp4.
        of: What is filmed.
        fps: Frames a second.
        session: Text of the session at the beginning.

    Raises:
        OSError: it cannot be written there.
    """

    def __init__(self, path: Path, of: LiveSubject, *, fps: int, session: str) -> None:
        self.of = of
        self.path = path
        self._film = Film(path, fps=fps, session=session, hurried=True)
        self._fps = fps
        self._newest: MakeFrame | None = None
        self._error = ""
        self._stopping = threading.Event()
        self._began_at = time.monotonic()
        self._offered_at = float("-inf")
        self._thread = threading.Thread(target=self._run, name="live film", daemon=True)
        self._thread.start()

    @property
    def due(self) -> bool:
        """True if it is time for a new frame."""
        return time.monotonic() - self._offered_at >= 0.9 / self._fps

    @property
    def seconds(self) -> float:
        """Seconds since the film's beginning."""
        return time.monotonic() - self._began_at

    @property
    def error(self) -> str:
        """Error that has ended the film; empty while it goes on."""
        return self._error

    def offer(self, make: MakeFrame) -> None:
        """Hand over what is shown now; `make` is called in the film's thread, or never."""
        self._offered_at = time.monotonic()
        self._newest = make

    def stop(self) -> str:
        """End the film; returns what has become of it, as a sentence."""
        self._stopping.set()
        self._thread.join()
        if self._error:
            return f"{self._error}; {self._film.outcome}"
        try:
            self._film.finish()
        except (ValueError, OSError) as error:
            return f"{error}; {self._film.outcome}"
        return str(self._film.outcome)

    def _run(self) -> None:
        import av

        lower_priority_of_this_thread(NICENESS)
        try:
            self._follow()
        except (OSError, ValueError, av.FFmpegError) as error:
            self._error = str(error)
            self._film.abandon()

    def _follow(self) -> None:
        """Add one frame for each tick that there is time for."""
        made: MakeFrame | None = None
        frame: Frame | None = None
        number = -1
        while not self._stopping.is_set():
            tick = int(self.seconds * self._fps)
            if tick <= number:
                self._stopping.wait((number + 1) / self._fps - self.seconds)
                continue
            if self._newest is not None and self._newest is not made:
                made = self._newest
                frame = in_size_of(made(), frame)
            if frame is not None:
                number = tick
                self._film.add(frame, at=number)
            else:
                self._stopping.wait(1 / self._fps)


def in_size_of(frame: Frame, first: Frame | None) -> Frame:
    """A frame cut and padded to the size of the film's first one, from its upper left corner."""
    if first is None or frame.shape == first.shape:
        return frame
    height, width = first.shape[:2]
    cut = frame[:height, :width]
    missing = ((0, height - cut.shape[0]), (0, width - cut.shape[1]), (0, 0))
    return np.pad(cut, missing)
