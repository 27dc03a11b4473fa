"""The tab of spectra in the whole program: its pages, freezing, averaging, saving."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from imgui_bundle import imgui

from tests.gui.program import place_of
from tests.patience import PATIENCE_S
from viz.protocol.spectra import AverageTask
from viz.storage.session import parse_session, session_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App


@pytest.fixture(autouse=True)
def in_front(app: App, hand: Hand) -> None:
    """Turn to the tab."""
    imgui.set_window_focus("Spectrum")
    hand.frame()
    assert app.settle(PATIENCE_S)


def press(app: App, hand: Hand, action: str) -> None:
    """Run an action by its name, as the palette does."""
    from viz.panels.window.all_actions import all_actions

    named = {one.name: one for one in all_actions(app.state, app.ctx)}
    named[action].run(app.state, app.ctx)
    hand.frame()
    assert app.settle(PATIENCE_S)


def test_a_bar_of_the_aliasing_meter_chooses_its_layer(app: App, hand: Hand) -> None:
    press(app, hand, "Aliasing meter")
    page = app.workspace.spectrum.aliasing
    deadline = time.perf_counter() + PATIENCE_S
    while (levels := page.levels(1, app.ctx)) is None:
        hand.frame()
        time.sleep(0.01)
        assert time.perf_counter() < deadline
    window = imgui.internal.find_window_by_name("Spectrum")
    app.state.layers.slot, app.state.layers.layer = 0, "input"
    # The lower plot is the second network's, and ends a little above the panel.
    hand.click((window.pos.x + 0.6 * window.size.x, window.pos.y + window.size.y - 90))
    assert app.state.layers.slot == 1
    assert app.state.layers.layer in {level.layer for level in levels}
    assert app.host.failures == {}


def test_the_filters_follow_the_chosen_layer(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(app, hand, "Filters of the layer")
    app.state.layers.slot, app.state.layers.layer = 0, "b16.conv1"
    hand.frame()
    assert app.settle(PATIENCE_S)
    hand.click(place_of(app, hand, monkeypatch, "The nearest layer with a filter"))
    assert app.state.layers.layer == "b16.conv0"
    app.state.layers.slot = 1
    hand.frame()
    for layer in ("input", app.model.summary_of(1).layers[3].name):  # type: ignore[union-attr]
        app.state.layers.layer = layer
        hand.frame()
        assert app.settle(PATIENCE_S)
        assert app.model.result is not None
        filters = app.model.result.networks[1].filters
        assert filters is not None
        assert filters.layer == layer
    assert app.host.failures == {}


def test_spectra_are_frozen_compared_and_saved(
    app: App, hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    press(app, hand, "Power spectrum")
    press(app, hand, "Freeze spectra")
    assert app.state.spectrum.against == "frozen"
    app.state.latent.x += 1
    hand.frame()
    assert app.settle(PATIENCE_S)
    spectra = app.model.spectra
    frozen, name = spectra.other()
    live = spectra.shown()[app.model.layer_slot]
    assert frozen is not None
    assert name == "frozen"
    assert frozen is not live
    path = app.commands.export.spectra(".npz")
    assert path is not None
    assert path.exists()
    kept = parse_session(session_text(app.state), "session").state
    assert kept.networks[0].frozen == app.state.networks[0].frozen != []
    app.state.spectrum.against = "network"
    app.state.spectrum.show_inner = app.state.spectrum.show_nyquist = True
    app.state.spectrum.of = "layer"
    hand.frame()
    assert app.settle(PATIENCE_S)
    other, name = spectra.other()
    assert other is not None
    assert name == "B"
    assert app.host.failures == {}
    app.commands.window.undo()


def test_latents_are_averaged_while_the_window_goes_on(app: App, hand: Hand) -> None:
    app.state.spectrum.taken, app.state.spectrum.samples = "average", 6
    hand.frame()
    spectra = app.model.spectra
    assert spectra.shown() == {}
    spectra.start_average()
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        app.step(0.02)
        report = app.model.jobs.newest(AverageTask)
        if report is not None and report.state == "done":
            break
    found = spectra.shown()
    assert sorted(found) == [0, 1]
    assert found[0].planes == 6 * 3
    app.state.spectrum.beta = 4.0
    assert spectra.shown() == {}, "those were taken through another window"
    app.window.request_frames(1)
    hand.frame()
    assert app.host.failures == {}
