"""Workers behind a port: who knows the token gets one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.patience import PATIENCE_S
from tests.viz.worker.test_client import Listener
from viz.protocol.request import Request
from viz.wire.address import Address, parse_address
from viz.worker import listening
from viz.worker.elsewhere import Connected, Elsewhere, worker_at
from viz.worker.listening import listen

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
TOKEN = "a word @ with signs"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no sockets as streams")


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Address, subprocess.Popen[str]]]:
    """A process that listens, and its address with the token."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "visualizer.py"), "--serve", "--listen", "127.0.0.1:0"],
        env={**os.environ, "AFV_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("listening on 127.0.0.1:")
    address = parse_address(process.stdout.readline().split()[-1])
    assert address.token == TOKEN
    yield address, process
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 0


def test_who_knows_the_token_gets_pictures_and_again_when_the_line_is_cut(
    server: tuple[Address, subprocess.Popen[str]],
) -> None:
    address, _ = server
    listener = Listener(start=worker_at(str(address)))
    try:
        for _ in range(2):
            listener.worker.submit(Request(networks=("bundled:relief-stylegan2",), threads=1))
            listener.wait(lambda: bool(listener.results))
            assert listener.results.pop().networks[0].picture is not None
            process = listener.worker._process
            assert process is not None
            process.kill()
            listener.wait(lambda process=process: listener.worker._process is not process)
    finally:
        listener.worker.close()


def test_a_wrong_token_is_told_so(server: tuple[Address, subprocess.Popen[str]]) -> None:
    address, _ = server
    for token in ("", "a word", "a word @ with sign\u00df"):
        start = Connected(Address(address.host, address.port, token))
        with pytest.raises(OSError, match="the token is wrong"):
            start(lambda: False)
    # What never says anything, or never ends, holds nothing up.
    with socket.create_connection((address.host, address.port)) as silent:
        with socket.create_connection((address.host, address.port)) as endless:
            endless.sendall(b"x" * 5000)
            assert b"the token is wrong" in endless.recv(100)
        silent.sendall(b"\n")
        assert b"the token is wrong" in silent.recv(100)


def test_where_nobody_listens_a_line_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(OSError, match=f"nobody listens on 127.0.0.1:{port}"):
        Connected(Address("127.0.0.1", port, "word"))(lambda: False)
    assert isinstance(worker_at("ssh host"), Elsewhere)


def test_where_a_socket_is_no_stream_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "hands_on_sockets", lambda: False)
    with pytest.raises(ValueError, match="behind ssh"):
        listen(Address("127.0.0.1", 0), ["visualizer"], [])
    monkeypatch.setattr(listening, "hands_on_sockets", lambda: True)
    monkeypatch.setenv("AFV_TOKEN", "x" * 300)
    with pytest.raises(ValueError, match="AFV_TOKEN"):
        listen(Address("127.0.0.1", 0), ["visualizer"], [])
