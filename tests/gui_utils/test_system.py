"""Opening files with the system's programs, and what is said where there are none."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from gui_utils.system import NoProgramError, open_with_system
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="another program opens files here")


def test_without_a_program_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoProgramError, match="install xdg-utils"):
        open_with_system(tmp_path)


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
