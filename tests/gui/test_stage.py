"""Pictures under the hand, and what is shown beside them."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from imgui_bundle import imgui
from PIL import Image

from tests.gui.program import picture, place_of, wait_until
from tests.patience import PATIENCE_S
from viz.commands import export
from viz.model.first_pictures import FirstPictures
from viz.model.pictures import Pictures
from viz.panels.common import hints
from viz.panels.common.picture_geometry import SQUARES_FROM
from viz.panels.inputs.network_actions import unlock
from viz.panels.stage import captions, picture_menu, waiting
from viz.panels.window.all_actions import all_actions
from viz.protocol.result import WorkerEvent
from viz.state.inputs import Inputs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App
    from viz.model.first_pictures import Step
    from viz.model.moved import Moved
    from viz.panels.common.context import PanelContext
    from viz.panels.common.picture_geometry import Rect


def test_the_pictures_of_both_networks_stand_side_by_side(app: App, hand: Hand) -> None:
    hand.key(imgui.Key.q)
    pixels = app.screenshot()
    assert app.model.result is not None
    left, right = picture(app, 0), picture(app, 1)
    assert left.right < right.x
    assert left.y == right.y
    for rect, result in zip((left, right), app.model.result.networks, strict=True):
        assert result.picture is not None
        zoom = rect.width / result.picture.shape[1]
        assert zoom == int(zoom) >= 2, "small pictures are shown enlarged, pixels as squares on Q"
        shown = pixels[int(rect.y) : int(rect.bottom), int(rect.x) : int(rect.right)]
        squares = result.picture[:, :, :3].repeat(int(zoom), 0).repeat(int(zoom), 1)
        np.testing.assert_array_equal(shown, squares)


def test_pictures_are_smooth_until_their_pixels_are_looked_at(app: App, hand: Hand) -> None:
    def widest_step() -> int:
        rect = picture(app, 0)
        left, top = int(max(rect.centre[0] - 60, 0)), int(rect.centre[1])
        line = app.screenshot()[top, left : left + 120].astype(int)
        return int(np.abs(np.diff(line, axis=0)).max())

    smooth = widest_step()
    hand.key(imgui.Key.q)
    assert widest_step() > 2 * smooth, "from pixel to pixel in one step"
    hand.key(imgui.Key.q)
    assert widest_step() == smooth
    hand.move(picture(app, 0).centre)
    hand.wheel(10.0)
    hand.move((-10.0, -10.0))
    assert app.settle(PATIENCE_S)
    assert picture(app, 0).width / 32 > SQUARES_FROM
    pixels = app.screenshot()
    x, y = (int(part) for part in picture(app, 0).centre)
    assert (pixels[y + 2, x + 2 : x + 8] == pixels[y + 2, x + 2]).all(), "squares from close by"


def test_dragging_a_picture_shifts_the_input_of_both(app: App, hand: Hand) -> None:
    rect = picture(app, 1)
    x, y = rect.centre
    before = app.model.result
    hand.drag((x, y), (x + rect.width / 4, y - rect.height / 8))
    assert app.state.transform.x == pytest.approx(0.25, abs=1 / rect.width)
    assert app.state.transform.y == pytest.approx(-0.125, abs=1 / rect.height)
    assert app.state.view.hint == 1, "the next hint is shown"
    assert app.settle(PATIENCE_S)
    assert app.model.result is not None
    assert before is not None
    for old, new in zip(before.networks, app.model.result.networks, strict=True):
        assert not np.array_equal(old.picture, new.picture)


def test_a_larger_canvas_shows_more_and_drags_alike(app: App, hand: Hand) -> None:
    hand.key(imgui.Key.equal)
    assert app.state.canvas.extent == 2
    assert app.settle(PATIENCE_S)
    assert app.model.result is not None
    assert [one.picture.shape for one in app.model.result.networks] == [(64, 64, 4)] * 2
    rect = picture(app, 0)
    x, y = rect.centre
    hand.drag((x, y), (x + rect.width / 4, y))
    assert app.state.transform.x == pytest.approx(0.5, abs=2 / rect.width), "follows the pointer"
    hand.key(imgui.Key.minus)
    assert app.state.canvas.extent == 1
    hand.key(imgui.Key.minus)
    assert app.model.status.message == "This is the smallest canvas."


def test_a_drag_within_one_frame_loses_nothing(app: App, hand: Hand) -> None:
    rect = picture(app, 0)
    x, y = rect.centre
    hand.move((5.0, 5.0))
    hand.jump((x, y))
    hand.press()
    hand.jump((x + rect.width / 2, y))
    hand.release()
    assert app.state.transform.x == pytest.approx(0.5, abs=1 / rect.width)


def test_shift_turns_ctrl_wheel_scales_and_a_double_click_resets(app: App, hand: Hand) -> None:
    rect = picture(app, 0)
    x, y = rect.centre
    hand.hold(imgui.Key.mod_shift, True)
    hand.drag((x + 100, y), (x, y - 100), steps=8)  # a quarter, anticlockwise
    hand.hold(imgui.Key.mod_shift, False)
    assert app.state.transform.angle_rad == pytest.approx(math.pi / 2, abs=0.02)
    hand.hold(imgui.Key.mod_ctrl, True)
    hand.wheel(2.0)
    hand.hold(imgui.Key.mod_ctrl, False)
    assert app.state.transform.scale > 1.05
    hand.rest(0.4)  # longer than the pause within a double click
    hand.double_click((x, y))
    assert app.state.transform.angle_rad == 0.0
    assert app.state.transform.scale == 1.0


def test_the_wheel_zooms_about_the_pointer_and_the_middle_button_pans(app: App, hand: Hand) -> None:
    rect = picture(app, 0)
    pointer = (rect.x + 0.25 * rect.width, rect.y + 0.25 * rect.height)
    hand.move(pointer)
    hand.wheel(3.0)
    hand.frame()
    zoomed = picture(app, 0)
    assert zoomed.width > 1.3 * rect.width
    assert (pointer[0] - zoomed.x) / zoomed.width == pytest.approx(0.25, abs=0.01)
    hand.drag(pointer, (pointer[0] + 40, pointer[1]), button=2)
    hand.frame()
    assert picture(app, 0).x == pytest.approx(zoomed.x + 40, abs=2)
    assert app.state.transform.x == 0.0


def test_a_split_reads_the_side_pointed_at(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read-out once told the first network's colours on the second one's side, too."""
    read: list[object] = []
    draw = captions.draw_caption

    def watched(slot: int, rect: Rect, result: object, picture: object, *rest: object) -> None:
        read.append(picture)
        draw(slot, rect, result, picture, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(captions, "draw_caption", watched)
    app.state.view.show = "split"
    hand.frame()
    rect = picture(app, 0)
    assert app.model.result is not None
    for share, result in zip((0.2, 0.8), app.model.result.networks, strict=True):
        hand.move((rect.x + share * rect.width, rect.centre[1]))
        hand.frame()
        assert read[-1] is result.picture


def test_difference_split_and_side_by_side(app: App, hand: Hand) -> None:
    hand.key(imgui.Key.d)
    hand.frame()
    assert list(app.workspace.stage.cell_rects)[-1] == "difference 0 1"
    hand.key(imgui.Key.x)
    hand.frame()
    (rect,) = app.workspace.stage.cell_rects.values()
    x, y = rect.centre
    hand.drag((x, y), (x - rect.width / 4, y))
    assert app.state.view.split_at == pytest.approx(0.25, abs=0.01)
    assert app.state.transform.x == 0.0, "the slider is dragged, not the picture"
    hand.key(imgui.Key.x)
    hand.frame()
    assert len(app.workspace.stage.cell_rects) == 2
    assert app.host.failures == {}


def test_an_unlocked_network_has_a_place_of_its_own(app: App, hand: Hand) -> None:
    before = app.model.result
    app.state.networks[1].own = Inputs()
    app.state.view.target = 1
    x, y = picture(app, 1).centre
    hand.drag((x, y), (x + 50, y))
    hand.key(imgui.Key.right_arrow)
    own = app.state.networks[1].own
    assert own is not None
    assert own.transform.x > 0
    assert own.latent.x == 1.0
    assert (app.state.transform.x, app.state.latent.x) == (0.0, 0.0)
    assert app.settle(PATIENCE_S)
    assert app.model.result is not None
    assert before is not None
    changed = [
        not np.array_equal(old.picture, new.picture)
        for old, new in zip(before.networks, app.model.result.networks, strict=True)
    ]
    assert changed == [False, True]


def drifting(app: App) -> None:
    """As at the first start, before anything is touched."""
    app.state.latent.walk, app.state.playing = True, True
    app._untouched = True


def test_the_drift_moves_the_pictures_and_stops_at_the_first_touch(app: App, hand: Hand) -> None:
    drifting(app)
    started_at = app.state.latent.walk_phase
    first = app.model.result
    wait_until(app, lambda: app.model.result is not first)
    assert app.state.latent.walk_phase > started_at
    hand.click(picture(app, 0).centre)
    assert not app.state.playing
    assert "Space" in app.model.status.message
    app.state.playing = True
    hand.click(picture(app, 0).centre)
    assert app.state.playing, "only the first touch stops it"
    app.state.playing = False


def test_a_key_that_changes_something_is_a_first_touch(app: App, hand: Hand) -> None:
    drifting(app)
    hand.key(imgui.Key.f1)
    hand.key(imgui.Key.f1)
    assert app.state.playing
    hand.key(imgui.Key.right_arrow)
    assert not app.state.playing


def test_space_as_the_first_touch_pauses(app: App, hand: Hand) -> None:
    drifting(app)
    hand.key(imgui.Key.space)
    assert not app.state.playing
    hand.key(imgui.Key.space)
    hand.click(picture(app, 0).centre)
    assert app.state.playing, "who has used the control is not paused any more"
    app.state.playing = False


def test_a_click_on_pause_as_the_first_touch_pauses(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    drifting(app)
    hand.click(place_of(app, hand, monkeypatch, "Stop or start everything"))
    assert not app.state.playing


def test_drafts_while_the_hand_moves_and_pictures_when_it_rests(app: App, hand: Hand) -> None:
    x, y = picture(app, 0).centre
    hand.drag((x, y), (x + 40, y))
    assert app._sent is not None
    assert app._sent.precision == "fast"
    assert app.settle(PATIENCE_S)
    assert app.model.result is not None
    assert app.model.result.request.precision == "fp32"


def test_slow_pictures_follow_a_drag_before_they_are_drawn_anew(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viz.model.moved.SLOW_MS", 0.0)
    x, y = picture(app, 1).centre
    app.model.asked = None
    before = app.model.full_result_of(1)
    moved: list[tuple[int, Moved, float]] = []
    of = app.model.moved.of

    def watched(slot: int) -> Moved | None:
        found = of(slot)
        if found is not None:
            moved.append((slot, found, app.state.transform.x))
        return found

    monkeypatch.setattr(app.model.moved, "of", watched)
    hand.drag((x, y), (x + 30, y))
    assert {slot for slot, _, _ in moved} == {1}, "StyleGAN3 is moved, StyleGAN2 is drawn"
    assert any(one.picture is before.picture for _, one, _ in moved if before is not None)
    assert app.settle(PATIENCE_S)
    assert of(1) is None, "it is there"


def test_the_pixel_under_the_pointer_and_the_figures_stand_together(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read-out once took the place of EQ-T."""
    lines: list[list[tuple[str, str]]] = []
    draw = captions._ends

    def watched(rect: Rect, y: float, pairs: list[tuple[str, str]], ctx: PanelContext) -> None:
        lines.append(list(pairs))
        draw(rect, y, pairs, ctx)

    monkeypatch.setattr(captions, "_ends", watched)
    hand.move((5.0, 5.0))
    hand.frame()
    assert lines[-1][0][1].endswith("×")
    assert app.model.result is not None
    shown = app.model.result.networks[1].picture
    assert shown is not None
    rect = picture(app, 1)
    hand.move((rect.x + (4 + 0.5) / 32 * rect.width, rect.y + (9 + 0.5) / 32 * rect.height))
    hand.frame()
    left, right = lines[-1][0]
    red, green, blue, _ = shown[9, 4]
    assert "EQ-T" in left
    assert right == f"(  4,   9) px  {red:3d} {green:3d} {blue:3d}"


def test_the_magnifier_shows_what_is_under_the_pointer_four_times_as_large(
    app: App, hand: Hand
) -> None:
    hand.key(imgui.Key.m)
    assert app.model.result is not None
    for column, row in ((10, 20), (22, 8)):
        rect = picture(app, 0)
        pixel = rect.width / 32
        x, y = rect.x + (column + 0.5) * pixel, rect.y + (row + 0.5) * pixel
        hand.move((x, y))
        hand.frame()
        pixels = app.screenshot().astype(int)
        for slot, one in enumerate(app.model.result.networks):
            assert one.picture is not None
            other = picture(app, slot)
            at = round(other.x + x - rect.x), round(other.y + y - rect.y)
            reach = round(1.3 * pixel)  # within the fourfold pixel, and its outline
            wanted = one.picture[row, column, :3].astype(int)
            for dx, dy in ((0, 0), (reach, reach), (-reach, reach)):
                np.testing.assert_allclose(pixels[at[1] + dy, at[0] + dx], wanted, atol=1)


def test_bundled_networks_say_what_to_see_while_the_hints_last(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "bundled", SimpleNamespace(PREFIX=""))
    told: list[str] = []
    monkeypatch.setattr(captions, "draw_note", lambda text, *_rest: told.append(text))
    hand.frame()
    assert told == ["Texture sticks to the screen.", "Texture moves with the land."]
    app.state.view.hint = len(hints.HINTS)
    told.clear()
    hand.frame()
    assert told == []


def test_before_its_first_picture_a_network_says_how_far_it_is(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.model, "result", None)
    monkeypatch.setattr(app.model, "pictures", Pictures(app.model))
    monkeypatch.setattr(app.model, "first_pictures", FirstPictures())
    told: list[Step] = []
    monkeypatch.setattr(waiting, "draw_step", lambda _rect, step, _ctx: told.append(step))
    first = app.state.networks[0].source
    for event in (WorkerEvent("ready", ""), WorkerEvent("loading", "", 0.25, first)):
        app._messages.hear(event)
    hand.frame()
    assert [one.fraction for one in told] == [0.25, 0.0]
    monkeypatch.undo()
    app._messages.hear(WorkerEvent("loaded", "", source=first))
    hand.frame()
    assert app.host.failures == {}


def test_a_right_click_on_a_picture_offers_what_can_be_done_with_it(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def choose(slot: int, tip: str) -> None:
        hand.click(picture(app, slot).centre, button=1)
        hand.click(place_of(app, hand, monkeypatch, tip))
        hand.frame()

    monkeypatch.setattr(export, "OUT", tmp_path)
    choose(1, "Look into network B: Layers.")
    assert app.state.layers.slot == 1
    choose(1, "Save the picture of network B")
    (saved,) = tmp_path.glob("still-*.png")
    assert app.model.result is not None
    np.testing.assert_array_equal(
        np.asarray(Image.open(saved)), app.model.result.networks[1].picture
    )
    choose(0, "Show only network A.")
    assert app.state.view.focus == 0
    choose(0, "Show all networks.")
    assert app.state.view.focus == -1
    transform = app.state.transform.x, app.state.transform.y
    choose(1, "Remove network B from the stage.")
    assert len(app.state.networks) == 1
    assert (app.state.transform.x, app.state.transform.y) == transform, "nothing was dragged"
    assert app.host.failures == {}


def test_the_menu_of_a_picture_is_made_of_actions_that_there_are(app: App) -> None:
    state, actions = app.state, all_actions(app.state, app.ctx)
    found: set[str] = set()
    for show, focus in (("side", -1), ("side", 1), ("atlas", -1)):
        state.view.show, state.view.focus = show, focus
        for group in picture_menu.offered(1, actions, state):
            found |= {action.name for action in group}
    unlock(state, 1)
    for group in picture_menu.offered(1, all_actions(state, app.ctx), state):
        found |= {action.name for action in group}
    for pattern in (one for group in picture_menu.MENU for one in group):
        assert any(picture_menu._fits(name, pattern.format("B")) for name in found), pattern
    assert not any("A" in name.split() for name in found), "nothing about the other network"
