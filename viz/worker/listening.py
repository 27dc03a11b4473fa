"""Workers behind a port of this machine: `visualizer.py --serve --listen 127.0.0.1:PORT`.

Who knows the token gets a worker of its own: a process whose standard streams are the connection,
as it would be behind ssh.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import socket
import subprocess
import threading
from typing import TYPE_CHECKING

from systems.processes import hands_on_sockets
from viz.wire.address import LONGEST_TOKEN, Address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TOKEN_VARIABLE = "AFV_TOKEN"
GREETING_S = 10.0
"""Time for a connection to say the token."""
REFUSED_S, MOST_READ = 2.0, 100
"""How long, and how often, what a refused connection still says is read."""
MOST_WORKERS = 8
"""Connections at a time."""


def listen(address: Address, program: Sequence[str], folders: Sequence[Path]) -> int:
    """Give everyone who connects and knows the token a worker, until this is interrupted.

    The token is that of the environment (`AFV_TOKEN`), or a new one, which is printed.

    Args:
        address: Where to listen; port 0 takes any that is free.
        program: The command that starts this program.
        folders: Files in them may be opened.

    Returns:
        The process's exit code.

    Raises:
        ValueError: the system cannot hand a connection to a process, or the token is too long.
        OSError: the port is taken.
    """
    if not hands_on_sockets():
        raise ValueError("workers listen on Linux and macOS only; behind ssh they work here, too")
    token = os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24)
    if len(token) > LONGEST_TOKEN or not token.isprintable():
        raise ValueError(f"{TOKEN_VARIABLE} must have at most {LONGEST_TOKEN} plain characters")
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.create_server((address.host, address.port), family=family) as server:
        own = Address(address.host, server.getsockname()[1], token)
        print(f"listening on {own.shown}; in the window's machine:", flush=True)
        print(f"  python visualizer.py --worker {own}", flush=True)
        roots = [word for folder in folders for word in ("--root", str(folder))]
        command = [*program, "--serve", *roots]
        places = threading.BoundedSemaphore(MOST_WORKERS)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                connection, _ = server.accept()
                threading.Thread(
                    target=_serve, args=(connection, token, command, places), daemon=True
                ).start()
    return 0


def _serve(
    connection: socket.socket,
    token: str,
    command: Sequence[str],
    places: threading.BoundedSemaphore,
) -> None:
    """Start a worker for a connection that knows the token, and wait for its end."""
    with connection, contextlib.suppress(OSError):
        if not hmac.compare_digest(_said(connection), token.encode()):
            _refuse(connection, b"the token is wrong\n")
            return
        if not places.acquire(blocking=False):
            _refuse(connection, b"too many windows are connected\n")
            return
        try:
            worker = subprocess.Popen(
                command, stdin=connection.fileno(), stdout=connection.fileno()
            )
            connection.close()  # the worker's end alone keeps it open
            worker.wait()
        finally:
            places.release()


def _refuse(connection: socket.socket, why: bytes) -> None:
    """Say why there is no worker; what is still unread would take the answer away with it."""
    connection.sendall(why)
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(REFUSED_S)
    for _ in range(MOST_READ):
        if not connection.recv(1 << 16):
            break


def _said(connection: socket.socket) -> bytes:
    """Return the first line that a connection sends, byte by byte: the rest is the worker's."""
    connection.settimeout(GREETING_S)
    said = b""
    while not said.endswith(b"\n") and len(said) <= 4 * LONGEST_TOKEN:
        one = connection.recv(1)
        if not one:
            break
        said += one
    connection.settimeout(None)
    return said.removesuffix(b"\n")
