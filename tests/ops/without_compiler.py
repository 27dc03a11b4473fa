"""Programs on a machine that has neither a compiler nor kernels compiled before."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def run_without_compiler(program: str, cache: Path) -> None:
    """Run a program's text in a process of its own, with an empty cache; it must succeed."""
    environment = {"CXX": "/nowhere", "XDG_CACHE_HOME": str(cache), "PATH": "/usr/bin:/bin"}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
