"""Choosing a file by typing, by keys and by going into folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from imgui_bundle import imgui

from gui_utils.file_picker import FilePicker
from gui_utils.widgets import Widgets
from tests.gui_utils.hand import Hand

if TYPE_CHECKING:
    from pathlib import Path

    from gui_utils.host import GuiHost


class Picking:
    """A picker in a window, drawn frame by frame."""

    def __init__(self, host: GuiHost, folder: Path) -> None:
        self.picker = FilePicker(Widgets(host), "Open", (".net",), lambda f: f.name == "run")
        self.chosen: list[Path] = []
        self._host = host
        self.hand = Hand(host.window, self.frame)
        self.picker.open(folder)
        for _ in range(4):
            self.frame()

    def frame(self) -> None:
        def gui() -> None:
            chosen = self.picker.draw()
            if chosen is not None:
                self.chosen.append(chosen)

        self._host.frame(gui)
        self._host.window.present()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    for name in ("apple.net", "pear.net", "notes.txt", "run/inner.net"):
        (tmp_path / name).write_text("x")
    return tmp_path


@pytest.fixture
def picking(host: GuiHost, folder: Path) -> Picking:
    return Picking(host, folder)


def test_typing_narrows_the_list_and_enter_opens(picking: Picking, folder: Path) -> None:
    picking.hand.type("pea")
    picking.hand.key(imgui.Key.enter)
    assert picking.chosen == [folder / "pear.net"]
    assert not picking.picker.is_open


def test_a_whole_path_can_be_typed(picking: Picking, folder: Path) -> None:
    picking.hand.type(str(folder / "run" / "inner.net"))
    picking.hand.key(imgui.Key.enter)
    assert picking.chosen == [folder / "run" / "inner.net"]


@pytest.mark.parametrize("written", ['"{}"', " {}\n", "file://{}"])
def test_a_path_is_taken_as_other_programs_copy_it(
    picking: Picking, folder: Path, written: str
) -> None:
    picking.picker.typed = written.format(folder / "run" / "inner.net")
    assert picking.picker._enter() == folder / "run" / "inner.net"


def test_a_typed_folder_is_chosen_if_it_can_be(picking: Picking, folder: Path) -> None:
    picking.hand.type(str(folder / "run"))
    picking.hand.key(imgui.Key.enter)
    assert picking.chosen == [folder / "run"]


def test_arrows_walk_through_folders_and_files(picking: Picking, folder: Path) -> None:
    picking.hand.key(imgui.Key.enter)  # the folder comes first
    assert picking.chosen == []
    picking.hand.frame()
    picking.hand.key(imgui.Key.enter)
    assert picking.chosen == [folder / "run" / "inner.net"]


def test_other_files_are_refused_with_a_reason(picking: Picking, folder: Path) -> None:
    picking.hand.type(str(folder / "notes.txt"))
    picking.hand.key(imgui.Key.enter)
    assert picking.chosen == []
    assert picking.picker.problem == "notes.txt is not a .net file."
    assert picking.picker.is_open


def test_escape_chooses_nothing(picking: Picking) -> None:
    picking.hand.key(imgui.Key.escape)
    picking.hand.key(imgui.Key.escape)
    assert picking.chosen == []
    assert not picking.picker.is_open


def test_a_folder_that_cannot_be_read_is_told(picking: Picking, folder: Path) -> None:
    picking.picker.open(folder / "missing")
    picking.hand.frame()
    assert "missing" in picking.picker.problem
