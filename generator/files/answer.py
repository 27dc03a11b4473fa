"""A server's answer, read by a thread of its own so that nobody has to wait for it."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import urllib.request
    from collections.abc import Iterator
    from types import TracebackType

_CHUNK_BYTES = 1 << 18
_CHUNKS_AHEAD = 16
_TICK_S = 0.25


@dataclass(frozen=True)
class Head:
    """The answer's beginning."""

    status: int
    headers: Message


class Answer:
    """Reads an answer in a thread; used with `with`, which may be left at any time.

    Iterating gives (head, None) once, (None, bytes) for what has arrived, and (None, None) several
    times a second while nothing arrives. What goes wrong in the thread is raised here.

    Args:
        opener: Opens the request.
        request: What is asked.
        timeout_s: Longest silence of the server.
    """

    def __init__(
        self,
        opener: urllib.request.OpenerDirector,
        request: urllib.request.Request,
        timeout_s: float,
    ) -> None:
        self.began = False
        """True once the head has arrived."""
        self._opener, self._request, self._timeout_s = opener, request, timeout_s
        self._items: queue.Queue[Head | bytes | Exception] = queue.Queue(_CHUNKS_AHEAD)
        self._left = threading.Event()
        # A thread that waits for a silent server must not keep the program from ending.
        self._thread = threading.Thread(target=self._read, name="download", daemon=True)

    def __enter__(self) -> Answer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._left.set()

    def __iter__(self) -> Iterator[tuple[Head | None, bytes | None]]:
        while True:
            try:
                item = self._items.get(timeout=_TICK_S)
            except queue.Empty:
                yield None, None
                continue
            if isinstance(item, Exception):
                raise item
            if isinstance(item, Head):
                self.began = True
                yield item, None
            elif item:
                yield None, item
            else:
                return

    def _read(self) -> None:
        try:
            with self._opener.open(self._request, timeout=self._timeout_s) as response:
                self._put(Head(response.status, response.headers))
                while not self._left.is_set():
                    # Not `read`, which waits until there is as much as was asked for.
                    chunk = response.read1(_CHUNK_BYTES)
                    self._put(chunk)
                    if not chunk:
                        return
        except Exception as error:  # noqa: BLE001 - raised in the thread that iterates
            self._put(error)

    def _put(self, item: Head | bytes | Exception) -> None:
        while not self._left.is_set():
            try:
                self._items.put(item, timeout=_TICK_S)
            except queue.Full:
                continue
            return
