"""Fields by path: animated, locked, and followed when others go."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from viz.protocol.latent import GivenLatent
from viz.state.animation import advance, is_moving, phase_at, value_of
from viz.state.app_state import AppState, MotionState
from viz.state.inputs import DirectionState, Inputs, NetworkSlot
from viz.state.paths import (
    drop_item,
    number_at,
    owner_of,
    path_of,
    put_back,
    values_of,
    with_number,
)
from viz.storage.session import parse_session, session_text


@pytest.fixture
def state() -> AppState:
    return AppState(
        networks=[NetworkSlot("a"), NetworkSlot("b", own=Inputs())],
        directions=[DirectionState(), DirectionState(amount=2.0)],
    )


def test_a_path_leads_back_to_its_field(state: AppState) -> None:
    own = state.networks[1].own
    assert own is not None
    owners = (
        (state.transform, "scale", "transform.scale"),
        (state.directions[1], "amount", "directions.1.amount"),
        (own.latent, "walk_radius", "networks.1.own.latent.walk_radius"),
    )
    for owner, name, path in owners:
        assert path_of(state, owner, name) == path
        found = owner_of(state, path)
        assert found is not None
        assert found[0] is owner
        assert found[1] == name
    assert path_of(state, DirectionState(), "amount") is None


@pytest.mark.parametrize(
    "path",
    ["", "transform", "transform.nothing", "directions.9.amount", "directions.x.amount", "a.b.c",
     "networks.0.source", "transform.snap", "truncation.cutoff", "transform.scale.real"],
)  # fmt: skip
def test_what_is_no_number_has_no_value(state: AppState, path: str) -> None:
    assert number_at(state, path) is None
    assert with_number(state, path, 1.0) is state


def test_a_number_is_set_in_a_copy_within_its_range(state: AppState) -> None:
    moved = with_number(state, "directions.1.amount", 99.0)
    assert (state.directions[1].amount, moved.directions[1].amount) == (2.0, 10.0)
    assert moved.transform is state.transform
    assert with_number(state, "latent.walk_seed", 2.6).latent.walk_seed == 3


def test_an_animated_field_swings_and_comes_back(state: AppState) -> None:
    state.truncation.psi = 0.25
    motion = MotionState("truncation.psi", 0.0, 1.0, period_s=4.0)
    motion.phase = phase_at(state, motion)
    assert value_of(motion) == pytest.approx(0.25), "it begins where the control stands"
    state.motions = [motion]
    assert is_moving(state)
    seen = []
    for _ in range(8):
        state = advance(state, 0.5)
        seen.append(state.truncation.psi)
    assert max(seen) > 0.9
    assert min(seen) < 0.1
    assert seen[-1] == pytest.approx(0.25, abs=1e-9), "one round later"


def test_a_loop_jumps_from_its_end_to_its_beginning(state: AppState) -> None:
    state.motions = [MotionState("transform.angle_rad", 0.0, 2 * math.pi, 2.0, 0.75, "loop")]
    assert advance(state, 0.25).transform.angle_rad == pytest.approx(2 * math.pi * 0.875)
    assert advance(state, 0.75).transform.angle_rad == pytest.approx(2 * math.pi * 0.125)


def test_a_motion_without_a_field_is_none(state: AppState) -> None:
    state.motions = [MotionState("directions.7.amount")]
    assert not is_moving(state)


def test_locked_values_are_put_back(state: AppState) -> None:
    state.locks = ["transform.scale", "directions.1.amount", "nowhere.at_all"]
    kept = values_of(state, state.locks)
    state.transform.scale, state.directions[1].amount = 3.0, 5.0
    put_back(state, kept)
    assert (state.transform.scale, state.directions[1].amount) == (1.0, 2.0)


def test_what_is_replaced_as_a_whole_has_no_fields_to_lock_or_animate(state: AppState) -> None:
    state.latent.given = GivenLatent.of("z", np.zeros(16, np.float32))
    assert owner_of(state, "latent.given.rows") is None
    assert with_number(state, "latent.given.rows", 3.0) is state


def test_locks_and_motions_follow_when_an_item_goes(state: AppState) -> None:
    state.locks = ["directions.0.amount", "directions.1.amount", "truncation.psi"]
    state.motions = [MotionState("directions.1.amount"), MotionState("directions.0.amount")]
    drop_item(state, "directions", 0)
    assert state.locks == ["directions.0.amount", "truncation.psi"]
    assert [motion.field for motion in state.motions] == ["directions.0.amount"]
    assert number_at(state, "directions.0.amount") == 2.0


def test_sessions_keep_them_and_leave_out_what_leads_nowhere(state: AppState) -> None:
    state.locks = ["truncation.psi"]
    state.motions = [MotionState("transform.scale", 0.5, 2.0)]
    content = json.loads(session_text(state))
    read = parse_session(json.dumps(content), "it").state
    assert (read.locks, read.motions) == (state.locks, state.motions)
    content["state"]["locks"].append("__class__.x")
    content["state"]["motions"].append({"field": "view.theme"})
    session = parse_session(json.dumps(content), "it")
    assert session.state.locks == state.locks
    assert session.state.motions == state.motions
    assert len([line for line in session.messages if "no field" in line]) == 2
