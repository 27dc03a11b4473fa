"""Memory while a large file is loaded: the network, and little besides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from generator import NetworkConfig, build_network
from tests.generator.files.pickles.test_torch_networks import arrays, options_of, write_networks
from tests.patience import PATIENCE_S

MOST_TIMES_THE_PARAMETERS = 2.2

SCRIPT = """
import sys
from generator import load_network
from generator.network import build_network

def memory(field):
    for line in open("/proc/self/status"):
        if line.startswith(field):
            return int(line.split()[1]) * 1024

load_network(sys.argv[1])
open("/proc/self/clear_refs", "w").write("5")
before = memory("VmRSS")
net = load_network(sys.argv[2])
size = sum(p.numel() * p.element_size() for p in net.parameters())
print((memory("VmHWM") - before) / size, size)
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read as Linux gives it")
@pytest.mark.parametrize("protocol", [pytest.param(2, marks=pytest.mark.soak), 4])
def test_memory_while_loading(protocol: int, tmp_path: Path) -> None:
    sizes = {"z_dim": 512, "w_dim": 512, "channel_base": 1 << 16, "layers": 8}
    paths = []
    for name, channels in (("small", 8), ("large", 384)):
        config = NetworkConfig(kind="stylegan3-t", resolution=64, channel_max=channels, **sizes)
        net = build_network(config)
        paths.append(tmp_path / f"{name}.pkl")
        write_networks(paths[-1], arrays(net), options_of(config), ("G", "G_ema"), protocol)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=Path(__file__).parents[4],
        check=True,
    )
    ratio, size = map(float, done.stdout.split())
    assert size > 40e6
    assert ratio < MOST_TIMES_THE_PARAMETERS
