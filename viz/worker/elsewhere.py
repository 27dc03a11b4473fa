"""Having a render worker elsewhere: behind a command's standard streams, or a port."""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
import threading
import time
from collections import deque
from typing import IO, TYPE_CHECKING, cast

from systems.processes import apart
from viz.wire.address import SCHEME, Address, parse_address
from viz.wire.hello import Hello, mismatch
from viz.wire.line import Line, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.worker.starting import Pipe, Process, Start

HELLO_S = 60.0
"""Time for a command to connect and for the worker behind it to say hello."""


def worker_at(place: str) -> Start:
    """Return what starts a worker: by a command, or at an address `tcp://TOKEN@127.0.0.1:PORT`.

    Raises:
        ValueError: it is neither.
    """
    return Connected(parse_address(place)) if place.startswith(SCHEME) else Elsewhere(place)


class Elsewhere:
    """Starts a worker by a command whose standard input and output are the line to it.

    Args:
        command: As in a shell, without one: `ssh gpu-box afv/.venv/bin/python … --serve`.
    """

    depth = 6
    may_break = True

    def __init__(self, command: str) -> None:
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise ValueError(f"the worker's command cannot be read: {error}") from None
        if not self._words:
            raise ValueError("the worker's command is empty")
        self.beginning = f"connecting: {command}"

    def __call__(self, is_given_up: Callable[[], bool]) -> tuple[Process, Pipe]:
        """Start the command and wait for the worker's hello.

        Raises:
            OSError: there is no such command, no worker answers, or it is of another version; the
                message says so in one line.
        """
        running = subprocess.Popen(
            self._words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **apart(),  # Ctrl+C in the terminal is the window's
        )
        process = _Running(running)
        incoming, outgoing = (cast("Stream", end) for end in (running.stdout, running.stdin))
        line = Line(incoming, outgoing, ended=process.kill, pings=True)
        reason = _greet(line, is_given_up)
        if not reason:
            return process, line
        line.close()
        process.kill()
        process.join()
        said = process.last_words or line.chatter
        raise OSError(f"{said} ({reason})" if said else reason)

    def why_ended(self, process: Process, reason: str) -> str:
        """Say what the command said last."""
        said = process.last_words if isinstance(process, _Running) else ""
        return f"the line to the worker was lost ({said or reason})"


class Connected:
    """Connects to a worker that listens on a port of this machine, or at the end of a tunnel.

    Args:
        address: Where it listens, and its token.
    """

    depth = 6
    may_break = True

    def __init__(self, address: Address) -> None:
        self._address = address
        self.beginning = f"connecting to {address.shown}"

    def __call__(self, is_given_up: Callable[[], bool]) -> tuple[Process, Pipe]:
        """Connect, say the token and wait for the worker's hello.

        Raises:
            OSError: nobody listens there, or it refuses; the message says so in one line.
        """
        address = self._address
        try:
            connection = socket.create_connection((address.host, address.port), timeout=10.0)
        except OSError as error:
            why = error.strerror or str(error)
            raise OSError(f"nobody listens on {address.shown} ({why})") from None
        process = _Connection(connection)
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        incoming, outgoing = connection.makefile("rb", buffering=0), connection.makefile("wb")
        outgoing.write(address.token.encode() + b"\n")
        line = Line(
            cast("Stream", incoming), cast("Stream", outgoing), ended=process.kill, pings=True
        )
        reason = _greet(line, is_given_up)
        if not reason:
            return process, line
        line.close()
        process.kill()
        said = line.chatter
        raise OSError(f"{address.shown}: {said or reason}")

    def why_ended(self, _process: Process, reason: str) -> str:
        """Say what the line said last."""
        return f"the line to {self._address.shown} was lost ({reason})"


class _Connection:
    """A connection, as far as it stands for the process at its other end."""

    pid = None

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._ended = threading.Event()

    @property
    def exitcode(self) -> int | None:
        return 0 if self._ended.is_set() else None

    def kill(self) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def join(self, timeout: float | None = None) -> None:
        self._ended.wait(timeout)


def _greet(line: Line, is_given_up: Callable[[], bool]) -> str:
    """Exchange hellos; returns why there is nobody to talk to, empty if there is."""
    deadline = time.monotonic() + HELLO_S
    try:
        line.send(Hello.of_this_machine())
        while not line.poll(0.1):
            if is_given_up() or time.monotonic() > deadline:
                return f"no worker has answered within {HELLO_S:.0f} s"
        line.other = line.recv()
        return mismatch(line.other)
    except BrokenPipeError:  # it had ended before the hello was written
        return "the line has ended"
    except (EOFError, ValueError, OSError) as error:
        return str(error)


class _Running:
    """A started command; what it prints to its error stream is kept for the message."""

    def __init__(self, running: subprocess.Popen[bytes]) -> None:
        self._running = running
        self._said: deque[str] = deque(maxlen=5)
        self._listener = threading.Thread(
            target=self._listen, args=(running.stderr,), name="errors", daemon=True
        )
        self._listener.start()

    @property
    def pid(self) -> int | None:
        return self._running.pid

    @property
    def exitcode(self) -> int | None:
        return self._running.poll()

    @property
    def last_words(self) -> str:
        """The last line that it printed to its error stream."""
        self._listener.join(1.0)
        return self._said[-1][:300] if self._said else ""

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._running.kill()

    def join(self, timeout: float | None = None) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._running.wait(timeout)

    def _listen(self, errors: IO[bytes]) -> None:
        for line in errors:
            if text := line.decode(errors="replace").strip():
                self._said.append(text)
