"""Loads the CPU kernels: prebuilt ones, or such as are compiled once per machine and kept.

The library has a plain C interface and includes no PyTorch headers: it builds in seconds with
whatever compiler is there (that of the package `ziglang` included), and fits every PyTorch. It is
built for the processor it runs on, and the processor is part of its name: a cache carried to
another machine builds anew. A file that is damaged, or that another user may have written, is
never loaded but built anew.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ops.cache import OTHERS_MAY_WRITE, private_folder
from ops.cpu import prebuilt
from ops.cpu.jobs import JOBS, PROTOTYPES
from ops.layout import assertions
from systems.files import is_own
from systems.machine import processor_facts
from systems.names import executable, system

FOLDER = Path(__file__).with_name("src")
SOURCE = "kernels.cpp"
BUILD_TIMEOUT_S = 300

_TUNING = "-mcpu=native" if platform.machine() in ("aarch64", "arm64") else "-march=native"
# GCC warns that passing wide vectors changed in an old version: nothing here crosses an ABI.
# On Windows, all code is relocatable and has threads.
_UNIX = () if system() == "windows" else ("-fPIC", "-pthread")
_COMMON = ("-O3", "-std=c++17", "-shared", *_UNIX, "-Wno-psabi")
FLAGS = ((_TUNING, *_COMMON), _COMMON)
"""Tried in turn: not every compiler knows the processor it runs on."""


class BuildError(RuntimeError):
    """There are no kernels on this machine; the message says why and what would help."""


@cache
def library() -> ctypes.CDLL:
    """Load the kernels, compiling them where none came along and none were compiled before.

    Raises:
        BuildError: There is no compiler, or it failed, or the result cannot be kept or loaded.
    """
    if path := prebuilt.find(source_digest()):
        with suppress(OSError, AttributeError):  # a system too old for it, a file that is damaged
            return _loaded(path)
    compiler = find_compiler()
    try:
        folder = private_folder("kernels")
        name = f"cpu-{_fingerprint(compiler)}"
        for path in folder.glob(f"{name}-*.so"):
            if _is_intact(path):
                try:
                    return _loaded(path)
                except (OSError, AttributeError):
                    pass
            # Damaged, or not of our making: it is compiled anew, once.
            path.unlink()
        return _loaded(_compile(compiler, folder, name))
    except (OSError, AttributeError) as error:
        remedy = "set XDG_CACHE_HOME to a folder of your own"
        raise BuildError(f"the kernels cannot be kept and loaded ({error}); {remedy}") from error


def is_to_be_compiled() -> bool:
    """Return whether `library` has yet to compile the kernels, on a machine that can."""
    if prebuilt.find(source_digest()):
        return False
    try:
        name = f"cpu-{_fingerprint(find_compiler())}"
        kept = private_folder("kernels").glob(f"{name}-*.so")
        return not any(_is_intact(path) for path in kept)
    except (BuildError, OSError):
        return False


def _is_intact(path: Path) -> bool:
    """Tell whether a file is as this user built it: its name ends in the digest of its content."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or not is_own(status):
        return False
    if status.st_mode & OTHERS_MAY_WRITE:
        return False
    return path.stem.rpartition("-")[2] == _digest(path.read_bytes())


def _loaded(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    for name, (result, *arguments) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def find_compiler() -> str:
    """Return the path of the C++ compiler: $CXX, or the first of c++, g++, clang++ and Zig's.

    Raises:
        BuildError: There is none.
    """
    asked = os.environ.get("CXX")
    for name in [asked] if asked else ["c++", "g++", "clang++"]:
        if path := shutil.which(name):
            return path
    if not asked and (zig := _zig()):
        return str(zig)
    missing = f"CXX={asked} is not a program" if asked else "no C++ compiler was found"
    remedy = "pip install ziglang brings one"
    raise BuildError(f"{missing}; {remedy}")


def _zig() -> Path | None:
    """Return the program of the package `ziglang`, a C++ compiler for every system."""
    spec = find_spec("ziglang")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name(executable("zig"))
    return path if path.is_file() else None


def compile_command(compiler: str) -> list[str]:
    """Begin the command line of a compiler: Zig's is one of its subcommands."""
    return [compiler, "c++"] if Path(compiler).stem == "zig" else [compiler]


def _compile(compiler: str, folder: Path, name: str) -> Path:
    """Compile the kernels into a new file of `folder`, which appears there whole or not at all."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        built = Path(scratch) / "built.so"
        for flags in FLAGS:
            command = [
                *compile_command(compiler),
                *flags,
                f"-I{FOLDER}",
                "-x",
                "c++",
                "-",
                "-o",
                str(built),
            ]
            run = _run(command, translation_unit())
            if run.returncode == 0:
                break
        else:
            lines = [line for line in run.stderr.splitlines() if "error" in line]
            raise BuildError(f"{compiler} failed: {lines[0] if lines else 'no message'}")
        built.chmod(0o700)
        with built.open("rb") as file:
            kept = folder / f"{name}-{_digest(file.read())}.so"
            os.fsync(file.fileno())
        # Two processes that build at the same time replace the same bytes, or make two files.
        os.replace(built, kept)
    return kept


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def translation_unit() -> str:
    """Return the C++ to compile: the kernels, and checks of what Python passes to them."""
    return f'#include "{SOURCE}"\n' + assertions(*JOBS)


def sources() -> str:
    """Return all that is compiled: one text, another for other kernels."""
    files = (
        text for path in sorted(FOLDER.iterdir()) for text in (path.name, path.read_text("utf-8"))
    )
    return "\0".join([translation_unit(), *files])


def _run(command: list[str], text: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{command[0]} could not be run: {error}") from error


def _fingerprint(compiler: str) -> str:
    """Return what tells one build from another: sources, flags, compiler and processor."""
    binary = Path(compiler).resolve().stat()
    parts = [
        sources(),
        repr(FLAGS),
        f"{compiler} {binary.st_size} {binary.st_mtime_ns}",
        cpu_features(),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def source_digest() -> str:
    """Return what tells the sources from others, whatever ends their lines."""
    return hashlib.sha256(sources().replace("\r\n", "\n").encode()).hexdigest()[:16]


@cache
def cpu_features() -> str:
    """Return what tells processors apart: architecture, name and instruction sets."""
    text = f"{platform.machine()} {platform.processor()}"
    kept = ("model name", "flags", "Features")
    return "\n".join([text, *(line for line in processor_facts() if line.startswith(kept))])
