"""The operating system's name."""

from __future__ import annotations

import sys
from typing import Literal

System = Literal["linux", "macos", "windows", "other"]
_NAMES: dict[str, System] = {"linux": "linux", "darwin": "macos", "win32": "windows"}


def system() -> System:
    """Name the operating system; "other" is a Unix that nobody has tried."""
    return _NAMES.get(sys.platform, "other")


def executable(name: str) -> str:
    """Name the file of a program."""
    return f"{name}.exe" if system() == "windows" else name
