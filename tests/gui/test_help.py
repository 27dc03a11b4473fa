"""Help in the whole program: About, the guide, and the command line to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from systems.desktop import NoProgramError
from viz.panels.window.all_actions import all_actions
from viz.storage.log_files import log_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App


def press(app: App, hand: Hand, action: str) -> None:
    named = {one.name: one for one in all_actions(app.state, app.ctx)}
    named[action].run(app.state, app.ctx)
    hand.frame()
    hand.frame()


def test_about_opens_and_escape_closes_it(app: App, hand: Hand) -> None:
    press(app, hand, "About")
    assert app.model.windows.about
    hand.key(imgui.Key.escape)
    hand.frame()
    assert not app.model.windows.about
    assert app.host.failures == {}


def test_what_nothing_here_opens_has_its_place_said(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> None:
        raise NoProgramError("there is no xdg-open here; install xdg-utils")

    monkeypatch.setattr("viz.commands.base.open_with_system", refuse)
    for action, part in (("Guide", "guide"), ("Open log folder", "Logs are in")):
        app.model.status.clear()
        press(app, hand, action)
        assert app.model.status.is_error
        assert part in app.model.status.message
        assert app.model.status.message.endswith("install xdg-utils.")
    opened: list[Path] = []
    monkeypatch.setattr("viz.commands.base.open_with_system", opened.append)
    for action in ("Guide", "Open log folder"):
        press(app, hand, action)
        assert not app.model.status.is_error
    assert [opened[0].stem, opened[1]] == ["guide", log_folder()]


def test_the_command_line_is_copied(app: App, hand: Hand) -> None:
    app.state.latent.x = 0.5
    press(app, hand, "Copy as command line")
    assert imgui.get_clipboard_text().startswith("python -m generator images ")
    assert "without the blend of seeds" in app.model.status.message
    app.state.latent.x, app.state.latent.walk, app.state.playing = 0.0, True, True
    press(app, hand, "Copy as command line")
    assert imgui.get_clipboard_text().startswith("python -m viz.recording compare ")
