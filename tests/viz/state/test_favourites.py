"""Favourites: kept, dropped, moved, gone to, undone."""

from __future__ import annotations

import numpy as np
import pytest

from viz.protocol.latent import GivenLatent
from viz.state.app_state import AppState
from viz.state.favourites import (
    favourite_here,
    favourite_of_seed,
    go_to_favourite,
    is_kept,
    keep_or_drop,
    move_to,
    thumbnail_of,
    title,
)
from viz.state.history import History
from viz.state.inputs import Favourite, Inputs, NetworkSlot
from viz.state.timeline import keyframe_of
from viz.state.to_thumbnails import thumbnail_here


def state_with(*seeds: int) -> AppState:
    state = AppState(networks=[NetworkSlot("a"), NetworkSlot("b")])
    state.favourites = [favourite_of_seed(state, seed) for seed in seeds]
    return state


def order(state: AppState) -> list[str]:
    return [title(one) for one in state.favourites]


def test_a_favourite_brings_back_place_truncation_and_class() -> None:
    state = state_with()
    state.latent.x, state.latent.y, state.truncation.psi = 3.5, 1.0, 0.6
    state.latent.class_index = 2
    kept, before = favourite_here(state), thumbnail_here(state)
    state.latent.x, state.truncation.psi, state.latent.class_index = 9.0, 1.0, 0
    state.latent.given = GivenLatent.of("w", np.zeros(4, np.float32))
    state.timeline.on = True
    now = thumbnail_here(state)
    assert now is not None
    assert thumbnail_of(now, kept) == before, "its picture does not follow what is set"
    go_to_favourite(state, kept)
    assert favourite_here(state) == kept
    assert state.latent.given is None
    assert not state.timeline.on


def test_the_front_networks_own_place_is_kept_and_set() -> None:
    state = state_with()
    state.networks[1].own, state.view.target = Inputs(), 1
    go_to_favourite(state, favourite_of_seed(state, 205))
    own = state.networks[1].own
    assert own is not None
    assert (own.latent.x, own.latent.y, state.latent.x) == (5.0, 2.0, 0.0)


def test_a_place_is_kept_once_whatever_its_name_and_psi() -> None:
    state = state_with(1, 2)
    state.truncation.psi = 0.5
    place = favourite_of_seed(state, 2)
    assert is_kept(state, place)
    assert not keep_or_drop(state, place)
    assert order(state) == ["1"]
    assert keep_or_drop(state, place)
    assert state.favourites[-1].psi == 0.5


@pytest.mark.parametrize(
    ("start", "gap", "expected"),
    [(0, 3, "1203"), (3, 0, "3012"), (1, 2, "0123"), (1, 1, "0123"), (0, 4, "1230")],
)
def test_they_are_moved_into_gaps(start: int, gap: int, expected: str) -> None:
    state = state_with(0, 1, 2, 3)
    move_to(state, start, gap)
    assert "".join(order(state)) == expected


def test_removing_is_undone() -> None:
    state = state_with(1, 2, 3)
    history = History(state)
    keep_or_drop(state, state.favourites[1])
    assert history.record(state, held=False, now_s=0.0)
    assert order(state) == ["1", "3"]
    history.undo(state)
    assert order(state) == ["1", "2", "3"]


def test_places_between_seeds_and_from_files_have_names() -> None:
    assert title(Favourite(x=3.4, y=1.0)) == "near 103"
    assert title(Favourite(given=GivenLatent.of("z", np.zeros(4, np.float32), "mine.npz"))) == (
        "mine.npz"
    )
    assert title(Favourite(name="Coast", x=3.4)) == "Coast"


def test_it_becomes_a_keyframe_after_the_last() -> None:
    state = state_with(7)
    state.transform.x = 0.25
    first = keyframe_of(state, state.favourites[0])
    assert (first.x, first.at_s, first.shift_x) == (7.0, 0.0, 0.25)
    state.timeline.frames.append(first)
    assert keyframe_of(state, state.favourites[0]).at_s == 2.0
    assert keyframe_of(state, state.favourites[0], 1.25).at_s == 1.25
