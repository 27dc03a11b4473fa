"""Systems have one name each, and nobody else asks which one it is."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from systems.names import executable, system

ROOT = Path(__file__).parents[2]
ASKS = re.compile(
    r"sys\.platform|os\.name\b|platform\.system\(\) *[=!]=|\b(?:fcntl|msvcrt|winreg|resource)\b *$"
    r"|import (?:fcntl|msvcrt|winreg|resource)\b|os\.(?:startfile|setsid|fork|pread|sched_)"
    r"|start_new_session|creationflags|/proc/|/dev/shm|xdg-open"
)


@pytest.mark.parametrize(
    ("platform", "name", "program"),
    [
        ("linux", "linux", "zig"),
        ("darwin", "macos", "zig"),
        ("win32", "windows", "zig.exe"),
        ("freebsd14", "other", "zig"),
    ],
)
def test_names(platform: str, name: str, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert system() == name
    assert executable("zig") == program


def test_what_depends_on_the_system_stands_together() -> None:
    for folder in ("ops", "generator", "train", "gui_utils", "viz", "release"):
        for path in (ROOT / folder).rglob("*.py"):
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                assert not ASKS.search(line), f"{path}, line {number}: belongs into systems/"
