"""A worker behind a real ssh, to a server on this machine with a key of its own."""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.patience import PATIENCE_S
from tests.viz.worker.test_client import Listener
from tests.viz.worker.test_elsewhere import serving
from viz.protocol.request import Request
from viz.render.renderer import Renderer
from viz.worker.elsewhere import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

pytestmark = pytest.mark.skipif(
    SERVER is None or shutil.which("ssh") is None or sys.platform == "win32",
    reason="no ssh server: install the package openssh-server",
)


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[str]:
    """The ssh command that leads to a server of this test."""
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(key, check=True)
    (tmp_path / "authorized").write_text((tmp_path / "user.pub").read_text())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nPidFile none\n"
        f"AuthorizedKeysFile {tmp_path}/authorized\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin prohibit-password\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen(
        [str(SERVER), "-D", "-e", "-f", str(tmp_path / "config")], stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, server)
        yield (
            f"ssh -F none -p {port} -i {tmp_path}/user -o IdentitiesOnly=yes -o BatchMode=yes "
            f"-o UserKnownHostsFile={tmp_path}/known -o StrictHostKeyChecking=accept-new "
            f"{getpass.getuser()}@127.0.0.1"
        )
    finally:
        server.kill()
        server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.skip("the ssh server does not start here")


def test_pictures_come_through_ssh(ssh: str, network_files: dict[str, str]) -> None:
    network = network_files["stylegan3-t"]
    listener = Listener(start=Elsewhere(f"{ssh} {shlex.quote(serving(Path(network).parent))}"))
    asked = Request(networks=(network,), threads=1)
    try:
        listener.worker.submit(asked)
        listener.wait(lambda: bool(listener.results))
        drawn = listener.results.pop().networks[0].picture
        expected = Renderer().render(asked).networks[0].picture
        assert drawn is not None
        assert expected is not None
        np.testing.assert_array_equal(drawn, expected)
        traffic = listener.worker.traffic
        assert traffic is not None
        assert traffic.received_bytes > 0
    finally:
        listener.worker.close()


def test_a_key_that_is_not_known_is_said(ssh: str, tmp_path: Path) -> None:
    (tmp_path / "authorized").write_text("")
    listener = Listener(start=Elsewhere(f"{ssh} true"))
    try:
        listener.wait(lambda: listener.count("crashed") == 1)
        assert "Permission denied" in listener.events[-1].message
    finally:
        listener.worker.close()
