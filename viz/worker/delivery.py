"""How results reach the window: through shared memory, or over a line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from viz.worker.messages import GrowMemory, Memory
from viz.worker.shared_memory import HalfWriter, flatten, room_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from viz.protocol.result import Result
    from viz.wire.line import Line

SMOOTH_S = 1 / 30
"""Pictures that a line carries in less time stay exact."""
RESTING_S = 0.25
"""Time after a picture that is not exact, without another, until it is sent again as it is."""
BEST_QUALITY, WORST_QUALITY = 88, 48
"""Of pictures as JPEG, for as long as they follow each other."""


class Delivery(Protocol):
    """Sends results; what it does later is done as the work on the side is."""

    def send(self, result: Result) -> None:
        """Send a result."""

    @property
    def patience_s(self) -> float | None:
        """Return the seconds to wait for a message before the next `step`; None: none is due."""

    @property
    def insists(self) -> bool:
        """Return whether a step is due even though messages may be waiting."""

    def step(self) -> None:
        """Do what is due."""


class SharedDelivery:
    """Through memory that the window's process owns.

    Args:
        pipe: To the window's process.
        take_memory: Waits for the answer to `GrowMemory`.
    """

    patience_s = None
    insists = False

    def __init__(self, pipe: Connection, take_memory: Callable[[], Memory]) -> None:
        self._pipe = pipe
        self._take_memory = take_memory
        self._writer = HalfWriter()
        self._refused_bytes = 0

    def send(self, result: Result) -> None:
        """Put the arrays into the shared memory, larger if need be, and send the rest."""
        pickled, arrays = flatten(result)
        needed, writer = room_for(arrays), self._writer
        small_enough = not self._refused_bytes or needed < self._refused_bytes
        if needed > writer.half_bytes and small_enough:
            writer.attach(None)
            self._pipe.send(GrowMemory(needed))
            name = self._take_memory().name
            writer.attach(name)
            if name is None:
                self._refused_bytes = needed
        self._pipe.send(writer.write(pickled, arrays))

    def step(self) -> None:
        """Nothing is ever due."""


def next_quality(quality: int, fill: float) -> int:
    """Choose the quality of the next picture.

    Args:
        quality: That of the last one.
        fill: How much it took of what the line carries in the time of a picture.
    """
    if fill > 1:
        return max(WORST_QUALITY, quality - 8)
    return min(BEST_QUALITY, quality + 2) if fill < 0.8 else quality


class LineDelivery:
    """Over a line: pictures as JPEG where it is too slow for them, exact once they rest."""

    insists = False

    def __init__(self, line: Line) -> None:
        self._line = line
        self._owed: Result | None = None
        self._due_at = 0.0
        self._quality = BEST_QUALITY

    @property
    def patience_s(self) -> float | None:
        """Return the seconds until the exact picture is due."""
        return None if self._owed is None else max(0.0, self._due_at - time.monotonic())

    def send(self, result: Result) -> None:
        """Send a result, as exactly as the line allows."""
        rate = self._line.traffic.bytes_per_s
        pictures = (one.picture for one in result.networks)
        size = sum(one.nbytes for one in pictures if one is not None)
        room = size if rate is None else rate * SMOOTH_S
        is_slow = size > room
        sent = self._line.send(result, quality=self._quality if is_slow else None, measured=True)
        if is_slow:
            self._quality = next_quality(self._quality, sent / room)
        self._owed = result if is_slow else None
        self._due_at = time.monotonic() + RESTING_S

    def step(self) -> None:
        """Send the last picture as it is."""
        if self._owed is not None:
            self._line.send(self._owed, measured=True)
            self._owed = None
