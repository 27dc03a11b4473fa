"""The keys that people learn: each does what the list of keys says, in the whole program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from imgui_bundle import imgui

from tests.gui.program import wait_until
from tests.patience import PATIENCE_S
from viz.panels.common import layout

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App
    from viz.state.app_state import AppState

K = imgui.Key


@pytest.mark.parametrize(
    ("key", "looked_at"),
    [
        (K.space, lambda state: state.playing),
        (K.d, lambda state: state.view.show),
        (K.x, lambda state: state.view.show),
        (K.u, lambda state: state.view.untransform),
        (K.m, lambda state: state.view.magnifier),
        (K.s, lambda state: state.slit_scan.on),
    ],
    ids=lambda given: given.name if isinstance(given, imgui.Key) else "",
)
def test_a_key_switches_something_on_and_off_again(
    app: App, hand: Hand, key: imgui.Key, looked_at: Callable[[AppState], object]
) -> None:
    before = looked_at(app.state)
    hand.key(key)
    assert looked_at(app.state) != before
    hand.key(key)
    assert looked_at(app.state) == before


def test_keys_choose_seeds_layers_networks_and_move_by_a_pixel(app: App, hand: Hand) -> None:
    state = app.state
    hand.key(K.right_arrow)
    hand.key(K.right_arrow)
    hand.key(K.left_arrow)
    assert state.latent.x == 1.0
    for key in (K.right_arrow, K.down_arrow):
        hand.key(key, K.mod_shift)
    assert (state.transform.x, state.transform.y) == pytest.approx((1 / 32, 1 / 32))
    chosen = state.layers.layer
    hand.key(K.right_bracket)
    assert state.layers.layer not in ("", chosen)
    hand.key(K.left_bracket)
    assert state.layers.layer == chosen
    hand.key(K._2)
    assert state.view.focus == 1
    hand.key(K._3)
    assert state.view.focus == 1
    assert app.model.status.message == "There is no network C."
    hand.key(K._0)
    assert state.view.focus == -1


def test_hints_name_keys_that_work_and_end_after_four(app: App, hand: Hand) -> None:
    app.state.view.hint = 2
    hand.key(K.s)
    assert app.state.view.hint == 3
    hand.key(K.e)
    assert app.state.view.hint == 4
    wait_until(app, lambda: layout.EQUIVARIANCE in app.model.windows.visible)
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    wait_until(app, lambda: layout.LAYERS in app.model.windows.visible)


def test_commands_for_files_and_the_screen_have_their_keys(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []
    commands = app.commands
    for group, name in (
        (commands.export, "session"),
        (commands.export, "still"),
        (commands.files, "choose"),
        (commands.window, "toggle_fullscreen"),
        (commands.window, "show_palette"),
    ):
        monkeypatch.setattr(group, name, lambda *_, name=name: given.append(name))
    for key, *held in (
        (K.s, K.mod_ctrl),
        (K.p,),
        (K.o, K.mod_ctrl),
        (K.f,),
        (K.k, K.mod_ctrl),
    ):
        hand.key(key, *held)
    assert given == [
        "session",
        "still",
        "choose",
        "toggle_fullscreen",
        "show_palette",
    ]
    hand.key(K.f1)
    assert app.model.windows.keys_shown
    hand.key(K.f1)
    assert not app.model.windows.keys_shown


def test_what_happens_within_one_slow_frame_keeps_its_meaning(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[str] = []
    monkeypatch.setattr(app.commands.export, "session", lambda: saved.append("session"))
    for key, down in ((K.mod_ctrl, True), (K.s, True), (K.s, False), (K.mod_ctrl, False)):
        hand.turn(key, down)
    wait_until(app, lambda: not app.window.events)
    assert saved == ["session"]
    assert not app.state.slit_scan.on
    for key, down in ((K.mod_ctrl, True), (K.k, True), (K.k, False), (K.mod_ctrl, False)):
        hand.turn(key, down)
    shown = app.state.view.show
    for letter in "difference":
        hand.turn(getattr(K, letter), True)
        app.window.receive_character(letter)
        hand.turn(getattr(K, letter), False)
    wait_until(app, lambda: not app.window.events)
    assert app.workspace.palette.typed == "difference"
    assert app.state.view.show == shown
    hand.key(K.escape)
    assert not app.workspace.palette.is_open
