"""The path through keyframes: it meets them, is smooth, and closes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from viz.state.animation import advance, is_moving
from viz.state.app_state import AppState, KeyframeState, Pace, TimelineState
from viz.state.inputs import NetworkSlot, TransformState
from viz.state.timeline import (
    advance_timeline,
    eased,
    go_to,
    keyframe,
    length_s,
    seeds_at,
    snapped,
    take_over,
    transform_at,
)
from viz.state.to_request import request_for

FRAMES = [KeyframeState(10.0, 0.0, 3.0), KeyframeState(3.0, 0.0, 1.0), KeyframeState(7.0, 0.0, 6.0)]
"""Not in order: time is what counts."""


def timeline(*, closed: bool) -> TimelineState:
    return TimelineState(list(FRAMES), on=True, closed=closed, closing_s=2.0)


@pytest.mark.parametrize("closed", [True, False])
def test_it_meets_every_keyframe_in_the_order_of_time(closed: bool) -> None:
    path = timeline(closed=closed)
    for position_s, seed in ((0.0, 3), (2.0, 10), (5.0, 7)):
        assert dict(seeds_at(path, position_s))[seed] == pytest.approx(1.0)
    assert length_s(path) == (7.0 if closed else 5.0)


@pytest.mark.parametrize("closed", [True, False])
def test_weights_sum_to_one_and_the_path_has_no_kink(closed: bool) -> None:
    path = timeline(closed=closed)
    steps = 700

    def at(index: int) -> dict[int, float]:
        return dict(seeds_at(path, index * length_s(path) / steps))

    velocity = None
    for index in range(steps):
        here, there = at(index), at(index + 1)
        assert sum(here.values()) == pytest.approx(1.0)
        now = {seed: there.get(seed, 0.0) - here.get(seed, 0.0) for seed in (3, 7, 10)}
        if velocity is not None:
            # The second derivative is at most about 6 per shortest interval squared (2 s).
            limit = 8.0 / 2.0**2 * (length_s(path) / steps) ** 2
            assert all(abs(now[seed] - velocity[seed]) < limit for seed in now)
        velocity = now


def test_a_closed_path_ends_where_and_as_it_began() -> None:
    path = timeline(closed=True)
    assert dict(seeds_at(path, 7.0))[3] == pytest.approx(1.0)
    step = 1e-4
    before = dict(seeds_at(path, 7.0 - step))
    after = dict(seeds_at(path, step))
    for seed in (7, 10):
        assert -before.get(seed, 0.0) == pytest.approx(after.get(seed, 0.0), abs=1e-6)


def test_playing_goes_round_and_moves_the_request() -> None:
    path = timeline(closed=True)
    assert advance_timeline(path, 8.5).position_s == pytest.approx(1.5)
    state = AppState(networks=[NetworkSlot("a")], timeline=path)
    assert is_moving(state)
    later = advance(state, 1.0)
    assert request_for(later).place.latent.seeds == seeds_at(path, 1.0)
    assert state.timeline.position_s == 0.0
    state.timeline.on = False
    assert not is_moving(state)
    assert request_for(state).place.latent.seeds == ((0, 1.0),)


@pytest.mark.parametrize(
    "frames", [[], [KeyframeState(5.0, 0.0, 1.0)], [KeyframeState(), KeyframeState()]]
)
def test_too_few_keyframes_stand_still(frames: list[KeyframeState]) -> None:
    path = TimelineState(frames, on=True, closed=False)
    state = AppState(networks=[NetworkSlot("a")], timeline=path)
    assert not is_moving(state)
    assert advance_timeline(path, 1.0) is path
    request_for(state)


def test_a_path_may_set_transform_and_truncation_too() -> None:
    state = AppState(networks=[NetworkSlot("a")])
    state.transform.x, state.transform.scale, state.truncation.psi = 0.25, 4.0, 0.5
    first = keyframe(state, 0.0)
    state.transform.x, state.transform.scale, state.truncation.psi = -0.25, 1.0, 1.0
    state.timeline = TimelineState([first, keyframe(state, 2.0)], on=True, closed=False)
    state.timeline.position_s = 1.0
    assert request_for(state).place.transform == state.transform.inverse_matrix
    assert request_for(state).psi == 1.0
    state.timeline.moves_transform = state.timeline.moves_truncation = True
    # Half way between two keyframes the spline is their mean; scales meet at 2 = √(4 · 1).
    expected = TransformState(x=0.0, scale=2.0)
    assert request_for(state).place.transform == pytest.approx(expected.inverse_matrix)
    assert request_for(state).psi == pytest.approx(0.75)
    state.timeline.position_s = 0.0
    take_over(state)
    assert not state.timeline.on
    assert (state.transform.x, state.transform.scale) == pytest.approx((0.25, 4.0))
    go_to(state, state.timeline.frames[1])
    assert (state.transform.x, state.truncation.psi) == (-0.25, 1.0)


def turning(*degrees: float, closed: bool = False) -> TimelineState:
    frames = [
        KeyframeState(at_s=float(index), angle_rad=math.radians(one))
        for index, one in enumerate(degrees)
    ]
    return TimelineState(frames=frames, on=True, closed=closed, closing_s=1.0)


def degrees_at(timeline: TimelineState, position_s: float) -> float:
    return math.degrees(transform_at(timeline, position_s, TransformState()).angle_rad)


def test_turns_take_the_short_way_round() -> None:
    assert degrees_at(turning(170, -170), 0.5) == pytest.approx(180)
    assert degrees_at(turning(-170, 170), 0.5) == pytest.approx(-180)
    assert degrees_at(turning(-60, 60), 0.5) == pytest.approx(0)


def test_a_closed_turn_goes_on_in_its_direction_without_a_jump() -> None:
    timeline = turning(0, 120, -120, closed=True)
    angles = np.array([degrees_at(timeline, at) for at in np.linspace(0, 3, 301)[:-1]])
    steps = np.remainder(np.diff(np.append(angles, angles[0])) + 180, 360) - 180
    assert steps == pytest.approx(np.full(300, 1.2)), "three equal legs, evenly"


def test_an_angle_beyond_half_a_turn_is_reached_by_as_many_turns() -> None:
    timeline = turning(0, 720)
    assert degrees_at(timeline, 0.5) == pytest.approx(360)
    assert degrees_at(turning(0, 270), 0.5) == pytest.approx(135)


@pytest.mark.parametrize("pace", get_args(Pace))
def test_every_pace_leads_from_one_keyframe_to_the_next(pace: Pace) -> None:
    path = timeline(closed=False)
    path.frames = [replace(frame, pace=pace) for frame in path.frames]
    for position_s, seed in ((0.0, 3), (2.0, 10), (5.0, 7)):
        assert dict(seeds_at(path, position_s))[seed] == pytest.approx(1.0)
    done = [eased(pace, n / 100) for n in range(101)]
    assert (done[0], done[-1]) == (0.0, 1.0)
    assert done == sorted(done)


def test_paces_are_slow_where_they_say() -> None:
    def speed(pace: Pace, u: float) -> float:
        return (eased(pace, u + 1e-6) - eased(pace, u)) / 1e-6

    for pace, at_start, at_end in (
        ("soft", 0, 0),
        ("start", 0, 1),
        ("end", 1, 0),
        ("steady", 1, 1),
        ("flow", 1, 1),
    ):
        assert speed(pace, 0.0) == pytest.approx(at_start, abs=1e-4)
        assert speed(pace, 1 - 1e-6) == pytest.approx(at_end, abs=1e-4)


def test_steady_goes_straight_and_hold_stays() -> None:
    path = timeline(closed=True)
    path.frames = [replace(frame, pace="steady") for frame in path.frames]
    assert dict(seeds_at(path, 0.5)) == pytest.approx({3: 0.75, 10: 0.25})
    path.frames = [replace(frame, pace="hold") for frame in path.frames]
    assert dict(seeds_at(path, 1.99)) == pytest.approx({3: 1.0})
    assert dict(seeds_at(path, 6.99)) == pytest.approx({7: 1.0})


def test_times_snap_to_half_seconds_within_reach() -> None:
    assert snapped(2.53, 0.0, 0.05) == 2.5
    assert snapped(2.56, 0.0, 0.05) == 2.56
    assert snapped(2.74, 0.25, 0.05) == 2.75, "counted from another keyframe"
    assert snapped(2.53, 0.0, 0.0) == 2.53
