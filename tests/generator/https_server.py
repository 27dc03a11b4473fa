"""An https server on this machine that behaves, and misbehaves, as tests want."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = Path(__file__).parent / "loopback"
"""A certificate for localhost, and its key: worth nothing anywhere else."""


@dataclass
class Server:
    """State of the test server, and the requests it has had."""

    base: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    version: str = '"1"'
    ranges: list[str | None] = field(default_factory=list)
    break_after: int | None = None
    announced: int | None = None
    patience: threading.Event | None = None
    """Set to let the second half of a file go."""
    endless: bool = False
    """Whether it sends zeros without a length, for as long as somebody reads."""
    status_line: bytes = b""
    """Sent in the place of any answer."""


def _digits(number: int) -> str:
    """In decimal, of any length."""
    return str(number) if number < 1 << 64 else "1" + "0" * 5000


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.ranges.append(self.headers.get("Range"))
            assert len(state.ranges) < 20, "the tests ask for a handful of files"
            if self.path in state.redirects:
                self.send_response(302)
                self.send_header("Location", state.redirects[self.path])
                self.end_headers()
                return
            if state.status_line:
                self.wfile.write(state.status_line + b"\r\n\r\n")
                return
            if state.endless:
                self.send_response(200)
                self.end_headers()
                with contextlib.suppress(OSError):
                    while True:
                        self.wfile.write(bytes(1 << 16))
                return
            data = state.files.get(self.path)
            if data is None:
                self.send_error(404)
                return
            start = 0
            wanted = self.headers.get("Range")
            if wanted and self.headers.get("If-Range") == state.version:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            else:
                self.send_response(200)
            self.send_header("ETag", state.version)
            self.send_header("Content-Length", _digits(state.announced or len(data) - start))
            self.end_headers()
            end = len(data) if state.break_after is None else start + state.break_after
            half = (start + end) // 2 if state.patience is not None else end
            self.wfile.write(data[start:half])
            if state.patience is not None:
                self.wfile.flush()
                state.patience.wait(PATIENCE_S)
                self.wfile.write(data[half:end])

        def log_message(self, *arguments: object) -> None:
            """The tests' output is for the tests."""

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(LOOPBACK / "certificate.pem", LOOPBACK / "key.pem")
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    state.base = f"https://localhost:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield state
    listener.shutdown()
    thread.join()
    listener.server_close()


@pytest.fixture
def trusted() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(LOOPBACK / "certificate.pem"))
