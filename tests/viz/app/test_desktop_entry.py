"""The program among the applications of a desktop."""

from __future__ import annotations

import configparser
import shlex
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image

from viz.app import desktop_entry


def test_what_is_installed_is_removed(tmp_path: Path) -> None:
    written = desktop_entry.install(tmp_path)
    present = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert present == set(written)
    other = tmp_path / "applications/other.desktop"
    other.touch()
    assert set(desktop_entry.remove(tmp_path)) == set(written)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [other]
    assert desktop_entry.remove(tmp_path) == []


def test_the_entry_starts_the_program_with_files(tmp_path: Path) -> None:
    desktop_entry.install(tmp_path)
    entry = configparser.RawConfigParser()
    entry.optionxform = str  # type: ignore[method-assign]
    entry.read(tmp_path / f"applications/{desktop_entry.NAME}.desktop", "utf-8")
    fields = dict(entry["Desktop Entry"])
    *command, files = shlex.split(fields["Exec"])
    assert command == desktop_entry.own_command()
    assert Path(command[0]).is_file()
    assert Path(command[-1]).is_file()
    assert files == "%F"
    (kind,) = ET.parse(tmp_path / f"mime/packages/{desktop_entry.NAME}.xml").getroot()
    assert kind.get("type") == fields["MimeType"].rstrip(";")
    for size in (16, 32, 64, 256):
        path = tmp_path / f"icons/hicolor/{size}x{size}/apps/{fields['Icon']}.png"
        assert Image.open(path).size == (size, size)


def test_commands_are_quoted_as_entries_have_it() -> None:
    assert desktop_entry._quoted(["/a b/$x", '100%"']) == r'"/a b/\\$x" "100%%\\""'


def test_other_systems_and_other_words_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="--install or --remove"):
        desktop_entry.main([])
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ValueError, match="Linux"):
        desktop_entry.main(["--install"])


@pytest.mark.parametrize(("name", "largest"), [("ico", 256), ("icns", 512)])
def test_icons_of_other_systems_hold_their_sizes(name: str, largest: int) -> None:
    with Image.open(desktop_entry.ICONS / f"icon.{name}") as icon:
        assert max(size[0] for size in icon.info["sizes"]) == largest
