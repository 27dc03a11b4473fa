"""The log files of window and worker."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from viz.storage import log_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    """A root logger of the test's own."""
    mine = logging.RootLogger(logging.WARNING)
    monkeypatch.setattr(logging, "getLogger", lambda name=None: mine)
    monkeypatch.setattr(log_files.faulthandler, "enable", lambda file: file.close())
    return mine


def test_everything_is_written_and_old_files_go(
    root: logging.Logger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(log_files, "MOST_BYTES", 2000)
    log_files.keep_log("window", tmp_path / "deep")
    for number in range(200):
        root.info("line %d", number)
    root.warning("careful")
    for handler in root.handlers:
        handler.close()
    assert "careful" in (tmp_path / "deep" / "window.log").read_text()
    assert len(list((tmp_path / "deep").glob("window.log*"))) == 1 + log_files.OLDER_FILES
    assert capsys.readouterr().err == "careful\n", "the terminal gets warnings only"


def test_a_disk_that_refuses_costs_the_file_alone(
    root: logging.Logger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    log_files.keep_log("worker", tmp_path / "file" / "folder")
    assert "no log is kept" in capsys.readouterr().err


@pytest.mark.process
def test_a_crash_below_python_leaves_its_trace(tmp_path: Path) -> None:
    program = (
        "import ctypes, sys; from pathlib import Path; from viz.storage.log_files import keep_log\n"
        f"keep_log('worker', Path({str(tmp_path)!r})); ctypes.string_at(0)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode != 0
    assert "string_at" in (tmp_path / "worker-crash.log").read_text()
