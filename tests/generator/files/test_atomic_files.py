"""Files that are written whole or not at all, and never through a link."""

from __future__ import annotations

import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from generator.files.atomic_files import (
    Mode,
    names_file,
    open_regular,
    read_regular,
    replacing,
    write_atomically,
)
from systems.files import try_lock

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_replaced_at_the_end_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_atomically(path, "före")
    assert path.read_text("utf-8") == "före"
    with replacing(path) as file:
        file.write(b"new")
        assert path.read_text("utf-8") == "före"
    assert path.read_bytes() == b"new"
    with pytest.raises(KeyError), replacing(path) as file:
        file.write(b"half")
        raise KeyError
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="permissions are others there")
def test_new_files_have_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_atomically(tmp_path / "x", b"")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("x", "usual")}
    assert len(modes) == 1


def test_the_umask_stays_as_it_is_for_other_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(mask: int) -> int:
        raise AssertionError("the umask belongs to all threads")

    monkeypatch.setattr(os, "umask", never)
    write_atomically(tmp_path / "x", b"")


def test_text_that_utf_8_lacks_is_written_as_escapes(tmp_path: Path) -> None:
    write_atomically(tmp_path / "x", "a\udcff")
    assert (tmp_path / "x").read_bytes() == rb"a\udcff"


@pytest.mark.parametrize("mode", ["r+b", "wb", "ab", "a+b"])
def test_nothing_is_written_through_a_link(mode: Mode, tmp_path: Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_bytes(b"mine")
    link.symlink_to(victim)
    (tmp_path / "loose").symlink_to(tmp_path / "nothing")
    for path in (link, tmp_path / "loose"):
        with pytest.raises(ValueError, match="is a link, and nothing is written through it"):
            open_regular(path, mode)
    assert victim.read_bytes() == b"mine"
    assert not (tmp_path / "nothing").exists()
    with open_regular(link, "rb") as file:
        assert file.read() == b"mine"
    write_atomically(link, b"new")
    assert victim.read_bytes() == b"mine"
    assert not link.is_symlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
@pytest.mark.parametrize("mode", ["rb", "r+b", "wb", "ab"])
def test_pipes_and_folders_are_refused_at_once(mode: Mode, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "folder", *(["link"] if mode == "rb" else [])):
        with pytest.raises(ValueError, match="no regular file"):
            open_regular(tmp_path / name, mode)


def test_small_files_are_read_up_to_a_bound(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 1024)
    assert len(read_regular(tmp_path / "a", 1024)) == 1024
    with pytest.raises(ValueError, match="more than 0 KiB"):
        read_regular(tmp_path / "a", 1023)


def test_modes_do_what_those_of_open_do(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with pytest.raises(FileNotFoundError):
        open_regular(path, "r+b")
    modes: list[tuple[Mode, bytes]] = [("wb", b"a"), ("ab", b"aa"), ("a+b", b"aaa"), ("wb", b"a")]
    for mode, expected in modes:
        with open_regular(path, mode) as file:
            file.write(b"a")
        with open_regular(path, "rb") as file:
            assert file.read() == expected


def test_one_lock_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with open_regular(path, "a+b") as mine, open_regular(path, "a+b") as other:
        assert try_lock(mine)
        assert not try_lock(other)
        found: list[bool] = []
        thread = threading.Thread(target=lambda: found.append(try_lock(other)))
        thread.start()
        thread.join()
        assert found == [False]
        mine.close()
        assert try_lock(other)
        assert names_file(path, other)
        write_atomically(path, b"new")
        assert not names_file(path, other)
        path.unlink()
        assert not names_file(path, other)
