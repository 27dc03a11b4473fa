"""Find the system libraries that pip cannot bring, and get them where that is possible.

    python3 .ci/system_packages.py {run,test}

As root on Debian or Ubuntu the missing packages are installed; elsewhere the apt line is printed.
Exits with 1 when something is missing that the programs cannot do without. Standard library only:
this runs before there is a virtual environment.
"""

from __future__ import annotations

import ctypes
import glob
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """One Debian package, how to see that it is there, and what its absence costs."""

    package: str
    present: Callable[[], bool]
    without: str
    required: bool


def library(name: str) -> Callable[[], bool]:
    """A check whether the dynamic linker finds a library."""

    def present() -> bool:
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
        return True

    return present


def program(*names: str) -> Callable[[], bool]:
    """A check whether one of these programs is on the path."""
    return lambda: any(shutil.which(name) for name in names)


def opengl_driver() -> bool:
    """Mesa's drivers (the software one included), or NVIDIA's own."""
    patterns = ("/usr/lib/*/dri/*_dri.so", "/usr/lib*/dri/*_dri.so", "/usr/lib/*/libgallium*.so")
    return any(glob.glob(p) for p in patterns) or library("libEGL_nvidia.so.0")()


def virtual_environments() -> bool:
    """Debian ships `venv` without the `ensurepip` it needs."""
    return importlib.util.find_spec("ensurepip") is not None


NO_WINDOW = "there is no window"
RUN = (
    Need("python3-venv", virtual_environments, "no virtual environment can be made", True),
    Need("libx11-6", library("libX11.so.6"), NO_WINDOW, True),
    Need("libxext6", library("libXext.so.6"), NO_WINDOW, True),
    Need("libegl1", library("libEGL.so.1"), NO_WINDOW, True),
    Need("libgl1", library("libGL.so.1"), NO_WINDOW, True),
    Need("libgl1-mesa-dri", opengl_driver, NO_WINDOW, True),
    Need("g++", program("c++", "g++", "clang++"), "the CPU runs the slow path", False),
)
TEST = (
    Need("xvfb", program("Xvfb"), "the tests of the real window are skipped", False),
    Need("xdotool", program("xdotool"), "the tests of the real window are skipped", False),
)


def missing(needs: tuple[Need, ...]) -> list[Need]:
    """Return the names in `needs` that are not there."""
    return [need for need in needs if not need.present()]


def install(packages: list[str]) -> bool:
    """Install Debian packages; True when apt-get says it worked."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *packages],
    )
    # apt's chatter helps nobody unless it fails, and then it is on stderr.
    return all(
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode == 0
        for command in commands
    )


def main(goal: str) -> int:
    """Check, and where possible install, what `goal` ("run" or "test") needs."""
    if not sys.platform.startswith("linux"):
        return 0
    needs = RUN if goal == "run" else RUN + TEST
    lacking = missing(needs)
    if not lacking:
        return 0

    packages = [need.package for need in lacking]
    on_debian = shutil.which("apt-get") is not None
    if on_debian and os.geteuid() == 0:
        print(f"Installing system packages: {' '.join(packages)}", flush=True)
        install(packages)
        lacking = missing(needs)
    if not lacking:
        return 0

    for need in lacking:
        kind = "needed" if need.required else "recommended"
        print(f"{need.package} is missing ({kind}): without it {need.without}.")
    names = " ".join(need.package for need in lacking)
    print(f"Get it with:\n    sudo apt-get install {names}")
    if not on_debian:
        print("(or your system's packages of the same content)")
    return 1 if any(need.required for need in lacking) else 0


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["test"]):
        sys.exit("usage: system_packages.py {run,test}")
    sys.exit(main(sys.argv[1]))
