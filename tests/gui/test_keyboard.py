"""The keyboard alone: focus, menus and dialogs, and whose the arrows, Space and letters are."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from imgui_bundle import imgui

from gui_utils.keyboard_focus import FRAMES_TO_SHOW, has_focus, is_shown, popup_is_open
from tests.gui.program import place_of
from tests.patience import PATIENCE_S
from viz.panels.common import layout
from viz.panels.inputs.style_mixing import StyleMixPanel
from viz.panels.inputs.w_editor import WHEEL_STEP, VectorPanel
from viz.panels.spectrum import power_map
from viz.panels.window import published_networks
from viz.state.app_state import KeyframeState
from viz.state.w_offsets import offset_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App

K = imgui.Key


@pytest.fixture(autouse=True)
def undisturbed(app: App, hand: Hand) -> Iterator[None]:
    """The focus where it is at the start, and nothing open afterwards."""
    imgui.set_window_focus(layout.STAGE)
    hand.frame()
    yield
    for _ in range(4):
        hand.key(K.escape)
    for _ in range(FRAMES_TO_SHOW + 2):
        hand.frame()
    assert not is_shown()
    assert not app.model.windows.keys_shown


def focused_window() -> str:
    window = imgui.get_current_context().nav_window
    return str(window.root_window.name) if window is not None else ""


def settle(hand: Hand) -> None:
    for _ in range(FRAMES_TO_SHOW + 2):
        hand.frame()


def test_arrows_and_space_are_the_programs_until_the_focus_is_shown(app: App, hand: Hand) -> None:
    hand.key(K.right_arrow)
    assert (app.state.latent.x, is_shown()) == (1.0, False)
    imgui.set_window_focus(layout.INPUTS)
    hand.frame()
    hand.key(K.tab)
    settle(hand)
    assert (focused_window(), is_shown()) == (layout.INPUTS, True)
    for _ in range(2):
        hand.key(K.right_arrow)
        hand.key(K.space)
    assert (app.state.latent.x, app.state.playing) == (1.0, False)
    hand.key(K.escape)
    hand.key(K.escape)
    settle(hand)
    hand.key(K.right_arrow)
    hand.key(K.space)
    assert (app.state.latent.x, app.state.playing) == (2.0, True)


def test_menus_open_and_are_walked_by_keyboard_and_hide_other_keys(app: App, hand: Hand) -> None:
    hand.key(K.f10)
    hand.frame()
    hand.key(K.down_arrow)
    hand.frame()
    assert popup_is_open()
    hand.key(K.s)
    hand.key(K.right_arrow)
    hand.frame()
    assert not app.state.slit_scan.on
    assert app.state.latent.x == 0.0
    hand.key(K.escape)
    hand.key(K.escape)
    settle(hand)
    assert not popup_is_open()
    hand.key(K.right_arrow)
    assert app.state.latent.x == 1.0, "with the menus, the focus goes away"


def test_letters_do_not_act_behind_a_dialog_and_escape_closes_the_front_one(
    app: App, hand: Hand
) -> None:
    hand.key(K.f1)
    hand.frame()
    hand.key(K.s)
    hand.key(K.space)
    assert (app.state.slit_scan.on, app.state.playing) == (False, False)
    hand.key(K.o, K.mod_ctrl)
    settle(hand)
    assert app.workspace.dialogs.is_open
    hand.key(K.escape)
    assert not app.workspace.dialogs.is_open
    assert app.model.windows.keys_shown
    settle(hand)
    hand.key(K.escape)
    assert not app.model.windows.keys_shown


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_the_list_of_keys_is_never_wider_than_the_window(
    app: App, hand: Hand, scale: float
) -> None:
    app.state.view.ui_scale = scale
    settle(hand)
    hand.key(K.f1)
    settle(hand)
    window = imgui.internal.find_window_by_name("Keys and gestures")
    assert window.scroll_max.x == 0
    assert window.content_size.x <= window.inner_rect.get_width() + 1
    hand.key(K.escape)


def test_escape_closes_a_list_inside_a_dialog_before_the_dialog(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.model.windows.training_form = True
    settle(hand)
    hand.click(place_of(app, hand, monkeypatch, "The settings of the demo"))
    settle(hand)
    assert popup_is_open()
    hand.key(K.escape)
    settle(hand)
    assert (popup_is_open(), app.workspace.training_form.is_open) == (False, True)
    hand.key(K.escape)
    assert not app.workspace.training_form.is_open


def test_ctrl_tab_goes_to_another_panel(app: App, hand: Hand) -> None:
    before = focused_window()
    hand.key(K.tab, K.mod_ctrl)
    settle(hand)
    assert focused_window() != before


def test_the_mouse_takes_the_keys_back(app: App, hand: Hand) -> None:
    hand.key(K.tab)
    settle(hand)
    assert is_shown()
    width, height = app.window.size
    hand.click((width / 2, height - 30))
    settle(hand)
    assert not is_shown()
    hand.key(K.right_arrow)
    assert app.state.latent.x == 1.0


def test_published_networks_open_in_the_middle(app: App, hand: Hand) -> None:
    app.commands.library.show(None)
    settle(hand)
    window = imgui.internal.find_window_by_name(published_networks.TITLE)
    middle = window.pos.x + window.size.x / 2, window.pos.y + window.size.y / 2
    width, height = app.window.size
    assert middle == pytest.approx((width / 2, height / 2), abs=1.5)


def tab_to(app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch, identity: str) -> None:
    """Press Tab until a custom-drawn surface has the focus."""
    draw, focused = imgui.invisible_button, [False]

    def seen(name: str, *rest: object) -> bool:
        pressed = bool(draw(name, *rest))  # type: ignore[arg-type]
        if name == identity:
            focused[0] = has_focus()
        return pressed

    with monkeypatch.context() as patch:
        patch.setattr(imgui, "invisible_button", seen)
        for _ in range(80):
            hand.key(K.tab)
            hand.frame()
            hand.frame()
            if focused[0]:
                return
    raise AssertionError(f"Tab does not reach {identity}")


def test_tab_reaches_the_grid_of_seeds_and_arrows_walk_on_it(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    imgui.set_window_focus(layout.INPUTS)
    hand.frame()
    tab_to(app, hand, monkeypatch, "seed grid")
    hand.key(K.right_arrow)
    hand.key(K.down_arrow)
    assert (app.state.latent.x, app.state.latent.y) == (1.0, 1.0)
    hand.key(K.left_arrow, K.mod_shift)
    assert app.state.latent.x == pytest.approx(0.9)
    hand.key(K.space)
    assert (app.state.latent.x, app.state.playing) == (1.0, False)
    hand.key(K.tab)
    settle(hand)
    hand.key(K.right_arrow)
    assert app.state.latent.x == 1.0, "the arrows belong to what has the focus"


def test_tab_reaches_the_track_and_arrows_move_the_playhead(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.state.timeline.frames = [KeyframeState(float(n), 0.0, 2.0 * n) for n in range(3)]
    imgui.set_window_focus(layout.TIMELINE)
    hand.frame()
    hand.frame()
    tab_to(app, hand, monkeypatch, "track")
    for _ in range(2):
        hand.key(K.right_arrow)
    hand.key(K.right_arrow, K.mod_shift)
    assert app.state.timeline.position_s == pytest.approx(1.2)
    hand.key(K.left_arrow)
    assert app.state.timeline.position_s == pytest.approx(1.1)
    tab_to(app, hand, monkeypatch, "keyframe")
    hand.key(K.right_arrow, K.mod_shift)
    assert [one.at_s for one in app.state.timeline.frames] == pytest.approx([0.0, 2.0, 4.1])


def test_tab_reaches_the_map_and_arrows_move_it(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.state.view.show = "atlas"
    imgui.set_window_focus(layout.STAGE)
    hand.frame()
    hand.frame()
    tab_to(app, hand, monkeypatch, "plane")
    before = app.state.atlas.x
    hand.key(K.right_arrow)
    assert app.state.atlas.x > before
    assert app.state.latent.x == 0.0
    hand.key(K.escape)
    settle(hand)
    app.state.view.show = "side"


def test_tab_reaches_a_scale_of_colours_and_arrows_set_it(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    imgui.set_window_focus(layout.EQUIVARIANCE)
    hand.frame()
    hand.frame()
    tab_to(app, hand, monkeypatch, "##scale equivariance")
    state = app.state.equivariance
    low, high = state.low_db, state.high_db
    hand.key(K.right_arrow)
    assert (state.low_db, state.high_db) == pytest.approx((low + 3.5, high + 3.5))
    hand.key(K.up_arrow)
    assert state.high_db - state.low_db == pytest.approx(1.05 * (high - low))
    imgui.set_window_focus(layout.LAYERS)
    hand.frame()


def test_keys_on_a_picture_do_what_the_mouse_does_there(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.frame()
    tab_to(app, hand, monkeypatch, "picture")
    transform, pixel = app.state.transform, 1 / 32
    for key in (K.right_arrow, K.right_arrow, K.up_arrow):
        hand.key(key)
    assert (transform.x, transform.y) == pytest.approx((2 * pixel, -pixel))
    assert app.state.latent.x == 0.0, "the arrows belong to what has the focus"
    hand.key(K.left_arrow, K.mod_shift)
    assert transform.angle_rad == pytest.approx(math.radians(1.0))
    assert transform.x == pytest.approx(2 * pixel), "with Shift as well"
    hand.key(K.up_arrow, K.mod_ctrl)
    assert transform.scale == pytest.approx(1.05)
    hand.key(K.page_up)
    assert app.state.view.zoom == pytest.approx(1.15)
    hand.key(K.right_arrow, K.mod_alt)
    assert (app.state.view.pan_x, transform.x) == pytest.approx((-0.02, 2 * pixel))
    assert is_shown()


def test_points_are_set_and_moved_by_keys(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.commands.dragging.switch()
    hand.frame()
    tab_to(app, hand, monkeypatch, "picture")
    pixel = 1 / 32
    hand.key(K.insert)
    for key in (K.right_arrow, K.right_arrow, K.down_arrow):
        hand.key(key)
    hand.key(K.left_arrow, K.mod_shift)
    (pair,) = app.state.dragging.pairs
    assert (pair.to_x, pair.to_y) == pytest.approx((2 * pixel, pixel))
    assert (pair.x, pair.y) == pytest.approx((-pixel, 0.0))
    assert app.state.transform.x == 0.0, "the tool does not move the picture"
    hand.key(K.delete)
    assert not app.state.dragging.pairs


@pytest.mark.parametrize("keys", [(K.enter,), (K.menu,), (K.f10, K.mod_shift)])
def test_a_picture_offers_its_menu_to_the_keyboard(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch, keys: tuple[imgui.Key, ...]
) -> None:
    hand.frame()
    tab_to(app, hand, monkeypatch, "picture")
    hand.key(*keys)
    settle(hand)
    assert popup_is_open()
    hand.key(K.escape)
    settle(hand)
    assert (popup_is_open(), is_shown()) == (False, True)


def test_the_line_of_a_slit_scan_is_drawn_by_keyboard(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = app.state.slit_scan
    scan.drawing = True
    hand.frame()
    tab_to(app, hand, monkeypatch, "picture")
    before = scan.x0, scan.x1
    hand.key(K.right_arrow)
    hand.key(K.right_arrow, K.mod_shift)
    assert (scan.x0, scan.x1) == pytest.approx((before[0] + 0.02, before[1] + 0.04))
    hand.key(K.enter)
    settle(hand)
    assert (scan.drawing, scan.on, popup_is_open()) == (False, True, False)
    scan.on = False


@contextmanager
def only(app: App, hand: Hand, title: str) -> Iterator[None]:
    """Show one section of the inputs, and fold the others."""
    unfolded = app.ctx.ui._unfolded
    kept = dict(unfolded)
    others = ("Networks", "Latent", "Favourites", "Truncation", "Transform", "Directions")
    unfolded.update(dict.fromkeys(others, False))
    unfolded[title] = True
    imgui.set_window_focus(layout.INPUTS)
    hand.frame()
    assert app.settle(PATIENCE_S)
    yield
    unfolded.clear()
    unfolded.update(kept)


def test_layers_are_mixed_by_keyboard(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = app.state.style_mix
    with only(app, hand, StyleMixPanel.title):
        tab_to(app, hand, monkeypatch, "mask")
        hand.key(K.space)
        assert (mix.layers, mix.on) == ([0], True)
        hand.key(K.right_arrow)
        hand.key(K.right_arrow)
        assert mix.layers == [0]
        hand.key(K.enter)
        hand.key(K.right_arrow, K.mod_shift)
        assert mix.layers == [0, 2, 3]
        hand.key(K.space)
        assert mix.layers == [0, 2]
    assert app.state.transform.x == 0.0


def test_cells_of_w_are_changed_by_keyboard(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit = app.state.w_edit
    with only(app, hand, VectorPanel.title):
        tab_to(app, hand, monkeypatch, "cells")
        hand.key(K.down_arrow)
        hand.key(K.right_arrow)
        hand.key(K.space)
        assert offset_of(edit, 1, 1) == edit.brush
        hand.key(K.up_arrow, K.mod_shift)
        assert offset_of(edit, 1, 1) == edit.brush + WHEEL_STEP
        hand.key(K.delete)
        assert offset_of(edit, 1, 1) == 0.0
        hand.key(K.enter)
        settle(hand)
        assert popup_is_open()
        hand.key(K.escape)


def test_a_chart_is_read_and_used_by_keyboard(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    imgui.set_window_focus(layout.EQUIVARIANCE)
    hand.frame()
    assert app.settle(PATIENCE_S)
    for _ in range(60):
        if app.ctx.chart_keys.read == "equivariance":
            break
        hand.key(K.tab)
        hand.frame()
    assert is_shown()
    before = app.state.equivariance.x
    hand.key(K.right_arrow)
    after = app.state.equivariance.x
    assert after != before
    hand.key(K.right_arrow)
    assert app.state.equivariance.x > after
    hand.key(K.enter)
    settle(hand)
    assert popup_is_open()
    hand.key(K.escape)
    settle(hand)


def test_the_map_of_a_spectrum_is_looked_at_closely_by_keyboard(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    imgui.set_window_focus(layout.SPECTRUM)
    hand.frame()
    assert app.settle(PATIENCE_S)
    focused = []
    monkeypatch.setattr(power_map, "has_focus", lambda: focused.append(has_focus()) or focused[-1])
    for _ in range(60):
        hand.key(K.tab)
        hand.frame()
        if focused[-1]:
            break
    assert focused[-1]
    shown = app.workspace.spectrum.spectrum.map
    hand.key(K.page_up)
    hand.frame()
    (left, right), (low, high) = shown.seen
    assert (left, right, low, high) == pytest.approx((-0.4, 0.4, -0.4, 0.4))
    # The place that is read, now 0.46 cycles per pixel, stays in sight.
    for _ in range(46):
        hand.key(K.right_arrow)
    hand.frame()
    assert shown.seen[0] == pytest.approx((-0.34, 0.46))
    assert shown.seen[1] == pytest.approx((-0.4, 0.4))
    hand.key(K.page_down)
    hand.key(K.page_down)
    hand.frame()
    assert shown.seen == (pytest.approx((-0.5, 0.5)), pytest.approx((-0.5, 0.5)))
