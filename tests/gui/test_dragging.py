"""Points are set by the hand, dragged in the worker, and what comes of it can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from imgui_bundle import imgui

from tests.gui.program import picture, place_of, wait_until
from tests.patience import PATIENCE_S
from viz.commands.dragging import free_of
from viz.protocol.strokes import painted
from viz.state.dragging import DragPairState, StrokeState

if TYPE_CHECKING:
    from tests.gui_utils.hand import Hand
    from viz.app.loop import App


def place(app: App, x: float, y: float, slot: int = 0) -> tuple[float, float]:
    rect = picture(app, slot)
    return rect.x + x * rect.width, rect.y + y * rect.height


def rest(app: App, count: int = 1) -> None:
    """Leave the last so many networks, at rest."""
    del app.state.networks[:-count]
    app.state.playing = app.state.latent.walk = False
    app.settle(PATIENCE_S)


def test_the_hand_sets_moves_and_removes_points(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest(app)
    state = app.state.dragging
    app.commands.dragging.switch()
    hand.frame()
    before = app.state.transform.x
    hand.drag(place(app, 0.25, 0.25), place(app, 0.5, 0.5))
    assert app.state.transform.x == before, "the tool does not move the picture"
    (pair,) = state.pairs
    assert (pair.x, pair.y) == pytest.approx((-0.25, -0.25), abs=0.01)
    assert (pair.to_x, pair.to_y) == pytest.approx((0.0, 0.0), abs=0.01)
    hand.drag(place(app, 0.5, 0.5), place(app, 0.5, 0.75))
    assert (pair.to_x, pair.to_y) == pytest.approx((0.0, 0.25), abs=0.01)
    hand.drag(place(app, 0.25, 0.25), place(app, -0.5, 0.25))
    assert (pair.x, pair.y) == pytest.approx((-0.5, -0.25), abs=0.01), "no farther than the rim"
    hand.click(place(app, 0.8, 0.2))
    held = state.pairs[1]
    assert (held.x, held.y) == (held.to_x, held.to_y)
    hand.rest(1.0)  # what follows quickly would be one step with it
    hand.click(place(app, 0.8, 0.2), button=1)
    assert len(state.pairs) == 1
    app.commands.window.undo()
    assert len(app.state.dragging.pairs) == 2
    hand.click(place_of(app, hand, monkeypatch, "Remove all handles"))
    assert not app.state.dragging.pairs
    hand.key(imgui.Key.escape)
    assert not app.state.dragging.on


@pytest.mark.parametrize("count", [1, 2])
def test_points_are_dragged_and_taken_back(app: App, hand: Hand, count: int) -> None:
    rest(app, count)
    app.commands.dragging.switch()
    state = app.state.dragging
    state.slot = count - 1
    state.pairs = [DragPairState(-0.2, 0.0, 0.1, 0.1)]
    hand.frame()
    hand.key(imgui.Key.enter, imgui.Key.mod_ctrl)
    assert app.model.dragging.task is not None
    wait_until(app, lambda: not app.model.dragging.is_busy and app.model.dragging.arrived is None)
    transform = app.state.transform_of(count - 1)
    assert (transform.x, transform.y) == pytest.approx((0.3, 0.1))
    assert app.state.latent_of(count - 1).given is None, "the input has done it all"
    assert "which is all of the drag" in app.model.status.message
    assert (app.state.networks[-1].own is not None) == (count > 1)
    (pair,) = app.state.dragging.pairs
    assert (pair.x, pair.y) == (pair.to_x, pair.to_y)
    app.commands.window.undo()
    assert app.state.transform_of(count - 1).x == 0
    assert app.state.dragging.pairs[0].x == -0.2


def test_a_drag_is_stopped_where_it_is_or_cancelled(app: App, hand: Hand) -> None:
    rest(app)
    app.commands.dragging.start()
    assert "Set a handle first" in app.model.status.message
    app.commands.dragging.switch()
    state = app.state.dragging
    state.pairs, state.move_first = [DragPairState(-0.2, 0.0, 0.3, 0.0)], False
    state.steps, state.rate = 1000, 0.005
    dragging = app.model.dragging

    def under_way() -> bool:
        return dragging.step is not None and dragging.step.step > 1

    app.commands.dragging.start()
    wait_until(app, under_way)
    shown = dragging.picture(0, app.model.result.request, None)
    assert shown is dragging.step.image
    hand.key(imgui.Key.escape)
    wait_until(app, lambda: not dragging.is_busy)
    hand.frame()
    assert app.state.latent.given is None
    assert app.state.dragging.on, "the tool stays"
    assert dragging.picture(0, app.model.result.request, None) is None
    app.commands.dragging.start()
    wait_until(app, under_way)
    app.commands.dragging.stop()
    wait_until(app, lambda: app.state.latent.given is not None)
    given = app.state.latent.given
    assert given.name == "dragged"
    wait_until(app, lambda: app.model.result.request.place.latent.given == given)
    hand.frame()
    assert dragging.picture(0, app.model.result.request, given) is None
    assert (app.model.pictures.picture(0).astype(int) - dragging.step.image).max() <= 1
    app.commands.window.undo()
    assert app.state.latent.given is None


def test_what_may_change_is_painted_and_rubbed_out(app: App, hand: Hand) -> None:
    rest(app)
    app.commands.dragging.switch()
    state = app.state.dragging
    state.paints, state.brush = True, 0.1
    hand.frame()
    before = app.state.transform.x
    hand.drag(place(app, 0.3, 0.5), place(app, 0.7, 0.5))
    assert not state.pairs
    assert app.state.transform.x == before, "the brush does not move the picture"
    (stroke,) = state.strokes
    assert stroke.places[0] == pytest.approx((-0.2, 0.0), abs=0.01)
    assert stroke.places[-1] == pytest.approx((0.2, 0.0), abs=0.01)
    hand.hold(imgui.Key.mod_shift, True)
    hand.drag(place(app, 0.7, 0.5), place(app, 0.6, 0.5))
    hand.hold(imgui.Key.mod_shift, False)
    assert [one.erases for one in state.strokes] == [False, True]
    paint = painted(free_of(state), (64, 64), 64.0)
    assert paint[32, 20]
    assert not paint[32, 44]
    hand.rest(1.0)  # what follows quickly would be one step with it
    app.commands.window.undo()
    app.commands.window.undo()
    assert not app.state.dragging.strokes


def test_what_is_not_painted_is_held(app: App) -> None:
    """The same drag, of one half of the picture: the other half changes less."""
    rest(app)
    app.commands.dragging.switch()
    state, dragging = app.state.dragging, app.model.dragging
    state.move_first, state.steps = False, 12
    changed = []
    for strokes in ([], [StrokeState(xs=[-0.3, -0.3], ys=[-0.5, 0.5], radius=0.2)]):
        state.pairs, state.strokes = [DragPairState(-0.3, 0.0, -0.2, 0.0)], strokes
        before = app.model.pictures.picture(0).astype(float)
        app.commands.dragging.start()
        wait_until(app, lambda: not dragging.is_busy)
        assert dragging.step is not None
        difference = dragging.step.image - before
        changed.append(np.square(difference[:, 3 * difference.shape[1] // 4 :]).mean())
        app.step(0.01)
        app.commands.window.undo()
        app.settle(PATIENCE_S)
    assert changed[1] < 0.75 * changed[0]
