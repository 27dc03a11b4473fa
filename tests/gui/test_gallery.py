"""The gallery on the stage, and the favourites under Inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from tests.gui.program import place_of, wait_until
from tests.gui.test_thumbnails import come_to_rest
from tests.patience import PATIENCE_S
from viz.protocol.latent import GivenLatent
from viz.state.app_state import KeyframeState
from viz.state.choices import mark_of, marked, toggle_mark
from viz.state.favourites import favourite_of_seed, title
from viz.state.history import History
from viz.state.inputs import DirectionState
from viz.state.to_thumbnails import at, thumbnail_here

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.gui_utils.hand import Hand, Point
    from viz.app.loop import App
    from viz.panels.common.picture_geometry import Rect


def in_corner(rect: Rect) -> Point:
    """A place in the upper right corner, where the star is."""
    return rect.right - 8, rect.y + 8


def open_gallery(app: App, hand: Hand) -> dict[int, Rect]:
    app.model.history = History(app.state)
    hand.key(imgui.Key.g)
    assert app.state.view.show == "gallery"
    hand.frame()
    return app.workspace.stage.gallery.cells


def test_it_shows_a_sheet_of_seeds_with_the_truncation_set(app: App, hand: Hand) -> None:
    app.state.truncation.psi = 0.5
    cells = open_gallery(app, hand)
    assert list(cells) == list(range(24))
    come_to_rest(app)
    shown, here = app.screenshot(), thumbnail_here(app.state)
    assert here is not None
    assert here.psi == 0.5
    for seed in (2, 23):
        rect = cells[seed]
        found = app.model.thumbnails.get(at(here, float(seed), 0.0))
        assert found is not None
        top, left, side = round(rect.y) + 30, round(rect.x) + 30, round(rect.width) - 60
        seen = shown[top : top + side, left : left + side].mean((0, 1))
        scale = found[0].shape[0] / rect.width
        inset = round(30 * scale)
        np.testing.assert_allclose(
            seen, found[0][inset:-inset, inset:-inset].mean((0, 1)), atol=8.0
        )


def test_a_click_goes_there_and_undo_comes_back_to_the_gallery(app: App, hand: Hand) -> None:
    cells = open_gallery(app, hand)
    hand.rest(1.0)
    hand.click(cells[15].centre)
    assert (app.state.latent.x, app.state.view.show) == (15.0, "side")
    app.commands.window.undo()
    assert (app.state.latent.x, app.state.view.show) == (0.0, "gallery")
    hand.key(imgui.Key.escape)
    assert app.state.view.show == "side"


def test_keys_and_wheel_turn_it(app: App, hand: Hand) -> None:
    cells = open_gallery(app, hand)
    hand.move(cells[8].centre)
    hand.wheel(-1.0)
    hand.frame()
    assert min(app.workspace.stage.gallery.cells) == 6
    hand.key(imgui.Key.page_down)
    assert app.state.gallery.first == 30
    hand.key(imgui.Key.down_arrow)
    hand.frame()
    assert app.state.latent.x == 6.0
    assert 6 in app.workspace.stage.gallery.cells, "the present seed is in sight"
    for _ in range(5):
        hand.key(imgui.Key.down_arrow)
    hand.frame()
    assert app.state.latent.x == 36.0
    assert 36 in app.workspace.stage.gallery.cells
    hand.hold(imgui.Key.mod_ctrl, True)
    hand.wheel(1.0)
    hand.hold(imgui.Key.mod_ctrl, False)
    assert app.state.gallery.columns == 5
    hand.key(imgui.Key.g)
    assert app.state.view.show == "side"


def test_page_keys_turn_by_as_much_as_the_sheet_shows(app: App, hand: Hand) -> None:
    app.state.gallery.columns = 10
    cells = open_gallery(app, hand)
    shown = len(cells)
    assert shown not in (40, 0), "another number of rows than the sheet of six columns has"
    hand.key(imgui.Key.page_down)
    hand.frame()
    assert min(app.workspace.stage.gallery.cells) == shown
    hand.key(imgui.Key.page_up)
    hand.frame()
    assert min(app.workspace.stage.gallery.cells) == 0


def test_a_star_keeps_a_seed_and_its_place_under_inputs_goes_there(app: App, hand: Hand) -> None:
    app.state.favourites = [favourite_of_seed(app.state, 3)]  # unfolds the section
    cells = open_gallery(app, hand)
    hand.click(in_corner(cells[10]))
    assert [title(one) for one in app.state.favourites] == ["3", "10"]
    assert app.state.view.show == "gallery", "the star is no way to go there"
    hand.click(in_corner(cells[10]))
    assert [title(one) for one in app.state.favourites] == ["3"]
    hand.key(imgui.Key.escape)
    hand.frame()
    hand.click(app.workspace.favourites.cells[0].centre)
    assert app.state.latent.x == 3.0
    app.state.latent.x = 5.5
    hand.key(imgui.Key.b)
    assert [title(one) for one in app.state.favourites] == ["3", "near 6"]


def test_favourites_are_ordered_by_dragging_and_named(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.state.favourites = [favourite_of_seed(app.state, seed) for seed in (1, 2, 3)]
    app.model.history = History(app.state)
    hand.frame()
    hand.frame()
    first, _second, third, _keep = app.workspace.favourites.cells
    hand.drag(first.centre, (third.right - 6, third.centre[1]), steps=6)
    assert [title(one) for one in app.state.favourites] == ["2", "3", "1"]
    assert app.state.latent.x == 0.0, "a drag goes nowhere"
    app.commands.window.undo()
    assert [title(one) for one in app.state.favourites] == ["1", "2", "3"]

    hand.click(first.centre, button=1)
    fields: list[Point] = []
    draw = imgui.input_text_with_hint

    def noted(*given: object) -> object:
        result = draw(*given)  # type: ignore[call-overload]
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        fields.append(((low.x + high.x) / 2, (low.y + high.y) / 2))
        return result

    with monkeypatch.context() as patch:
        patch.setattr(imgui, "input_text_with_hint", noted)
        hand.frame()
    hand.click(fields[-1])
    hand.type("Coast")
    assert title(app.state.favourites[0]) == "Coast"
    hand.key(imgui.Key.escape)
    hand.key(imgui.Key.escape)


def test_a_seed_of_the_gallery_is_dragged_onto_the_timeline(app: App, hand: Hand) -> None:
    app.state.timeline.frames = [KeyframeState(float(n), 0.0, 2.0 * n) for n in range(3)]
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    cells = open_gallery(app, hand)
    track = app.workspace.timeline.track
    assert track is not None
    hand.drag(cells[16].centre, (track.x(3.0), track.middle), steps=8)
    hand.frame()
    last = app.state.timeline.frames[-1]
    assert (last.x, last.at_s) == (16.0, 3.0)
    assert (app.state.latent.x, app.state.view.show) == (0.0, "gallery"), "a drag goes nowhere"


def test_another_session_leaves_them_alone(app: App, hand: Hand) -> None:
    app.state.favourites = [favourite_of_seed(app.state, 3)]
    app.commands.presets.open("Turn -R")
    assert [title(one) for one in app.state.favourites] == ["3"]
    wait_until(app, lambda: app._is_answered)


def test_a_direction_is_learned_from_pictures_that_are_marked(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = open_gallery(app, hand)
    assert "at least 2" in app.commands.directions.why_not_learned()
    for seed, key in (
        (3, imgui.Key.period),
        (7, imgui.Key.period),
        (4, imgui.Key.comma),
        (8, imgui.Key.comma),
    ):
        hand.move(cells[seed].centre)
        hand.frame()
        hand.key(key)
    hand.move(cells[9].centre)
    hand.frame()
    hand.key(imgui.Key.period)
    hand.key(imgui.Key.period)
    assert (app.state.gallery.more, app.state.gallery.less) == ([3, 7], [4, 8])
    assert app.state.view.show == "gallery"
    assert app.state.latent.x == 0.0, "marking goes nowhere"
    hand.click(place_of(app, hand, monkeypatch, "Learn the direction"))
    wait_until(app, lambda: bool(app.state.directions))
    (learned,) = app.state.directions
    assert learned.given is not None
    assert (learned.given.kind, learned.given.rows) == ("w", 1)
    assert "learned from 4 pictures" in app.model.status.message
    hand.click(place_of(app, hand, monkeypatch, "Take all marks off"))
    assert marked(app.state) == (0, 0)
    app.commands.window.undo()
    assert marked(app.state) == (2, 2)


def test_marks_are_those_of_one_network(app: App, hand: Hand) -> None:
    open_gallery(app, hand)
    toggle_mark(app.state, 3, "more")
    assert mark_of(app.state, 3) == "more"
    app.state.view.focus = 1
    assert app.state.networks[1].source != app.state.networks[0].source
    assert mark_of(app.state, 3) is None
    toggle_mark(app.state, 5, "less")
    assert (app.state.gallery.more, app.state.gallery.less) == ([], [5])


def test_a_direction_shows_a_strip_and_can_be_ordered_and_saved(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for section in ("Latent", "Truncation", "Transform"):
        app.model.unfolded[section] = False
    given = GivenLatent.of("w", np.eye(16, dtype=np.float32)[2], "third")
    app.state.directions = [DirectionState(given=given), DirectionState()]
    hand.frame()
    hand.frame()
    hand.click(place_of(app, hand, monkeypatch, "This picture at +4 σ"))
    assert [one.amount for one in app.state.directions] == [4.0, 0.0]
    hand.click(place_of(app, hand, monkeypatch, "Order, what it has in common"))
    below = place_of(app, hand, monkeypatch, "Without what it has in common")
    hand.key(imgui.Key.escape)
    hand.frame()
    assert below[1] > 0
    app.commands.export.direction(given)
    (saved,) = tmp_path.glob("out/direction-*.npz")
    app.commands.files.open(saved)
    again = app.state.directions[2].given
    assert again is not None
    np.testing.assert_array_equal(again.values(), given.values())
