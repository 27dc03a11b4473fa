"""The table of actions: names and keys are unique, and everything is found."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from viz.panels.common.actions import ALSO, Action, Chord, search, switch
from viz.panels.window.all_actions import ACTIONS
from viz.panels.window.view_menu import SIZE_MENU
from viz.state.app_state import AppState, Show

MENUS = {"", "File", "Edit", "View", "Record", "Train", "Help", SIZE_MENU}


def test_names_and_keys_are_unique_and_menus_exist() -> None:
    names = Counter(action.name for action in ACTIONS)
    assert [name for name, count in names.items() if count > 1] == []
    for show in get_args(Show):
        state = AppState()
        state.view.show = show
        keys = Counter(str(chord) for action in ACTIONS for chord in _keys_of(action, state))
        assert [key for key, count in keys.items() if count > 1] == [], show
    assert {action.menu for action in ACTIONS} <= MENUS
    assert all(action.does.endswith(".") for action in ACTIONS)


def _keys_of(action: Action, state: AppState) -> tuple[Chord, ...]:
    return action.keys if action.keys_when is None or action.keys_when(state) else ()


def test_every_word_counts_and_beginnings_come_first() -> None:
    found = search("reset", ACTIONS)
    assert found[0].name.startswith("Reset")
    assert {"Reset layout", "Reset transform"} <= {action.name for action in found}
    assert [action.name for action in search("layout reset", ACTIONS)] == ["Reset layout"]
    assert search("decibel moon", ACTIONS) == []
    assert len(search("", ACTIONS)) == len(ACTIONS)


def test_what_an_action_does_is_searched_too() -> None:
    assert "Difference" in [action.name for action in search("db", ACTIONS)]
    assert search("ctrl+z", ACTIONS)[0].name == "Undo"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("screenshot", "Save pictures"),
        ("fft", "Power spectrum"),
        ("video", "Film the window"),
        ("rotate", "Spin"),
        ("exit", "Quit"),
        ("shortc", "Keys and gestures"),
        ("font", "Text and controls at 150%"),
        ("walk", "Drift"),
    ],
)
def test_words_of_other_programs_are_understood(typed: str, meant: str) -> None:
    assert meant in [action.name for action in search(typed, ACTIONS)]


def test_every_other_word_stands_for_one_that_is_used() -> None:
    for ours in set(ALSO.values()):
        assert search(ours, ACTIONS), ours


def test_a_switch_turns_its_field_on_and_off() -> None:
    state = AppState()
    action = switch("Drift", "…", lambda given: given.latent, "walk")
    assert action.is_on is not None
    for expected in (True, False):
        action.run(state, None)  # type: ignore[arg-type]
        assert state.latent.walk is action.is_on(state) is expected
