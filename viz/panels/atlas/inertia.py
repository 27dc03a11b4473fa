"""Inertia after a drag; plain arithmetic."""

from __future__ import annotations

import math
from collections import deque

FADING_S = 0.3
"""Time in which the speed falls to 1/e."""
REMEMBERED_S = 0.1
"""Time before the release over which the speed is averaged."""
SLOWEST = 8.0
"""Speed in pixels a second below which the movement ends."""

Step = tuple[float, float]


class Glide:
    """A movement that goes on for a while after a drag."""

    def __init__(self) -> None:
        self._pushes: deque[tuple[float, Step]] = deque()
        self._speed = (0.0, 0.0)

    @property
    def moves(self) -> bool:
        """True while the movement goes on by itself."""
        return math.hypot(*self._speed) > SLOWEST

    def stop(self) -> None:
        """Stop at once."""
        self._speed = (0.0, 0.0)
        self._pushes.clear()

    def pushed(self, step: Step, seconds: float) -> None:
        """Record a drag by `step` pixels in a frame of `seconds`."""
        self._pushes.append((max(seconds, 1e-4), step))
        while sum(one for one, _step in self._pushes) > REMEMBERED_S and len(self._pushes) > 1:
            self._pushes.popleft()

    def let_go(self, at_once: bool = False) -> None:
        """End the drag and start gliding; with `at_once` there is no glide."""
        seconds = sum(one for one, _step in self._pushes)
        if seconds > 0 and not at_once:
            right = sum(step[0] for _seconds, step in self._pushes)
            down = sum(step[1] for _seconds, step in self._pushes)
            self._speed = (right / seconds, down / seconds)
        self._pushes.clear()

    def step(self, seconds: float) -> Step | None:
        """Advance the glide by a time; return the distance in pixels, or None if it has stopped.

        The total distance does not depend on the number of frames.
        """
        if not self.moves:
            self._speed = (0.0, 0.0)
            return None
        share = math.exp(-seconds / FADING_S)
        way = FADING_S * (1 - share)
        step = (self._speed[0] * way, self._speed[1] * way)
        self._speed = (self._speed[0] * share, self._speed[1] * share)
        return step
