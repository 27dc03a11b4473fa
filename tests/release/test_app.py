"""The start of the app, tried with this Python instead of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from release.tree import ROOT
from systems.names import executable
from systems.processes import MODULE_OPTION

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.process
def test_the_app_runs_modules_of_its_own_alone(tmp_path: Path) -> None:
    package = tmp_path / "alias_free"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "one.py").write_text("import sys; print(__name__, sys.argv[1:])")
    (package / "visualizer.py").write_text("def main(): print('window'); return 3")
    (package / "app.py").write_text((ROOT / "release/package/app.py").read_text("utf-8"))

    def run(*words: str) -> tuple[int, str]:
        command = [sys.executable, package / "app.py", *words]
        done = subprocess.run(
            command, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    assert run(MODULE_OPTION, "alias_free.one", "-x") == (0, "__main__ ['-x']\n")
    code, said = run(MODULE_OPTION, "json.tool")
    assert (code, "is no part" in said) == (2, True)
    assert run() == (3, "window\n")


@pytest.mark.soak
@pytest.mark.process
def test_the_app_works_where_there_is_nothing_else(tmp_path: Path) -> None:
    """It draws, records and trains without Python, a path or a home; made before, by `make app`."""
    program = ROOT / "dist/Alias-Free Visualizer" / executable("afv")
    if not program.is_file():
        pytest.skip("make app")
    tiny = (
        "--kimg 0.008 --batch 4 --precision fp32 --threads 1 --layers 6 --z-dim 8 --w-dim 8 "
        "--channel-base 64 --channel-max 8 --d-channel-base 64 --d-channel-max 8"
    )
    for line in (
        "--version",
        "--fresh --offscreen --screenshot window.png",
        "--module alias_free.generator images relief-stylegan3-t --seeds 0-3 --out made",
        "--module alias_free.viz.recording walk relief-stylegan2 --frames 12 --out film.mp4",
        "--module alias_free.train prepare made --out data.zip --size 16",
        f"--module alias_free.train run --config stylegan3-t --data data.zip --out run {tiny}",
    ):
        done = subprocess.run(
            [program, *line.split()],
            cwd=tmp_path,
            env={"XDG_CACHE_HOME": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
    for made in ("window.png", "film.mp4", "data.zip"):
        assert (tmp_path / made).stat().st_size > 500
    assert list((tmp_path / "run").glob("network-*.safetensors"))
