"""Long recordings hold their memory flat."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest

from viz.recording.record import record
from viz.render.renderer import Renderer
from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot

FRAMES = 800
SLACK_MB = 24.0
"""Allocators keep some of what was used once; frames of 1080p kept would be 5 GB."""


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_800_frames_take_no_more_memory_than_200(
    network_files: dict[str, str], tmp_path: Path, name: str
) -> None:
    state = AppState(networks=[NetworkSlot(network_files["stylegan2"])])
    state.performance.threads = 1
    state.recording.frames, state.recording.slit = FRAMES, True
    state.recording.size = "1080p" if name == "a.mp4" else "native"
    early = 0.0
    for done in record(state, tmp_path / name, Renderer()):
        if done.rendered == 200:
            gc.collect()
            early = resident_mb()
    assert done.frames == FRAMES
    gc.collect()
    assert resident_mb() - early < SLACK_MB
