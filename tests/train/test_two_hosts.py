"""A training shared by two hosts: two network namespaces joined by a cable of their own."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from tests.patience import PATIENCE_S
from tests.train.first_steps import GROUP_SIZES, KINDS, first_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FIRST, SECOND = (f"afv-{os.getpid()}-{rank}" for rank in (0, 1))
HOSTS = {FIRST: "10.203.0.1", SECOND: "10.203.0.2"}


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def hosts() -> Iterator[None]:
    """The two namespaces; skips where they may not be made."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("making network namespaces takes root and iproute2")
    try:
        for host in HOSTS:
            ip("netns", "add", host)
        ip("link", "add", "afv0", "netns", FIRST, "type", "veth", "peer", "afv1", "netns", SECOND)
        for end, (host, address) in zip(("afv0", "afv1"), HOSTS.items(), strict=True):
            for words in (
                f"address add {address}/24 dev {end}",
                f"link set {end} up",
                "link set lo up",
            ):
                ip("-n", host, *words.split())
    except subprocess.CalledProcessError as error:
        remove_hosts()
        pytest.skip(f"no network namespaces here: {error.stderr.decode().strip()}")
    yield
    remove_hosts()


def remove_hosts() -> None:
    for host in HOSTS:
        subprocess.run(["ip", "netns", "del", host], capture_output=True)


@pytest.mark.soak
@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_two_hosts_take_the_steps_of_one(hosts: None, tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [
                *("ip", "netns", "exec", host, sys.executable, "-m", "torch.distributed.run"),
                *("--nnodes=2", f"--node-rank={rank}", "--nproc-per-node=1"),
                *(f"--master-addr={HOSTS[FIRST]}", "--master-port=29411"),
                *("-m", "tests.train.first_steps", str(tmp_path)),
            ],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": f"afv{rank}"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, host in enumerate(HOSTS)
    ]
    errors = [process.communicate(timeout=PATIENCE_S)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    for kind, size in itertools.product(KINDS, GROUP_SIZES):
        one, other = (
            torch.load(tmp_path / f"{kind}-{size}-{rank}.pt", weights_only=True) for rank in (0, 1)
        )
        for name, value in first_steps(kind, group_size=size).items():
            assert torch.equal(one[name], other[name]), (kind, name)
            # as for two processes of one host: sums in another order
            assert torch.allclose(one[name], value, rtol=0, atol=1e-9), (kind, name)
