"""The table of actions: names and keys are unique, and everything is found."""

from __future__ import annotations

from collections import Counter

from viz.panels.action_table import ACTIONS
from viz.panels.actions import search

MENUS = {"", "File", "Edit", "View", "Record", "Train", "Help"}


def test_names_and_keys_are_unique_and_menus_exist() -> None:
    names = Counter(action.name for action in ACTIONS)
    keys = Counter(str(chord) for action in ACTIONS for chord in action.keys)
    assert [name for name, count in names.items() if count > 1] == []
    assert [key for key, count in keys.items() if count > 1] == []
    assert {action.menu for action in ACTIONS} <= MENUS
    assert all(action.does.endswith(".") for action in ACTIONS)


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
