"""Compiles the CPU kernels for every system on one machine, with the compiler of `ziglang`.

    python -m release.kernels [SYSTEM …] [--folder FOLDER]

`ops/cpu/prebuilt.py` chooses among them where they run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ops.cpu.build import FOLDER, source_digest, translation_unit
from ops.cpu.prebuilt import file_name

FLAGS = ("-O3", "-g0", "-s", "-std=c++17", "-shared", "-Wno-psabi")
_X86 = {"avx512": "x86_64_v4", "avx2": "x86_64_v3"}


@dataclass(frozen=True)
class System:
    """A system that gets a wheel of its own."""

    target: str
    """As Zig names it, with the oldest version of the system or its C library."""
    tag: str
    """As wheels name it."""
    processors: dict[str, str]
    """Zig's name of the oldest processor, by the variant's name."""


SYSTEMS = {
    "linux-x86_64": System("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64", _X86),
    "linux-aarch64": System(
        "aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64", {"neon": "generic"}
    ),
    "macos-arm64": System("aarch64-macos.11.0", "macosx_11_0_arm64", {"neon": "apple_m1"}),
    "macos-x86_64": System("x86_64-macos.11.0", "macosx_11_0_x86_64", {"avx2": "x86_64_v3"}),
    "windows-x86_64": System("x86_64-windows-gnu", "win_amd64", _X86),
}


def build_kernels(name: str, folder: Path) -> list[Path]:
    """Compile all variants for a system into a folder, unless they lie there already.

    Args:
        name: One of SYSTEMS.
        folder: Made if it is missing.

    Returns:
        The libraries.

    Raises:
        ValueError: there is no such system, or the compiler failed.
    """
    if name not in SYSTEMS:
        raise ValueError(f"{name} is not one of {', '.join(SYSTEMS)}")
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(partial(_compile, name, folder), SYSTEMS[name].processors))


def _compile(name: str, folder: Path, variant: str) -> Path:
    system, family = SYSTEMS[name], name.partition("-")[0]
    path = folder / file_name(variant, source_digest(), family)
    if path.is_file():
        return path
    part = path.with_suffix(".part")
    command = [sys.executable, "-m", "ziglang", "c++", "-target", system.target]
    command += [f"-mcpu={system.processors[variant]}", *FLAGS, f"-I{FOLDER}"]
    if family != "windows":
        command += ["-fPIC", "-pthread"]
    if family == "macos":  # else it holds the path of this machine
        command += [f"-Wl,-install_name,@rpath/{path.name}"]
    command += ["-x", "c++", "-", "-o", str(part)]
    run = subprocess.run(
        command, input=translation_unit(), capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise ValueError(f"the kernels for {system.target} do not compile: {run.stderr[-2000:]}")
    part.replace(path)
    for left in folder.glob("*.pdb"):
        left.unlink()
    for left in folder.glob("*.lib"):
        left.unlink()
    return path


def main() -> int:
    """Compile for the systems that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=", ".join(SYSTEMS))
    parser.add_argument("--folder", type=Path, default=Path("build/kernels"))
    arguments = parser.parse_args()
    for name in arguments.systems or SYSTEMS:
        for path in build_kernels(name, arguments.folder / name):
            print(f"{path}: {path.stat().st_size >> 10} KiB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
