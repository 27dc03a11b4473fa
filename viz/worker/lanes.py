"""Small requests beside those for pictures: of each kind one is on its way at a time."""

from __future__ import annotations

from typing import Generic, TypeVar

R = TypeVar("R")


class Lane(Generic[R]):
    """The requests of one kind; of those that wait only the newest is kept.

    Args:
        most_crashes: A request that ended the process so often in a row is given up.
    """

    def __init__(self, most_crashes: int) -> None:
        self._most_crashes = most_crashes
        self._waiting: R | None = None
        self._in_flight: R | None = None
        self._crashes = 0

    @property
    def newest(self) -> R | None:
        """The newest request that has not been answered."""
        return self._waiting if self._waiting is not None else self._in_flight

    def ask(self, request: R) -> None:
        """Have a request wait for its turn; one that still waits is dropped for it."""
        self._waiting = request

    def next(self) -> R | None:
        """Return the request to send now; None while one is on its way, or none waits."""
        if self._in_flight is not None or self._waiting is None:
            return None
        self._in_flight, self._waiting = self._waiting, None
        return self._in_flight

    def answered(self) -> None:
        """Note that the request on its way has its answer."""
        self._in_flight, self._crashes = None, 0

    def lost(self) -> R | None:
        """Note that the process died; the request on its way is tried again a few times.

        Returns:
            The request, if it is given up.
        """
        lost, self._in_flight = self._in_flight, None
        if lost is None:
            return None
        self._crashes += 1
        if self._crashes < self._most_crashes:
            self._waiting = self._waiting if self._waiting is not None else lost
            return None
        self._waiting, self._crashes = None, 0
        return lost
