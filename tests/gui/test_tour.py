"""The tour in the whole program: it goes on when the hand has done the thing, or on Next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from imgui_bundle import imgui

from tests.gui.program import picture, place_of
from viz.panels.common import layout
from viz.panels.common.picture_geometry import Rect
from viz.panels.window.tour import AFTERWARDS_S, STEPS, beside
from viz.state.history import History
from viz.storage.preferences import Preferences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App

K = imgui.Key


@pytest.fixture
def tour(app: App, hand: Hand) -> Iterator[None]:
    app.model.history = History(app.state)
    app.commands.window.begin_tour()
    for _ in range(4):
        hand.frame()
    yield
    app.workspace.tour.leave()
    app.commands.window.reset_layout()
    for _ in range(12):
        hand.frame()


def step(app: App) -> int | None:
    return app.workspace.tour.step


def after_a_look(app: App, hand: Hand) -> int | None:
    """The step once the hand has rested."""
    hand.frame()
    hand.rest(AFTERWARDS_S + 0.1)
    for _ in range(3):
        hand.frame()
    return step(app)


@pytest.mark.usefixtures("tour")
def test_each_step_goes_on_when_its_control_has_been_used(app: App, hand: Hand) -> None:
    grid = app.ctx.landmarks["seed grid"].centre
    hand.drag(grid, (grid[0] - 30, grid[1]))
    assert step(app) == 0, "there is time to look"
    assert after_a_look(app, hand) == 1
    middle = picture(app, 0).centre
    hand.drag(middle, (middle[0] + 20, middle[1]))
    assert after_a_look(app, hand) == 2
    assert after_a_look(app, hand) == 2, "the program's own choice of a layer is no step"
    hand.key(K.right_bracket)
    assert after_a_look(app, hand) == 3
    for panel in (layout.SPECTRUM, layout.EQUIVARIANCE, layout.RECORDING):
        hand.click(app.ctx.landmarks[panel].centre)
        for _ in range(4):
            hand.frame()
        after_a_look(app, hand)
    assert step(app) == len(STEPS) - 1
    assert app.host.failures == {}


@pytest.mark.usefixtures("tour")
def test_enter_goes_on_and_escape_leaves_but_not_what_they_are_meant_for(
    app: App, hand: Hand
) -> None:
    for number in range(1, len(STEPS)):
        hand.key(K.enter)
        assert step(app) == number
    hand.key(K.enter)
    assert step(app) is None
    app.commands.window.begin_tour()
    hand.frame()
    hand.key(K.g)
    hand.key(K.enter)
    assert (step(app), app.state.view.show) == (0, "side"), "Enter was the gallery's"
    hand.key(K.f1)
    hand.frame()
    hand.key(K.escape)
    assert (step(app), app.model.windows.keys_shown) == (0, False)
    hand.frame()
    hand.key(K.right_arrow)
    assert app.state.latent.x == 1.0, "keys keep their meaning"
    hand.key(K.escape)
    assert step(app) is None


@pytest.mark.usefixtures("tour")
def test_its_buttons_go_on_and_back_and_leave(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.click(place_of(app, hand, monkeypatch, "Go on without"))
    assert step(app) == 1
    hand.frame()
    onward = place_of(app, hand, monkeypatch, "Go on without")
    hand.click((onward[0] - app.host.px(76), onward[1]))
    assert step(app) == 0
    hand.frame()
    hand.click(place_of(app, hand, monkeypatch, "Leave the tour"))
    assert step(app) is None
    assert not app.state.playing


@pytest.mark.usefixtures("tour")
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_its_card_covers_no_control_that_it_speaks_of(app: App, hand: Hand, scale: float) -> None:
    app.state.view.ui_scale = scale
    hand.frame()
    app.commands.window.reset_layout()
    for number in range(len(STEPS)):
        for _ in range(12):
            hand.frame()
        assert step(app) == number
        card, tour = app.workspace.tour.card, STEPS[number]
        assert card is not None
        name = next((one for one in tour.points_at if one in app.ctx.landmarks), None)
        if name is not None and name != "pictures":
            target = app.ctx.landmarks[name]
            apart = card.joined(target)
            assert apart.width >= card.width + target.width or (
                apart.height >= card.height + target.height
            ), tour.title
        hand.key(K.enter)


def test_a_card_stands_beside_its_control_or_in_a_corner() -> None:
    room = Rect(0, 0, 1000, 600)
    left, right = Rect(10, 100, 200, 50), Rect(800, 100, 190, 50)
    assert beside(left, (300, 150), room, 10) == (220, 100)
    assert beside(right, (300, 150), room, 10) == (490, 100)
    assert beside(Rect(10, 500, 980, 90), (300, 150), room, 10) == (350, 340)
    assert beside(room, (300, 150), room, 10) == (690, 440)
    assert beside(None, (300, 150), room, 10) == (350, 440)


def test_it_is_offered_under_the_pictures_until_somebody_answers(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.model.windows.offers_tour = True
    app.state.view.hint = 0
    hand.frame()
    hand.click(place_of(app, hand, monkeypatch, "Not now"))
    assert not app.model.windows.offers_tour
    app.model.windows.offers_tour = True
    hand.frame()
    hand.click(place_of(app, hand, monkeypatch, "Be shown around"))
    hand.frame()
    assert (step(app), app.model.windows.offers_tour) == (0, False)
    app.workspace.tour.leave()
    kept = Preferences(tour_offered=True)
    kept.forget_look()
    assert not kept.tour_offered, "a fresh start is a first start"
