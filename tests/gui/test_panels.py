"""Keys, panels and the palette in the whole program, and what survives their errors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from imgui_bundle import imgui

from tests.gui.program import picture
from tests.patience import PATIENCE_S
from viz.state.history import History, leaves
from viz.state.inputs import DirectionState

if TYPE_CHECKING:
    from tests.gui_utils.hand import Hand
    from viz.app.loop import App


def test_keys(app: App, hand: Hand) -> None:
    state = app.state
    hand.key(imgui.Key.right_arrow)
    hand.key(imgui.Key.right_arrow)
    hand.key(imgui.Key.left_arrow)
    assert (state.latent.x, state.latent.y) == (1.0, 0.0)
    hand.key(imgui.Key.down_arrow, imgui.Key.mod_shift)
    assert state.transform.y == pytest.approx(1 / 32)
    layer = state.layers.layer
    hand.key(imgui.Key.right_bracket)
    assert state.layers.layer != layer
    hand.key(imgui.Key.left_bracket)
    assert state.layers.layer == layer
    hand.key(imgui.Key._2)
    hand.frame()
    assert list(app.workspace.stage.picture_rects) == [1]
    hand.key(imgui.Key._0)
    hand.frame()
    assert list(app.workspace.stage.picture_rects) == [0, 1]
    hand.key(imgui.Key.space)
    assert state.playing


def test_the_chosen_layer_shows_its_maps_and_its_spectrum(app: App, hand: Hand) -> None:
    app.state.layers.slot = 1
    assert app.settle(PATIENCE_S)
    state = app.state
    assert app.model.result is not None
    maps = app.model.result.networks[1].maps
    assert maps is not None
    assert maps.layer == state.layers.layer
    state.spectrum.of = "layer"
    imgui.set_window_focus("Spectrum")
    hand.frame()
    assert app.settle(PATIENCE_S)
    assert "Spectrum" in app.model.windows.visible
    assert "Layers" not in app.model.windows.visible
    spectrum = app.model.result.networks[1].spectrum
    assert spectrum is not None
    assert spectrum.layer == state.layers.layer
    assert app.model.result.networks[1].maps is None, "nobody sees them, nobody pays for them"
    imgui.set_window_focus("Layers")
    hand.frame()
    assert app.host.failures == {}


def test_a_panel_that_raises_leaves_the_others_working(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        imgui.begin_child("half-open")
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(app.workspace.latent, "draw", broken)
    hand.frame()
    assert app.host.failures == {"Latent": "ZeroDivisionError: division by zero"}
    monkeypatch.undo()
    x, y = picture(app, 0).centre
    hand.drag((x, y), (x + 32, y))
    assert app.host.failures == {}
    assert app.state.transform.x > 0


def test_once_settled_no_frame_is_drawn_until_something_happens(app: App) -> None:
    deadline = time.perf_counter() + PATIENCE_S
    quiet = 0
    while quiet < 5 and time.perf_counter() < deadline:
        quiet = 0 if app.step(0.5) else quiet + 1
    assert quiet == 5
    app.model.status.show("news")
    assert app.step(0.5)


def test_every_panel_is_drawn_in_both_themes_and_at_another_size(app: App) -> None:
    means = []
    for theme, scale in (("dark", 1.0), ("light", 1.0), ("light", 1.5)):
        app.state.view.theme, app.state.view.ui_scale = theme, scale
        app.commands.window.reset_layout()
        for title in ("Performance", "Equivariance", "Spectrum", "Layers"):
            assert app.settle(PATIENCE_S)
            imgui.set_window_focus(title)
        assert app.settle(PATIENCE_S)
        assert app.host.failures == {}
        means.append(app.screenshot().mean())
    assert means[0] + 60 < means[1]


def test_changes_are_undone_a_drag_as_one(app: App, hand: Hand) -> None:
    app.model.history = History(app.state)
    x, y = picture(app, 0).centre
    hand.drag((x, y), (x + 40, y + 20), steps=6)
    moved = app.state.transform.x
    assert moved > 0
    hand.rest(0.3)
    hand.key(imgui.Key.right_arrow)
    assert app.state.latent.x == 1.0
    hand.key(imgui.Key.z, imgui.Key.mod_ctrl)
    assert (app.state.latent.x, app.state.transform.x) == (0.0, moved)
    hand.key(imgui.Key.z, imgui.Key.mod_ctrl)
    assert (app.state.transform.x, app.state.transform.y) == (0.0, 0.0)
    assert not app.model.history.can_undo
    hand.key(imgui.Key.y, imgui.Key.mod_ctrl)
    assert app.state.transform.x == moved


def test_the_palette_finds_a_command_and_runs_it(app: App, hand: Hand) -> None:
    hand.key(imgui.Key.k, imgui.Key.mod_ctrl)
    hand.frame()
    assert app.workspace.palette.is_open
    hand.type("untransf")
    hand.key(imgui.Key.enter)
    assert app.state.view.untransform
    assert not app.workspace.palette.is_open
    hand.key(imgui.Key.k, imgui.Key.mod_ctrl)
    hand.key(imgui.Key.escape)
    assert not app.workspace.palette.is_open


def test_drawing_alone_changes_nothing(app: App, hand: Hand) -> None:
    state = app.state
    state.truncation.psi = 0.3
    state.transform.x, state.transform.y, state.transform.angle_rad = 0.1, 1 / 3, 0.7
    state.transform.orbit_radius, state.latent.walk_radius = 0.123, 0.3
    state.style_mix.layers, state.directions = [1], [DirectionState(amount=0.1)]
    state.latent.class_blend = 0.3
    assert app.settle(PATIENCE_S)
    before = leaves(state)
    for title in ("Performance", "Equivariance", "Spectrum", "Layers"):
        imgui.set_window_focus(title)
        hand.frame()
        hand.frame()
    assert leaves(state) == before
