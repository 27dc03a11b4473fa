"""Compiles the CPU kernels once per machine and keeps them in the user's cache.

The library has a plain C interface and includes no PyTorch headers: it builds in seconds with
whatever compiler is there, and fits every PyTorch. It is built for the processor it runs on, and
the processor is part of its name: a cache carried to another machine builds anew.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import platformdirs

from ops.cpu.jobs import JOBS
from ops.layout import assertions

FOLDER = Path(__file__).with_name("src")
SOURCE = "kernels.cpp"
BUILD_TIMEOUT_S = 300

_TUNING = "-mcpu=native" if platform.machine() in ("aarch64", "arm64") else "-march=native"
# GCC warns that passing wide vectors changed in an old version: nothing here crosses an ABI.
_COMMON = ("-O3", "-std=c++17", "-fPIC", "-shared", "-pthread", "-Wno-psabi")
FLAGS = ((_TUNING, *_COMMON), _COMMON)
"""Tried in turn: not every compiler knows the processor it runs on."""


class BuildError(RuntimeError):
    """The kernels cannot be had on this machine; the message says why and what would help."""


@cache
def library() -> ctypes.CDLL:
    """Load the kernels, compiling them if this machine has not done so yet.

    Raises:
        BuildError: There is no compiler, or it failed.
    """
    compiler = find_compiler()
    path = _cache_folder() / f"cpu-{_fingerprint(compiler)}.so"
    if not path.exists():
        _compile(compiler, path)
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise BuildError(f"the compiled kernels do not load ({error}); delete {path}") from error


def find_compiler() -> str:
    """Path of the C++ compiler: $CXX, or the first of c++, g++ and clang++.

    Raises:
        BuildError: There is none.
    """
    asked = os.environ.get("CXX")
    for name in [asked] if asked else ["c++", "g++", "clang++"]:
        if path := shutil.which(name):
            return path
    missing = f"CXX={asked} is not a program" if asked else "no C++ compiler was found"
    remedy = "install one (Debian: apt install g++, macOS: xcode-select --install)"
    raise BuildError(f"{missing}; {remedy}")


def _compile(compiler: str, path: Path) -> None:
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            built = Path(folder) / path.name
            for flags in FLAGS:
                command = [compiler, *flags, f"-I{FOLDER}", "-x", "c++", "-", "-o", str(built)]
                run = _run(command, translation_unit())
                if run.returncode == 0:
                    # Another process may be building the same file: the last rename wins, whole.
                    os.replace(built, path)
                    return
    except OSError as error:
        raise BuildError(f"the kernels cannot be kept ({error}); set XDG_CACHE_HOME") from error
    lines = [line for line in run.stderr.splitlines() if "error" in line] or ["no message"]
    raise BuildError(f"{compiler} failed: {lines[0]}")


def translation_unit() -> str:
    """C++ to compile: the kernels, and what makes sure that Python passes what they read."""
    return f'#include "{SOURCE}"\n' + assertions(*JOBS)


def _run(command: list[str], text: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{command[0]} could not be run: {error}") from error


def _cache_folder() -> Path:
    folder = Path(platformdirs.user_cache_dir("alias-free-visualizer")) / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(f"no cache folder ({error}); set XDG_CACHE_HOME to one") from error
    return folder


def _fingerprint(compiler: str) -> str:
    """Return what tells one build from another: sources, flags, compiler and processor."""
    binary = Path(compiler).resolve().stat()
    parts = [
        translation_unit(),
        *(text for path in sorted(FOLDER.iterdir()) for text in (path.name, path.read_text())),
        repr(FLAGS),
        f"{compiler} {binary.st_size} {binary.st_mtime_ns}",
        cpu_features(),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@cache
def cpu_features() -> str:
    """What distinguishes this processor: its architecture, name and instruction sets."""
    text = f"{platform.machine()} {platform.processor()}"
    try:
        info = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return text
    kept = ("model name", "flags", "Features")
    return "\n".join([text, *(line for line in info.splitlines() if line.startswith(kept))])
