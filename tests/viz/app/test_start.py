"""What the window's process loads when it starts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]
HEAVY = {"torch", "av", "matplotlib", "scipy", "tensorboard"}
"""Libraries that take longer to load than a window to open."""


@pytest.mark.process
def test_the_window_opens_without_heavy_libraries() -> None:
    code = "import json, sys, viz.app.main; print(json.dumps(sorted(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    ).stdout
    assert HEAVY.isdisjoint(json.loads(loaded))
