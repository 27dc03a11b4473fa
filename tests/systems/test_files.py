"""Locks, owners and the room for shared memory, on each system."""

from __future__ import annotations

import os
import sys
import types
from typing import TYPE_CHECKING

import pytest

from systems import files

if TYPE_CHECKING:
    from pathlib import Path


def test_windows_locks_a_byte_behind_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place in the file stays, and another holder is no error."""
    places: list[int] = []

    def locking(descriptor: int, _mode: int, count: int) -> None:
        assert count == 1
        if places:
            raise OSError(13, "Permission denied")
        places.append(os.lseek(descriptor, 0, os.SEEK_CUR))

    msvcrt = types.ModuleType("msvcrt")
    msvcrt.LK_NBLCK, msvcrt.locking = 2, locking
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(sys, "platform", "win32")
    with (tmp_path / "x").open("w+b") as file:
        file.write(b"text")
        assert files.try_lock(file)
        assert not files.try_lock(file)
        assert file.tell() == 4
    assert places == [2**31 - 2]


@pytest.mark.parametrize(
    ("platform", "keeps"), [("linux", False), ("darwin", False), ("win32", True)]
)
def test_what_an_open_file_allows(
    platform: str, keeps: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert files.keeps_name_while_open() == keeps
    with (tmp_path / "x").open("w+b") as file:
        file.write(b"a line")
        file.flush()
        if keeps or sys.platform == platform or hasattr(os, "pread"):
            assert files.read_end(file, 4) == (b"" if keeps else b"line")
            assert file.tell() == 6


def test_without_owners_every_file_is_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = tmp_path.stat()
    monkeypatch.setattr(os, "geteuid", lambda: status.st_uid + 1, raising=False)
    assert not files.is_own(status)
    monkeypatch.delattr(os, "geteuid")
    assert files.is_own(status)


def test_folders_are_synced_where_they_can_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    monkeypatch.delattr(os, "O_DIRECTORY", raising=False)
    files.sync_folder(tmp_path)
    assert not synced
    monkeypatch.undo()
    files.sync_folder(tmp_path)
    files.sync_folder(tmp_path / "gone")


def test_shared_memory_is_limited_where_it_is_a_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_SHARED_MEMORY", tmp_path / "none")
    assert files.fits_shared_memory(1 << 60)
    monkeypatch.setattr(files, "_SHARED_MEMORY", tmp_path)
    room = types.SimpleNamespace(f_bavail=3, f_frsize=100)
    monkeypatch.setattr(os, "statvfs", lambda _folder: room, raising=False)
    assert files.fits_shared_memory(300)
    assert not files.fits_shared_memory(301)
