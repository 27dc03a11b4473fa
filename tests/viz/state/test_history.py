"""Undo and redo: steps, drags, repetitions, and what moves by itself meanwhile."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from viz.protocol.latent import GivenLatent
from viz.state.animation import advance
from viz.state.app_state import AppState, starting_state
from viz.state.history import REPEAT_S, History
from viz.state.inputs import NetworkSlot


class Clocked:
    """A history whose user acts at chosen times."""

    def __init__(self) -> None:
        self.state = AppState(networks=[NetworkSlot("a"), NetworkSlot("b")])
        self.history = History(self.state)
        self.now_s = 100.0

    def act(self, *, held: bool = False, after_s: float = 10.0) -> bool:
        self.now_s += after_s
        return self.history.record(self.state, held=held, now_s=self.now_s)


@pytest.fixture
def user() -> Clocked:
    return Clocked()


def test_steps_are_taken_back_and_done_again_in_order(user: Clocked) -> None:
    state = user.state
    state.truncation.psi = 0.5
    assert user.act()
    state.latent.x = 4.0
    assert user.act()
    assert not user.act(), "nothing was changed"
    assert user.history.undo(state) == ("latent", "x")
    assert (state.latent.x, state.truncation.psi) == (0.0, 0.5)
    assert user.history.undo(state) == ("truncation", "psi")
    assert state == AppState(networks=[NetworkSlot("a"), NetworkSlot("b")])
    assert user.history.undo(state) is None
    user.history.redo(state)
    user.history.redo(state)
    assert (state.latent.x, state.truncation.psi) == (4.0, 0.5)
    assert user.history.redo(state) is None


def test_a_new_step_forgets_what_was_taken_back(user: Clocked) -> None:
    user.state.latent.x = 1.0
    user.act()
    user.history.undo(user.state)
    user.state.latent.y = 2.0
    user.act()
    assert not user.history.can_redo
    assert user.history.undo(user.state) == ("latent", "y")


def test_a_drag_is_one_step_however_long(user: Clocked) -> None:
    for x in (0.1, 0.2, 0.3):
        user.state.transform.x = x
        user.state.transform.y = -x
        user.act(held=True, after_s=5.0)
    user.act(held=False)
    user.state.transform.x = 0.9
    user.act()
    user.history.undo(user.state)
    assert user.state.transform.x == 0.3
    user.history.undo(user.state)
    assert (user.state.transform.x, user.state.transform.y) == (0.0, 0.0)
    assert not user.history.can_undo


def test_a_drag_back_to_its_beginning_is_no_step(user: Clocked) -> None:
    for x in (0.1, 0.0):
        user.state.transform.x = x
        user.act(held=True)
    user.act(held=False)
    assert not user.history.can_undo


def test_quick_repetitions_on_one_field_are_one_step(user: Clocked) -> None:
    for _ in range(5):
        user.state.latent.x += 1
        user.act(after_s=REPEAT_S / 2)
    user.state.transform.scale = 2.0
    user.act(after_s=REPEAT_S / 2)
    user.history.undo(user.state)
    assert (user.state.latent.x, user.state.transform.scale) == (5.0, 1.0)
    user.history.undo(user.state)
    assert user.state.latent.x == 0.0


def test_what_moves_by_itself_is_neither_a_step_nor_taken_back() -> None:
    state = starting_state(["a"])
    history = History(state)
    state = advance(state, 1.0)
    history.follow(state)
    state.truncation.psi = 0.2
    history.record(state, held=False, now_s=1.0)
    state = advance(state, 1.0)
    history.follow(state)
    phase = state.latent.walk_phase
    assert phase > 0
    history.undo(state)
    assert state.truncation.psi == 1.0
    assert state.latent.walk_phase == phase
    assert not history.can_undo


def test_lists_come_back_as_they_were(user: Clocked) -> None:
    before = copy.deepcopy(user.state.networks)
    user.state.networks[1].label = "renamed"
    user.act()
    del user.state.networks[0]
    user.act()
    user.history.undo(user.state)
    user.history.undo(user.state)
    assert user.state.networks == before
    user.state.networks[0].label = "later"
    user.act()
    user.history.undo(user.state)
    assert user.state.networks == before, "what is kept shares nothing with the state"


def test_optional_parts_come_and_go_as_a_whole(user: Clocked) -> None:
    given = GivenLatent.of("z", np.zeros(16, np.float32))
    user.state.latent.given = given
    assert user.act()
    user.history.undo(user.state)
    assert user.state.latent.given is None
    user.history.redo(user.state)
    assert user.state.latent.given == given


def test_play_and_hints_are_not_undone(user: Clocked) -> None:
    user.state.playing = False
    user.state.view.hint = 3
    assert not user.act()
    assert not user.history.can_undo
