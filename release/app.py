"""Makes the app: a folder with the visualizer, Python and PyTorch, started by a double click.

    python -m release.app

It is made for the system it is made on, of the packages that this Python has: PyTorch's CPU wheel
keeps it small. `release/app.spec` says what PyInstaller puts into it.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from release.hatch_hooks import requirements
from release.kernels import SYSTEMS, build_kernels
from release.rewrite import NAME
from release.tree import ROOT, write_tree
from systems.names import system

if TYPE_CHECKING:
    from pathlib import Path

BUILD = ROOT / "build/app"
SPEC = ROOT / "release/app.spec"
MACHINES = {"amd64": "x86_64", "aarch64": "aarch64", "arm64": "arm64"}


def write_package(folder: Path) -> None:
    """Write `alias_free` as the wheel has it, with the kernels and the facts of an installed one.

    Args:
        folder: Emptied first.
    """
    shutil.rmtree(folder, ignore_errors=True)
    write_tree(folder / NAME)
    machine = platform.machine().lower()
    name = f"{system()}-{MACHINES.get(machine, machine)}"
    if name in SYSTEMS:
        built = folder / NAME / "ops/cpu/built"
        built.mkdir()
        for path in build_kernels(name, ROOT / "build/kernels" / name):
            shutil.copy(path, built)


def required_packages() -> list[str]:
    """Name the packages that the programs require, as `requirements.txt` does."""
    return [line.partition(">=")[0] for line in requirements("requirements.txt")]


def main() -> int:
    """Make it in `dist/`, and say how large it is."""
    write_package(BUILD / "package")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--workpath", f"{BUILD / 'work'}", "--distpath", f"{ROOT / 'dist'}", f"{SPEC}"]
    if code := subprocess.run(command, cwd=ROOT, check=False).returncode:
        return code
    made = ROOT / "dist/Alias-Free Visualizer"
    size = sum(path.lstat().st_size for path in made.rglob("*") if path.is_file())
    print(f"{made}: {size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
