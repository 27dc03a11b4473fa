"""Files written whole, and never through a link."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from generator.files.safe_io import open_regular, read_regular, replacing, write_whole

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


def test_a_file_that_is_not_finished_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, "first")
    with pytest.raises(KeyError), replacing(path) as file:
        file.write(b"half of the sec")
        raise KeyError
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_new_files_have_the_permissions_of_any_other(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"")
    (tmp_path / "b").touch()
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"}
    assert len(modes) == 1


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "precious").read_text() == "mine"
    assert (tmp_path / "link").read_text() == "new"


@pytest.mark.parametrize("mode", ["a+", "ab", "r+", "w"])
def test_nothing_is_opened_for_writing_through_a_link(tmp_path: Path, mode: str) -> None:
    (tmp_path / "precious").write_text("mine")
    for target in ("precious", "missing"):
        link = tmp_path / f"link to {target}"
        link.symlink_to(tmp_path / target)
        with pytest.raises(ValueError, match=r"is a link, and nothing is written through it"):
            open_regular(link, mode)
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "missing").exists()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for mode in ("rb", "r+"):
        with pytest.raises(ValueError, match="is no regular file"):
            open_regular(tmp_path / "pipe", mode)


def test_small_files_are_read_up_to_a_bound(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 1024)
    assert len(read_regular(tmp_path / "a", 1024)) == 1024
    with pytest.raises(ValueError, match="more than 0 KiB"):
        read_regular(tmp_path / "a", 1023)
