"""Inertia of what has been pushed by hand and let go; plain arithmetic."""

from __future__ import annotations

import math
from collections import deque

FADING_S = 0.3
"""The speed falls to 1/e in so long."""
REMEMBERED_S = 0.1
"""The speed at letting go is that over so long before."""
SLOWEST = 8.0
"""Pixels a second below which it stands."""

Step = tuple[float, float]


class Glide:
    """Something dragged that goes on moving for a while."""

    def __init__(self) -> None:
        self._pushes: deque[tuple[float, Step]] = deque()
        self._speed = (0.0, 0.0)

    @property
    def moves(self) -> bool:
        """Whether it goes on by itself."""
        return math.hypot(*self._speed) > SLOWEST

    def stop(self) -> None:
        """Stand still."""
        self._speed = (0.0, 0.0)
        self._pushes.clear()

    def pushed(self, step: Step, seconds: float) -> None:
        """It has been dragged by so many pixels in a frame of so many seconds."""
        self._pushes.append((max(seconds, 1e-4), step))
        while sum(one for one, _step in self._pushes) > REMEMBERED_S and len(self._pushes) > 1:
            self._pushes.popleft()

    def let_go(self, at_once: bool = False) -> None:
        """The hand has left it; `at_once` it stands."""
        seconds = sum(one for one, _step in self._pushes)
        if seconds > 0 and not at_once:
            right = sum(step[0] for _seconds, step in self._pushes)
            down = sum(step[1] for _seconds, step in self._pushes)
            self._speed = (right / seconds, down / seconds)
        self._pushes.clear()

    def step(self, seconds: float) -> Step | None:
        """How far it goes in so many seconds, in pixels; None while it stands.

        The same way in all, however many frames it takes.
        """
        if not self.moves:
            self._speed = (0.0, 0.0)
            return None
        share = math.exp(-seconds / FADING_S)
        way = FADING_S * (1 - share)
        step = (self._speed[0] * way, self._speed[1] * way)
        self._speed = (self._speed[0] * share, self._speed[1] * share)
        return step
