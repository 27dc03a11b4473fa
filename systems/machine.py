"""The machine: cores, memory and processor, as far as the system tells."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_MEMORY = Path("/proc/meminfo")
_PROCESSORS = Path("/proc/cpuinfo")
# The numbers of mallopt's parameters, from malloc.h.
_TRIM_THRESHOLD = -1
_TOP_PAD = -2
_MMAP_MAX = -4


def usable_cores(quota_file: Path = _QUOTA) -> int:
    """Count the cores this process may use: its affinity, and the quota of a container around it.

    Args:
        quota_file: Where Linux states the quota, "max" or microseconds in a period.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # neither macOS nor Windows has it
        cores = os.cpu_count() or 1
    try:
        granted, period = quota_file.read_text().split()
        return max(1, min(cores, round(int(granted) / int(period))))
    except (OSError, ValueError):  # no such file, or no limit
        return cores


def free_memory_bytes(facts: Path = _MEMORY) -> int | None:
    """Return the memory that could be had; all there is where only that is told; None: nothing is.

    Args:
        facts: Where Linux states it.
    """
    try:
        fields = dict(line.split(":", 1) for line in facts.read_text().splitlines())
        return 1024 * int(fields["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        pages = os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
        return pages * os.sysconf("SC_PAGE_SIZE") if pages > 0 else None


def peak_memory_mib() -> float | None:
    """Most memory the process has had so far, MiB; None: the standard library does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    # macOS counts in bytes, the other systems in KiB.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def wait_passively() -> None:
    """Let threads sleep at barriers; to be called before PyTorch is loaded.

    Threads that spin there take the core from whoever they wait for: on a busy machine that makes
    a step many times as long. A policy that the user has set stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def keep_freed_memory() -> bool:
    """Let freed memory stay with the process; False where the C library is not glibc.

    Fresh pages cost a fault each; keeping them made a step of training 1.5 times as fast.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    library.mallopt(_MMAP_MAX, 0)
    library.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    library.mallopt(_TOP_PAD, 64 * 2**20)
    return True


def processor_facts(facts: Path = _PROCESSORS) -> list[str]:
    """Return what Linux tells of the first processor, lines of `name : value`; else nothing."""
    try:
        return facts.read_text(errors="replace").split("\n\n")[0].splitlines()
    except OSError:
        return []
