"""Every command of the page about recording is understood, and makes what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from viz.recording import command_line as recording

if TYPE_CHECKING:
    from viz.state.app_state import AppState

PAGE = Path(__file__).parents[3] / "docs" / "recording.md"
COMMANDS = re.findall(
    r"^\.venv/bin/python -m viz\.recording (\w.*)$", PAGE.read_text("utf-8"), re.MULTILINE
)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_page(
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made: list[tuple[AppState, Path]] = []

    def note(state: AppState, out: Path, *, overwrite: bool, label: str | None) -> None:
        recording.checked_scene(state, out, overwrite=overwrite)
        made.append((state, out))

    class Carried:
        state = recording.Look(Path("x")).state(("a",), "compare")

    monkeypatch.setattr(recording, "_record", note)
    monkeypatch.setattr(recording, "read_session", lambda _path: Carried)
    monkeypatch.setattr("sys.argv", ["recording", *shlex.split(command)])
    assert recording.main() == 0, capsys.readouterr().err
    ((state, out),) = made
    assert out.parent == Path("out")
    assert state.networks


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 10
