"""Layouts of the window on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from viz.storage.layouts import LONGEST_TEXT, Layout, LayoutShelf

if TYPE_CHECKING:
    from pathlib import Path

WIDE = Layout("[Window][Stage]\nPos=0,0\n", 1.5)


def test_every_size_class_has_its_own(tmp_path: Path) -> None:
    shelf = LayoutShelf(tmp_path / "settings")
    assert shelf.take("normal") is None
    shelf.keep("normal", WIDE)
    again = LayoutShelf(tmp_path / "settings")
    assert again.take("normal") == WIDE
    assert again.take("compact") is None


def test_a_fresh_start_reads_none_and_keeps_what_follows(tmp_path: Path) -> None:
    LayoutShelf(tmp_path).keep("large", WIDE)
    fresh = LayoutShelf(tmp_path, fresh=True)
    assert fresh.take("large") is None
    fresh.keep("large", Layout("new", 1.0))
    assert LayoutShelf(tmp_path).take("large") == Layout("new", 1.0)


def test_without_a_folder_nothing_is_written(tmp_path: Path) -> None:
    shelf = LayoutShelf(None)
    shelf.keep("compact", WIDE)
    assert shelf.take("compact") == WIDE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"no scale\n", b"; scale 99.0\n", b"; scale 1.0\n" + b"x" * LONGEST_TEXT],
)
def test_a_damaged_file_is_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "layout-normal.ini").write_bytes(content)
    assert LayoutShelf(tmp_path).take("normal") is None


def test_a_disk_that_refuses_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    shelf = LayoutShelf(blocked / "settings")
    shelf.keep("normal", WIDE)
    assert shelf.take("normal") == WIDE
