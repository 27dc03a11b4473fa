"""Facts for bug reports: versions, CPU, devices, OpenGL, and the backend of each operation."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from systems.desktop import display
from systems.machine import processor_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("torch", "numpy", "imgui-bundle", "glfw", "PyOpenGL", "av", "pillow", "safetensors")
CPU_FEATURES = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "bf16", "sve")
"""Features that decide which kernels run, as Linux spells them."""


def report() -> Iterator[str]:
    """Yield the report line by line; no line depends on another, and no failure ends it."""
    yield f"Python       {platform.python_version()} ({sys.executable})"
    yield f"system       {platform.platform()}"
    for name in PACKAGES:
        yield f"{name:<12} {_package_version(name)}"
    yield f"CPU          {cpu_name()}, {os.cpu_count()} cores, features: {cpu_features()}"
    yield f"display      {display() or 'none set'}"
    yield f"OpenGL       {_opengl()}"
    yield from _devices()
    yield from _backends()
    yield from _networks()


def cpu_name() -> str:
    """Find the processor's name, as well as the system knows it."""
    for line in processor_facts():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine() or "unknown"


def cpu_features() -> str:
    """Name the instruction sets that matter, or say why they are not known."""
    for line in processor_facts():
        if line.startswith(("flags", "Features")):
            present = set(line.partition(":")[2].split())
            return " ".join(name for name in CPU_FEATURES if name in present) or "none of note"
    return f"not told by {platform.system()}"


def _package_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _opengl() -> str:
    try:
        # Without a display: what a report must not do is open a window, or fail for want of one.
        from gui_utils.window import Window, WindowError
    except (ImportError, OSError) as error:
        return f"not to be had: {error}"
    try:
        window = Window("diagnose", (64, 64), offscreen=True)
    except WindowError as error:
        return f"not to be had: {error}"
    try:
        return f"{window.renderer} (without a display)"
    finally:
        window.close()


def _devices() -> Iterator[str]:
    try:
        import torch

        from viz.render import devices
    except (ImportError, OSError) as error:
        yield f"device       no torch: {error}"
        return
    chosen = devices.choose_device("auto")
    yield f"device       {devices.describe(chosen, devices.default_threads())}"
    for index in range(torch.cuda.device_count()):
        yield f"cuda:{index}       {torch.cuda.get_device_name(index)}"
    if not torch.cuda.is_available():
        reason = "this torch is built without it" if not torch.version.cuda else "no GPU was found"
        yield f"CUDA         not used: {reason}"


def _backends() -> Iterator[str]:
    try:
        import ops
    except (ImportError, OSError) as error:
        yield f"operations   cannot be loaded: {error}"
        return
    for line in ops.backend_report():
        yield f"operations   {line}"


def _networks() -> Iterator[str]:
    from viz.storage import bundled

    names = [bundled.label(source) for source in bundled.sources()]
    yield f"bundled      {', '.join(names) or 'no networks'}"
