"""Help in the whole program: About, the guide, and the command line to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.window.all_actions import all_actions

if TYPE_CHECKING:
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


def test_without_a_browser_the_guides_place_is_said(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _address: False)
    press(app, hand, "Guide")
    assert app.model.status.is_error
    assert "guide" in app.model.status.message
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    press(app, hand, "Guide")
    assert opened[0].startswith("file://")
    assert not app.model.status.is_error


def test_the_command_line_is_copied(app: App, hand: Hand) -> None:
    app.state.latent.x = 0.5
    press(app, hand, "Copy as command line")
    assert imgui.get_clipboard_text().startswith("python -m generator images ")
    assert "without the blend of seeds" in app.model.status.message
    app.state.latent.x, app.state.latent.walk, app.state.playing = 0.0, True, True
    press(app, hand, "Copy as command line")
    assert imgui.get_clipboard_text().startswith("python -m viz.recording compare ")
