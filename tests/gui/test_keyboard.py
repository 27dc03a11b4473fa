"""The keyboard alone: focus, menus and dialogs, and whose the arrows, Space and letters are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from imgui_bundle import imgui

from gui_utils.keyboard_focus import FRAMES_TO_SHOW, is_shown, popup_is_open
from tests.gui.program import place_of
from viz.panels.common import layout
from viz.panels.window import published_networks

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
    hand.key(K.tab)  # the stage has no controls: the inputs are next
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
