"""Errors, encodings and readers that go away, as every command line treats them."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator.command_line import error_line, run_command

ROOT = Path(__file__).parents[2]


def python(code: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a small program whose output goes through pipes."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )


def test_what_a_user_can_put_right_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise ValueError("two\nlines")

    assert run_command(fail) == 1
    assert capsys.readouterr().err == "error: two lines\n"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "a.zip"), "a.zip: Permission denied"),
        (
            OSError(errno.EROFS, "Read-only file system", "b"),
            "b: Read-only file system; choose another folder",
        ),
        (OSError("as it is"), "as it is"),
        (MemoryError(), "there is not enough memory for this"),
        (ValueError(), "ValueError"),
        (ValueError("a\tb\nc\x1b[2J"), "a b c\ufffd[2J"),
        (OSError(errno.ENOENT, "No such file", "x\x1b]0;y\x07"), "x\ufffd]0;y\ufffd: No such file"),
    ],
)
def test_files_that_the_system_refuses_are_named(error: Exception, line: str) -> None:
    assert error_line(error) == line


@pytest.mark.process
def test_a_terminal_of_another_encoding_shows_question_marks() -> None:
    code = (
        "from generator.command_line import run_command\n"
        "run_command(lambda: print('ψ 1, \\udcff') or 0)"
    )
    done = python(code, PYTHONIOENCODING="ascii:strict")
    assert (done.returncode, done.stdout.strip()) == (0, b"? 1, ?")


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_that_goes_away_ends_a_program_quietly() -> None:
    code = (
        "import sys, time\nfrom generator.command_line import run_command\n"
        "def talk():\n"
        "    sys.stdin.readline()\n"
        "    for line in range(100_000): print(line)\n"
        "    return 0\n"
        "sys.exit(run_command(talk))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    process.stdin.write(b"go\n")
    process.stdin.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (141, b"")


def test_torchrun_ends_its_report_with_the_same_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(tmp_path / "error.json"))

    def fail() -> int:
        raise ValueError("a batch of 4")

    assert run_command(fail) == 1
    from torch.distributed.elastic.multiprocessing.errors import ProcessFailure

    failure = ProcessFailure(0, 1, 1, str(tmp_path / "error.json"))
    assert failure.message["extraInfo"]["py_callstack"] == "error: a batch of 4"
    assert json.loads((tmp_path / "error.json").read_text())


@pytest.mark.process
@pytest.mark.parametrize(
    ("program", "words", "message"),
    [
        ("train", ["run", "--data", "a", "--out", "b", "--batch", "0"], "batch must be"),
        ("generator", ["images", "x", "--psi", "abc"], "psi"),
    ],
)
def test_values_out_of_range_are_named_by_their_option(
    program: str, words: list[str], message: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", program, *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert "tyro" not in done.stderr
