"""What goes in, set by hand: w painted, layers changed, controls animated and locked, keyframes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from imgui_bundle import imgui

from gui_utils.widgets import Widgets
from tests.gui.program import picture, place_of, wait_until
from tests.patience import PATIENCE_S
from viz.panels.recording.timeline import store
from viz.state.history import History
from viz.state.inputs import WRowState
from viz.state.timeline import in_order

if TYPE_CHECKING:
    from tests.gui_utils.hand import Hand, Point
    from viz.app.loop import App


def unfold(app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch, *titles: str) -> None:
    """Click the headers of sections."""
    section = Widgets.section
    for title in titles:
        places: dict[str, Point] = {}

        def noted(
            ui: Widgets, name: str, places: dict[str, Point] = places, **rest: object
        ) -> bool:
            at = imgui.get_cursor_screen_pos()
            places[name] = (at.x + 40, at.y + 13)
            return section(ui, name, **rest)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(Widgets, "section", noted)
            hand.frame()
        hand.click(places[title])
    hand.move((-10.0, -10.0))
    assert app.settle(PATIENCE_S)


def pictures(app: App) -> list[np.ndarray]:
    assert app.settle(PATIENCE_S)
    assert app.model.result is not None
    return [one.picture for one in app.model.result.networks if one.picture is not None]


def test_w_is_painted_erased_moved_by_the_wheel_and_undone(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.model.history = History(app.state)
    before = pictures(app)
    folded = ("Latent", "Truncation", "Transform")
    unfold(app, hand, monkeypatch, *folded, "Vector w")
    edit, panel = app.state.w_edit, app.workspace.vector
    assert panel.cells is not None
    columns, layers = panel.cells.columns, panel.cells.layers
    assert (layers, columns) == (8, 16)
    hand.drag(panel.cells.centre(1, 2), panel.cells.centre(1, 5))
    assert edit.rows == [WRowState(1, "principal", [0, 0, 2.0, 2.0, 2.0, 2.0])]
    after = pictures(app)
    assert all(not np.array_equal(a, b) for a, b in zip(before, after, strict=True)), "all locked"
    hand.hold(imgui.Key.mod_shift, True)
    hand.drag(panel.cells.centre(1, 4), panel.cells.centre(1, 5))
    hand.hold(imgui.Key.mod_shift, False)
    assert edit.rows == [WRowState(1, "principal", [0, 0, 2.0, 2.0])]
    hand.move(panel.cells.centre(3, 0))
    hand.wheel(-2.0)
    assert edit.rows[-1] == WRowState(3, "principal", [-0.5])
    edit.all_layers = True
    hand.click(panel.cells.centre(0, 7))
    assert all(len(row.offsets) == 8 for row in edit.rows)
    assert len(edit.rows) == 16, "as many as any of the networks has"
    while app.model.history.can_undo:
        hand.key(imgui.Key.z, imgui.Key.mod_ctrl)
    assert app.state.w_edit.rows == []
    np.testing.assert_array_equal(pictures(app)[0], before[0])
    unfold(app, hand, monkeypatch, *folded, "Vector w")


def test_a_layer_is_changed_from_its_controls_and_its_menu(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = app.state
    state.layers.layer = "b16.conv1"
    before = pictures(app)
    unfold(app, hand, monkeypatch, "Change layer")
    x, y = place_of(app, hand, monkeypatch, "Stretches what w says")
    hand.drag((x, y), (x + 40, y))
    (change,) = state.networks[0].changes
    assert change.layer == "b16.conv1"
    assert change.style_gain > 1.2
    changed = pictures(app)
    assert not np.array_equal(changed[0], before[0])
    np.testing.assert_array_equal(changed[1], before[1])
    hand.click(place_of(app, hand, monkeypatch, "Whether this layer adds"))
    assert not change.noise
    unfold(app, hand, monkeypatch, "Change layer")
    assert app.host.failures == {}


def test_a_locked_control_withstands_the_hand_and_an_animated_one_moves(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = app.state
    state.locks = ["transform.x", "truncation.psi"]
    unfold(app, hand, monkeypatch, "Latent")  # it is folded: the menus have room below
    x, y = place_of(app, hand, monkeypatch, "1 leaves w")
    hand.drag((x, y), (x + 40, y))
    hand.double_click((x, y))
    assert state.truncation.psi == 1.0
    hand.key(imgui.Key.right_arrow, imgui.Key.mod_shift)
    assert state.transform.x == 0.0, "no key and no gesture either"
    assert "Locked: transform, x." in app.model.status.message
    hand.click((x, y), 1)
    hand.frame()
    assert imgui.is_popup_open("", imgui.PopupFlags_.any_popup)
    hand.click((x + 20, y + 106))  # the last entry
    assert state.locks == ["transform.x"]
    hand.click((x, y), 1)
    hand.frame()
    hand.click((x + 20, y + 85))  # the one above
    assert [motion.field for motion in state.motions] == ["truncation.psi"]
    assert state.playing
    hand.click((400, 10))  # beside the menu, which closes
    wait_until(app, lambda: app.state.truncation.psi != 1.0)
    hand.drag((x, y), (x + 10, y))
    assert app.state.motions == [], "a hand on it ends its animation"
    app.state.playing = False
    unfold(app, hand, monkeypatch, "Latent")


def test_a_locked_switch_says_so_and_does_not_change(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, tip = app.state, "Round the shift to whole pixels of each network's picture."
    unfold(app, hand, monkeypatch, "Latent", "Truncation")
    place = place_of(app, hand, monkeypatch, tip)
    hand.click(place)
    assert state.transform.snap
    state.locks = ["transform.snap"]
    changes: list[object] = []
    monkeypatch.setattr("viz.app.loop.put_back", lambda *found: changes.append(found))
    hand.click(place)
    assert state.transform.snap, "refused at the control"
    assert place_of(app, hand, monkeypatch, f"{tip}\n\nLocked") == place
    unfold(app, hand, monkeypatch, "Latent", "Truncation")


def test_a_bar_for_a_whole_number_gives_whole_numbers(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfold(app, hand, monkeypatch, "Latent", "Truncation")
    x, y = place_of(app, hand, monkeypatch, "How much of the plane is drawn")
    hand.drag((x, y), (x + 7, y))
    assert type(app.state.canvas.extent) is int
    assert app.state.canvas.extent > 1
    unfold(app, hand, monkeypatch, "Latent", "Truncation")


def test_keyframes_are_retimed_and_reordered_by_dragging_and_the_way_back_too(
    app: App, hand: Hand
) -> None:
    state, timeline = app.state, app.state.timeline
    for seed in (3, 5, 8):
        state.latent.x = float(seed)
        hand.key(imgui.Key.i)
    hand.frame()
    track = app.workspace.timeline.track
    assert track is not None

    def seeds() -> list[float]:
        return [frame.x for frame in in_order(timeline.frames)]

    assert [frame.at_s for frame in timeline.frames] == [0.0, 2.0, 4.0]
    hand.drag((track.x(2.0), track.middle), (track.x(3.0), track.middle))
    assert [frame.at_s for frame in timeline.frames] == pytest.approx([0, 3, 4], abs=0.03)
    hand.drag((track.x(3.0), track.middle), (track.x(4.5), track.middle), steps=8)
    assert seeds() == [3.0, 8.0, 5.0], "dragged past another"
    assert [frame.at_s for frame in timeline.frames] == pytest.approx([0, 4.5, 4], abs=0.03)
    hand.frame()
    track = app.workspace.timeline.track
    assert track is not None
    end = timeline.frames[1].at_s + timeline.closing_s
    hand.drag((track.x(end), track.middle), (track.x(end - 1.0), track.middle))
    assert timeline.closing_s == pytest.approx(1.0, abs=0.05)
    hand.double_click((track.x(0.0), track.middle))
    assert state.latent.x == 3.0


def test_a_drag_takes_over_from_a_path_that_moves_the_picture(app: App, hand: Hand) -> None:
    state = app.state
    state.transform.x = 0.4
    store(state)
    state.transform.x = 0.0
    store(state)
    state.timeline.on = state.timeline.moves_transform = True
    assert app.settle(PATIENCE_S)
    rect = picture(app, 0)
    x, y = rect.centre
    hand.drag((x, y), (x - rect.width / 4, y))
    assert not state.timeline.on
    assert state.transform.x == pytest.approx(0.15, abs=0.02)
