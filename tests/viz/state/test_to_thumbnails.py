"""Thumbnails follow what is set, except for what moves."""

from __future__ import annotations

from viz.protocol.request import LayerEdits
from viz.state.app_state import AppState
from viz.state.inputs import DirectionState, Inputs, LatentState, NetworkSlot
from viz.state.to_thumbnails import (
    along_direction,
    at,
    front_slot,
    thumbnail_here,
    thumbnail_of_place,
)


def two_networks() -> AppState:
    return AppState(networks=[NetworkSlot("a"), NetworkSlot("b")])


def test_the_front_network_is_the_one_set_else_the_focused_else_the_first() -> None:
    state = two_networks()
    assert front_slot(state) == 0
    state.view.focus = 1
    assert front_slot(state) == 1
    state.view.focus, state.view.target = 0, 1
    assert front_slot(state) == 0, "a locked network has no inputs of its own"
    state.networks[1].own = Inputs(latent=LatentState(class_index=3))
    assert front_slot(state) == 1
    here = thumbnail_here(state)
    assert here is not None
    assert here.latent.classes == ((3, 1.0),)


def test_places_differ_and_all_else_is_as_set() -> None:
    state = two_networks()
    state.truncation.psi = 0.6
    here = thumbnail_here(state)
    assert here is not None
    other = at(here, 3.0, 1.0)
    assert other.latent.seeds == ((103, 1.0),)
    assert (other.psi, other.source) == (0.6, "a")
    assert at(here, state.latent.x, state.latent.y) == here


def test_drift_and_transform_leave_thumbnails_alone() -> None:
    state = two_networks()
    before = thumbnail_here(state)
    state.latent.walk, state.latent.walk_phase = True, 0.3
    state.transform.x, state.transform.angle_rad = 0.2, 1.0
    assert thumbnail_here(state) == before


def test_without_networks_there_is_nothing_to_draw() -> None:
    assert thumbnail_here(AppState()) is None


def test_a_strip_shows_one_direction_at_other_places() -> None:
    state = two_networks()
    state.directions = [DirectionState(amount=1.0), DirectionState(component=1, apart=True)]
    here = thumbnail_of_place(state)
    assert here is not None
    moved = along_direction(state, here, 1, -2.0, variant=7)
    assert [step.amount for step in moved.edits.steps] == [1.0, -2.0]
    assert moved.variant == 7
    assert [one.amount for one in state.directions] == [1.0, 0.0]
    # One that stands still counts as long as another keeps apart from it.
    state.directions[0].amount = 0.0
    still = along_direction(state, here, 1, 2.0, variant=8)
    assert [step.amount for step in still.edits.steps] == [0.0, 2.0]
    assert along_direction(state, here, 1, 0.0, variant=9).edits == LayerEdits()
