"""Shortcuts are made, and shown, with Ctrl, or on a Mac with ⌘."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import glfw
import pytest
from imgui_bundle import imgui

from gui_utils.events import Modifier
from gui_utils.keys import with_ctrl

if TYPE_CHECKING:
    from gui_utils.host import GuiHost

PANELS = Path(__file__).parents[2] / "viz/panels"


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_keys_are_written_as_the_system_does(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    written = (with_ctrl("Z"), with_ctrl("Z", shift=True), with_ctrl("click"), with_ctrl())
    mac, others = ("⌘Z", "⇧⌘Z", "⌘-click", "⌘"), ("Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+click", "Ctrl")
    assert written == (mac if platform == "darwin" else others)


@pytest.mark.window
@pytest.mark.parametrize(
    ("mac", "held", "key"),
    [
        (False, Modifier.CTRL, glfw.KEY_LEFT_CONTROL),
        (True, Modifier.SUPER, glfw.KEY_LEFT_SUPER),
    ],
)
def test_the_key_of_the_system_makes_a_shortcut(
    mac: bool,
    held: Modifier,
    key: int,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setattr("gui_utils.host.has_command_key", lambda: mac)
    host: GuiHost = request.getfixturevalue("host")
    seen: list[tuple[bool, bool]] = []

    def draw() -> None:
        io = imgui.get_io()
        if imgui.is_key_pressed(imgui.Key.s, False):
            seen.append((io.key_ctrl, io.key_super))

    for number in (key, glfw.KEY_S):
        host.window.receive_key(number, 0, True, held)
        host.frame(draw)
    assert seen == [(True, False)]


def test_both_signs_have_glyphs(host: GuiHost) -> None:
    for font in (host.fonts.body, host.fonts.bold):
        for sign in "⌘⇧":
            assert font.is_glyph_in_font(ord(sign))


def test_no_panel_writes_ctrl_itself() -> None:
    """But for Ctrl+Tab, which is that on a Mac, too."""
    for path in PANELS.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        docs = {ast.get_docstring(one, clean=False) for one in ast.walk(tree)
                if isinstance(one, documented)}  # fmt: skip
        for one in ast.walk(tree):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                text = one.value.replace("Ctrl+Tab", "")
                assert "Ctrl" not in text or one.value in docs, f"{path}: {one.value}"
