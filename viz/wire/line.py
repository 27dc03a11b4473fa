"""A line of two byte streams: whole messages, in order, with pings that nothing holds up.

The other end may be a program behind ssh, so whatever a login prints before the first message is
passed over, and kept for the error message.
"""

from __future__ import annotations

import contextlib
import queue
import struct
import threading
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from viz.protocol.traffic import Traffic
from viz.wire.codec import LARGEST_FRAME, decode, encode
from viz.wire.schema import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

GREETING: Final = b"\x00AFV-wire\x00"
_MOST_CHATTER = 1 << 16
"""Bytes before the greeting at most."""
_HEADER = struct.Struct(">BI")
_MESSAGE, _PING, _PONG = range(3)
SILENCE_S = 20.0
"""A line on which nothing comes for so long, though it was pinged, is lost."""
_PING_EVERY_S = 2.0


class Stream(Protocol):
    """One direction of bytes, as a pipe or a socket's file has it."""

    def read(self, size: int, /) -> bytes:
        """Read up to so many bytes; empty at the end."""

    def write(self, content: bytes, /) -> object:
        """Write all of them."""

    def flush(self) -> None:
        """Send on what was written."""

    def close(self) -> None:
        """End it."""


class Line:
    """One end of a line; `recv`, `poll`, `send` and `close` as a pipe has them.

    Args:
        incoming, outgoing: The streams. A read may return less than was asked for; a write must
            take all it is given.
        ended: Called once when the line has ended, from another thread.
        pings: Whether this end pings while nothing comes, and ends a line that stays silent.

    A thread reads and another writes, so that pings are answered while a picture is drawn, and
    nobody waits for a slow line but by asking for what it brings.
    """

    def __init__(
        self,
        incoming: Stream,
        outgoing: Stream,
        *,
        ended: Callable[[], None] = lambda: None,
        pings: bool = False,
    ) -> None:
        self.other: Any = None
        """What the other end has introduced itself by."""
        self._incoming, self._outgoing = incoming, outgoing
        self._ended = ended
        self._has_come = threading.Condition()
        self._messages: list[bytes] = []
        self._failure: EOFError | None = None
        self._waiting: queue.SimpleQueue[tuple[bytes, bytes] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._received = self._sent = 0
        self._chatter = b""
        self._heard_at = time.monotonic()
        self._trips: list[float] = []
        self._loads: dict[int, tuple[float, int]] = {}
        self._bytes_per_s: float | None = None
        self._next_ping = 0
        self._threads = [
            threading.Thread(target=self._read_on, name="line in", daemon=True),
            threading.Thread(target=self._write_on, name="line out", daemon=True),
        ]
        if pings:
            self._threads.append(threading.Thread(target=self._ping_on, name="ping", daemon=True))
        self._waiting.put((GREETING, b""))
        for thread in self._threads:
            thread.start()

    @property
    def traffic(self) -> Traffic:
        """Return what the line has carried so far."""
        with self._lock:
            trip = min(self._trips[-8:], default=None)
            return Traffic(self._received, self._sent, trip, self._bytes_per_s)

    @property
    def chatter(self) -> str:
        """Return what the other end printed before the first message, in one line."""
        return " ".join(self._chatter.decode(errors="replace").split())[-300:]

    def send(self, message: Any, *, quality: int | None = None, measured: bool = False) -> int:
        """Send a message; returns its bytes.

        Args:
            message: As `viz.wire.codec.encode` takes it.
            quality: That of its pictures as JPEG; None: as they are.
            measured: Whether the time it takes tells what the line carries.

        Raises:
            BrokenPipeError: the line has ended.
        """
        if self._failure is not None:
            raise BrokenPipeError(str(self._failure))
        packed = encode(message, quality=quality)
        self._waiting.put((_HEADER.pack(_MESSAGE, len(packed)), packed))
        if measured:
            self._ping(len(packed))
        return len(packed)

    def recv(self) -> Any:
        """Take the oldest message; waits for one.

        Raises:
            EOFError: the line has ended.
            WireError: what came is no message.
        """
        self.poll(None)
        with self._has_come:
            if self._messages:
                return decode(self._messages.pop(0))
            raise EOFError(str(self._failure))

    def poll(self, timeout_s: float | None = 0.0) -> bool:
        """Return whether a message (or the end) comes within a time; None waits for it."""
        with self._has_come:
            return self._has_come.wait_for(
                lambda: bool(self._messages) or self._failure is not None, timeout_s
            )

    def close(self) -> None:
        """End the line; twice is harmless."""
        self._end("the line was closed")
        self._waiting.put(None)

    def _read_on(self) -> None:
        try:
            self._pass_over_chatter()
            while True:
                kind, size = _HEADER.unpack(self._exactly(_HEADER.size))
                if kind not in (_MESSAGE, _PING, _PONG) or size > LARGEST_FRAME:
                    raise WireError("what came is no message of this program")
                self._take(kind, self._exactly(size))
        except (OSError, ValueError, EOFError) as error:
            self._end(str(error) or "the line has ended")

    def _pass_over_chatter(self) -> None:
        seen = b""
        while not seen.endswith(GREETING):
            if len(seen) > _MOST_CHATTER:
                raise WireError("the other end is no worker of this program")
            seen += self._exactly(1)
            self._chatter = seen
        self._chatter = seen[: -len(GREETING)]

    def _exactly(self, size: int) -> bytes:
        parts: list[bytes] = []
        missing = size
        while missing:
            part = self._incoming.read(min(missing, 1 << 20))
            if not part:
                raise EOFError("the line has ended")
            parts.append(part)
            missing -= len(part)
            with self._lock:
                self._received += len(part)
                self._heard_at = time.monotonic()
        return b"".join(parts)

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == _PING:
            self._waiting.put((_HEADER.pack(_PONG, len(payload)), payload))
        elif kind == _PONG:
            self._note_trip(payload)
        else:
            with self._has_come:
                self._messages.append(payload)
                self._has_come.notify_all()

    def _write_on(self) -> None:
        try:
            while (frame := self._waiting.get()) is not None:
                for part in frame:
                    self._outgoing.write(part)
                self._outgoing.flush()
                with self._lock:
                    self._sent += sum(map(len, frame))
        except (OSError, ValueError) as error:
            self._end(str(error))
        with contextlib.suppress(OSError, ValueError):
            self._outgoing.close()

    def _ping_on(self) -> None:
        while self._failure is None:
            time.sleep(_PING_EVERY_S)
            with self._lock:
                silent_s = time.monotonic() - self._heard_at
            if silent_s > SILENCE_S:
                self._end(f"nothing has come over the line for {silent_s:.0f} s")
            elif silent_s > _PING_EVERY_S / 2:
                self._ping(0)

    def _ping(self, load_bytes: int) -> None:
        with self._lock:
            self._next_ping += 1
            number = self._next_ping
            self._loads[number] = time.monotonic(), load_bytes
        self._waiting.put((_HEADER.pack(_PING, 4), struct.pack(">I", number)))

    def _note_trip(self, payload: bytes) -> None:
        with self._lock:
            began, load = self._loads.pop(int.from_bytes(payload[:4]), (None, 0))
            if began is None:
                return
            took = time.monotonic() - began
            self._trips = [*self._trips[-31:], took]
            beyond = took - min(self._trips)
            if load and beyond > 0:
                rate = load / beyond
                known = self._bytes_per_s
                self._bytes_per_s = rate if known is None else 0.7 * known + 0.3 * rate

    def _end(self, reason: str) -> None:
        with self._has_come:
            first = self._failure is None
            if first:
                self._failure = EOFError(reason)
            self._has_come.notify_all()
        if first:
            self._ended()
