"""Pictures are looked for in the worker, with what was found on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from generator import NetworkConfig, build_network, save_network
from viz.protocol.projection import Finding, FindTask
from viz.render.jobs import projection
from viz.render.jobs.runner import steps
from viz.render.renderer import Renderer

if TYPE_CHECKING:
    from pathlib import Path

assert projection, "makes the task known"


@pytest.fixture
def network(tmp_path: Path) -> str:
    config = NetworkConfig(
        kind="stylegan3-r", resolution=16, z_dim=8, w_dim=8, channel_base=64, channel_max=8,
        layers=4, margin=4,
    )  # fmt: skip
    save_network(tmp_path / "net.safetensors", build_network(config, seed=1))
    return str(tmp_path / "net.safetensors")


@pytest.mark.slow
def test_a_picture_is_found_and_shown_on_the_way(network: str, tmp_path: Path) -> None:
    Image.new("RGB", (60, 40), "orange").save(tmp_path / "mine.png")
    task = FindTask(str(tmp_path / "mine.png"), network, threads=1, steps=4)
    reports = list(steps(task, Renderer()))
    findings = [one.result for one in reports if isinstance(one.result, Finding)]
    assert findings[0].notes == ("cropped from 60 × 40 to its middle",)
    assert findings[0].target.shape == (16, 16, 4)
    assert {"searching", "refining", "found"} <= {one.stage for one in findings}
    last = findings[-1]
    assert last.place is not None
    assert (last.place.latent.kind, last.place.latent.name) == ("ws", "mine")
    assert last.psnr_db >= findings[1].psnr_db
    assert np.array_equal(last.target, findings[0].target)
    assert [one.done for one in reports] == sorted(one.done for one in reports)


def test_a_damaged_picture_is_one_line(network: str, tmp_path: Path) -> None:
    (tmp_path / "torn.png").write_bytes(b"torn")
    with pytest.raises(ValueError, match=r"torn\.png is not a whole picture"):
        next(steps(FindTask(str(tmp_path / "torn.png"), network), Renderer()))
