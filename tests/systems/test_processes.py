"""Processes of our own, and how they are asked to end, on each system."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from systems import processes


def test_an_app_is_its_own_python(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processes.command("train", "run") == [sys.executable, "-m", "train", "run"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/apps/Alias-Free Visualizer")
    for platform, program in {"linux": "/apps/afv", "win32": "/apps/afv.exe"}.items():
        monkeypatch.setattr(sys, "platform", platform)
        assert processes.command("train", "run") == [program, "--module", "train", "run"]


@pytest.mark.parametrize("before", ["", "/opt/lib"])
def test_an_apps_libraries_are_not_for_other_programs(
    before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/app")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    assert processes.environment_of_others() == dict(os.environ)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    environment = processes.environment_of_others()
    assert environment.get("LD_LIBRARY_PATH", "") == before
    assert "LD_LIBRARY_PATH_ORIG" not in environment


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_a_process_apart_has_its_own_terminal_or_none(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    own = {"creationflags": 1 << 27} if platform == "win32" else {"start_new_session": True}
    assert processes.apart() == own


@pytest.mark.parametrize(
    ("platform", "number"),
    [("linux", signal.SIGINT), ("darwin", signal.SIGINT), ("win32", signal.SIGTERM)],
)
def test_a_process_is_asked_to_end(
    platform: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "kill", lambda *given: sent.append(given))
    processes.ask_to_end(4711)
    assert sent == [(4711, number)]


@pytest.mark.parametrize(("platform", "lowered"), [("linux", 1), ("darwin", 0), ("win32", 0)])
def test_priorities_belong_to_threads_on_linux_alone(
    platform: str, lowered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int, int]] = []
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "setpriority", lambda *given: asked.append(given), raising=False)
    processes.lower_priority_of_this_thread(5)
    assert len(asked) == lowered


def test_every_system_has_signals_that_end() -> None:
    assert {signal.SIGINT, signal.SIGTERM} <= set(processes.ENDING)


@pytest.mark.parametrize(("platform", "can"), [("linux", True), ("darwin", True), ("win32", False)])
def test_sockets_are_standard_streams_but_on_windows(
    platform: str, can: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert processes.hands_on_sockets() is can
