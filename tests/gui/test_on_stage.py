"""Instruments in the place of the pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from imgui_bundle import imgui

from tests.gui.program import picture, place_of, wait_until
from tests.patience import PATIENCE_S
from viz.panels.common import layout
from viz.panels.window.all_actions import all_actions

if TYPE_CHECKING:
    from tests.gui_utils.hand import Hand
    from viz.app.loop import App


def run(app: App, hand: Hand, name: str) -> None:
    """Run an action, and let its result be shown."""
    next(one for one in all_actions(app.state, app.ctx) if one.name == name).run(app.state, app.ctx)
    hand.frame()
    hand.frame()
    assert app.settle(PATIENCE_S)


def test_every_network_is_compared_on_the_stage_until_escape(app: App, hand: Hand) -> None:
    run(app, hand, "Equivariance on the stage")
    views = [app.model.result_of(slot).equivariance for slot in (0, 1)]
    assert all(view is not None for view in views)
    assert app.workspace.stage.picture_rects == {}
    hand.key(imgui.Key.escape)
    assert app.state.view.show == "side"
    imgui.set_window_focus(layout.LAYERS)
    hand.frame()
    hand.frame()
    assert app.settle(PATIENCE_S)
    assert app.model.result_of(1).equivariance is None, "nobody looks any more"
    assert picture(app, 0).width > 0
    assert app.host.failures == {}


def test_a_drag_on_the_stage_moves_the_input_of_all(app: App, hand: Hand) -> None:
    run(app, hand, "Equivariance on the stage")
    before = app.state.equivariance.x
    stage = imgui.internal.find_window_by_name(layout.STAGE)
    middle = (stage.pos.x + stage.size.x / 2, stage.pos.y + 0.35 * stage.size.y)
    hand.drag(middle, (middle[0] + 30, middle[1]))
    assert app.state.equivariance.x > before
    assert app.settle(PATIENCE_S)
    asked = {app.model.result_of(slot).equivariance.asked.move for slot in (0, 1)}
    assert len(asked) == 1


def test_the_lab_is_computed_for_the_stage_alone(app: App, hand: Hand) -> None:
    run(app, hand, "Signal lab on the stage")
    imgui.set_window_focus(layout.LAYERS)
    hand.frame()
    hand.frame()
    assert layout.LAB not in app.model.windows.visible
    app.state.lab.taps = 9
    hand.frame()
    wait_until(
        app,
        lambda: app.model.lab.view is not None and app.model.lab.view[0].operation.taps == 9,
    )
    assert app.host.failures == {}
    run(app, hand, "Back to the pictures")
    assert app.state.view.show == "side"


@pytest.mark.parametrize("title", [layout.LAB, layout.EQUIVARIANCE])
def test_a_button_in_the_panel_does_the_same(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch, title: str
) -> None:
    imgui.set_window_focus(title)
    hand.frame()
    hand.frame()
    assert app.settle(PATIENCE_S)
    hand.click(place_of(app, hand, monkeypatch, "Show it large"))
    assert app.state.view.show == {layout.LAB: "lab", layout.EQUIVARIANCE: "equivariance"}[title]
    hand.frame()
    hand.click(place_of(app, hand, monkeypatch, "Back to the pictures"))
    assert app.state.view.show == "side"


def test_with_no_network_the_lab_works_and_nothing_is_compared(app: App, hand: Hand) -> None:
    app.state.networks = []
    for name in ("Signal lab on the stage", "Equivariance on the stage"):
        run(app, hand, name)
        assert app.host.failures == {}
