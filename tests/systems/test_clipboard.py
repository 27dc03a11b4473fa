"""Pictures for the clipboard go to the system's program, or it is said which one is missing."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from systems.desktop import NoClipboardError, copy_picture

if TYPE_CHECKING:
    from pathlib import Path


def test_the_program_gets_a_png(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "xclip"
    program.write_text(f'#!/bin/sh\n/bin/cat > "{tmp_path}/got.png"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    pixels = np.arange(4 * 4 * 3, dtype=np.uint8).reshape(4, 4, 3)
    copy_picture(pixels)
    got = Image.open(io.BytesIO((tmp_path / "got.png").read_bytes()))
    np.testing.assert_array_equal(np.asarray(got), pixels)


def test_without_a_program_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoClipboardError, match="xclip"):
        copy_picture(np.zeros((2, 2, 3), np.uint8))


def test_a_program_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "wl-copy"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoClipboardError, match="wl-copy"):
        copy_picture(np.zeros((2, 2, 3), np.uint8))


@pytest.mark.parametrize(
    ("system", "name", "keeps"),
    [
        ("darwin", "osascript", 'for last; do :; done; /bin/cat "$last"'),
        ("win32", "powershell", '/bin/cat "$PICTURE_TO_COPY"'),
    ],
)
def test_systems_that_take_a_file_get_one(
    system: str, name: str, keeps: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / name
    program.write_text(f'#!/bin/sh\n{keeps} > "{tmp_path}/got.png"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.platform", system)
    pixels = np.arange(4 * 4 * 4, dtype=np.uint8).reshape(4, 4, 4)
    copy_picture(pixels)
    monkeypatch.undo()
    got = Image.open(io.BytesIO((tmp_path / "got.png").read_bytes()))
    np.testing.assert_array_equal(np.asarray(got), pixels)
