"""Displays, and opening files with the system's programs; what is said where there are none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from systems import desktop
from systems.desktop import NoProgramError, open_with_system
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("platform", "opener"), [("darwin", "open"), ("linux", "xdg-open")])
def test_the_program_that_the_system_opens_files_with_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, opener: str
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_rest: started.append(command))
    monkeypatch.chdir(tmp_path)
    open_with_system(tmp_path.relative_to(tmp_path))
    assert started == [[opener, str(tmp_path)]]


def test_windows_opens_files_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "startfile", opened.append, raising=False)
    open_with_system(tmp_path)
    assert opened == [str(tmp_path)]

    def refuse(_path: str) -> None:
        raise OSError(1155, "No application is associated")

    monkeypatch.setattr(os, "startfile", refuse, raising=False)
    with pytest.raises(NoProgramError, match="does not open it"):
        open_with_system(tmp_path)


@pytest.mark.parametrize(
    ("platform", "advice"), [("darwin", "there is no open here"), ("linux", "install xdg-utils")]
)
def test_without_a_program_it_is_said_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, advice: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoProgramError, match=advice):
        open_with_system(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="another program opens files here")
@pytest.mark.process
def test_the_program_gets_the_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opener, told = tmp_path / "xdg-open", tmp_path / "told"
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > {told}.part && /bin/mv {told}.part {told}\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    film = tmp_path / "a film.mp4"
    film.touch()
    open_with_system(film)
    deadline = time.perf_counter() + PATIENCE_S
    while not told.exists():
        assert time.perf_counter() < deadline
        time.sleep(0.01)
    assert told.read_text() == str(film)


def test_only_on_linux_a_display_can_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "")
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    for platform, found in {"linux": "", "darwin": "darwin", "win32": "win32"}.items():
        monkeypatch.setattr(sys, "platform", platform)
        assert desktop.display() == found
        assert bool(desktop.why_no_x_window()) == (platform == "linux")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert desktop.display() == "WAYLAND_DISPLAY=wayland-0"
    assert "start Xwayland" in desktop.why_no_x_window()


@pytest.mark.parametrize(
    ("platform", "found"), [("linux", "egl"), ("darwin", None), ("win32", None)]
)
def test_opengl_is_found_through_egl_on_linux(
    platform: str, found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delenv("PYOPENGL_PLATFORM", raising=False)
    desktop.prepare_opengl()
    assert os.environ.pop("PYOPENGL_PLATFORM", None) == found
