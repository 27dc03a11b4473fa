"""How far a start is, on a terminal and in a log."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from viz.app.progress_line import ProgressLine
from viz.model.first_pictures import Step

if TYPE_CHECKING:
    import pytest

STEPS = (
    Step("Starting …", 0),
    Step("Starting …", 0),
    Step("Reading the network …", 2, 0.25),
    Step("Reading the network …", 2, 0.5),
    None,
)


def test_a_log_gets_a_line_for_each_step() -> None:
    log = io.StringIO()
    line = ProgressLine(log)
    for step in STEPS:
        line.show(step)
    assert log.getvalue() == "Starting …\nReading the network …\n"


def test_a_terminal_gets_one_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    line = ProgressLine(terminal)
    for step in STEPS:
        line.show(step)
    shown = terminal.getvalue().split("\r")
    assert [one.rstrip() for one in shown] == [
        "", "Starting …", "Reading the network, 25%", "Reading the network, 50%", "", "",
    ]  # fmt: skip


def test_without_standard_error_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    ProgressLine().show(STEPS[0])
