"""Paths of a recording: closed, as large as asked for, the same every time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from viz.recording.motion import easing_of, moves, request_at, shift_at, turn_at, walk_at
from viz.recording.options import line_from, motion_from, rounds
from viz.state.app_state import AppState
from viz.state.inputs import Inputs, NetworkSlot, TransformState
from viz.state.recording import Easing, RecordedMotion
from viz.state.timeline import timeline_through
from viz.state.to_request import request_for

PHASES = np.arange(480) / 480


@pytest.mark.parametrize("waves", [1, 3, 8])
def test_a_walk_stays_within_its_radius_reaches_it_and_closes(waves: int) -> None:
    motion = RecordedMotion(walk_radius=0.7, walk_waves=waves, walk_seed=5, walk_rounds=2)
    points = np.array([walk_at(motion, phase) for phase in PHASES])
    distance = np.hypot(*points.T)
    assert distance.max() == pytest.approx(0.7, rel=1e-3)
    steps = np.hypot(*np.diff(points, axis=0).T)
    seam = np.hypot(*(points[0] - points[-1]))
    assert seam <= steps.max() * 1.001
    np.testing.assert_allclose(points[:240], points[240:], atol=1e-12)  # two equal rounds


def test_walks_differ_with_their_seed_and_a_single_wave_is_a_circle() -> None:
    first, second = (walk_at(RecordedMotion(walk_seed=seed), 0.3) for seed in (0, 1))
    assert first != second
    circle = RecordedMotion(walk_waves=1, walk_radius=0.5)
    assert walk_at(circle, 0.25) == (pytest.approx(0.0, abs=1e-12), pytest.approx(0.5))
    assert all(math.hypot(*walk_at(circle, p)) == pytest.approx(0.5) for p in PHASES[::40])


@pytest.mark.parametrize("easing", ["steady", "smooth"])
def test_a_line_leads_to_its_far_end_and_back(easing: Easing) -> None:
    motion = RecordedMotion(shift=True, shift_x=0.3, shift_y=-0.1, easing=easing)
    assert shift_at(motion, 0.0) == (0.0, 0.0)
    assert shift_at(motion, 0.5) == (pytest.approx(0.3), pytest.approx(-0.1))
    assert shift_at(motion, 1 - 1e-9)[0] == pytest.approx(0.0, abs=1e-6)
    assert shift_at(replace(motion, shift=False), 0.5) == (0.0, 0.0)


def test_a_circle_has_the_line_as_its_diameter() -> None:
    motion = RecordedMotion(shift=True, shift_path="circle", shift_x=0.2, shift_y=0.1)
    centre = np.array([0.1, 0.05])
    for phase in PHASES[::40]:
        assert np.hypot(*(shift_at(motion, phase) - centre)) == pytest.approx(math.hypot(0.1, 0.05))
    assert shift_at(motion, 0.0) == (0.0, 0.0)
    assert shift_at(motion, 0.5) == (pytest.approx(0.2), pytest.approx(0.1))


def test_turning_goes_round_or_swings() -> None:
    round_once = RecordedMotion(turn=True, turn_angle_rad=-1.0)
    assert turn_at(round_once, 0.25) == pytest.approx(-math.pi / 2)
    swing = RecordedMotion(turn=True, turn_path="swing", turn_angle_rad=0.4, easing="smooth")
    assert [turn_at(swing, p) for p in (0.0, 0.25, 0.5)] == pytest.approx([0.0, 0.2, 0.4])


def test_a_smooth_round_begins_and_ends_at_rest() -> None:
    assert [easing_of(p, "smooth") for p in (0.0, 0.5, 1.0)] == pytest.approx([0.0, 0.5, 1.0])
    assert easing_of(0.01, "smooth") < 1e-4
    assert easing_of(0.99, "smooth") > 1 - 1e-4


def test_every_network_moves_from_its_own_place() -> None:
    state = AppState(networks=[NetworkSlot("a"), NetworkSlot("b", own=Inputs())])
    own = state.networks[1].own
    assert own is not None
    own.transform = TransformState(x=0.5)
    own.latent.x = 7.0
    state.recording.motion = RecordedMotion(shift=True, shift_x=0.25)
    there = request_at(state, 0.5)
    first, second = there.place_of(0), there.place_of(1)
    assert first.transform == pytest.approx(TransformState(x=0.25).inverse_matrix)
    assert second.transform == pytest.approx(TransformState(x=0.75).inverse_matrix)
    assert second.latent.seeds == ((7, 1.0),)
    assert first.latent.walk == second.latent.walk == walk_at(state.recording.motion, 0.5)
    assert request_at(state, 0.0) == request_at(state, 0.0)


def test_keyframes_are_followed_from_the_first_and_back_to_it() -> None:
    state = AppState(networks=[NetworkSlot("a")])
    state.timeline = timeline_through([3, 17, 42])
    state.recording.motion = RecordedMotion(walk=False, keyframes=True)
    assert moves(state.recording.motion, state)
    seeds = [request_at(state, i / 3).place.latent.seeds for i in range(3)]
    assert [max(one, key=lambda pair: pair[1])[0] for one in seeds] == [3, 17, 42]
    state.recording.motion = RecordedMotion(walk=False)
    assert not moves(state.recording.motion, state)
    assert request_at(state, 0.4) == request_for(state, maps=False, spectrum=False)


def test_the_command_lines_words() -> None:
    motion = motion_from(
        walk="radius=0.25,period=120,waves=1",
        shift="x=0.1,y=0.2,path=circle",
        turn="degrees=-30,period=80",
        easing="smooth",
        frames=240,
    )
    assert (motion.walk_radius, motion.walk_rounds, motion.walk_waves) == (0.25, 2, 1)
    assert (motion.shift_x, motion.shift_y, motion.shift_path) == (0.1, 0.2, "circle")
    assert (motion.turn_path, motion.turn_rounds) == ("swing", 3)
    assert motion.turn_angle_rad == pytest.approx(-math.pi / 6)
    assert rounds(None, 77, "--walk") == 1
    assert line_from("row") == (0.0, 0.5, 1.0, 0.5)
    assert line_from("0,0,1,1") == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("walk", "radius=much", "radius must be a number"),
        ("walk", "speed=3", "radius=…"),
        ("walk", "radius=9", "walk_radius must be 0 to 3"),
        ("walk", "radius=nan", "finite"),
        ("walk", "period=100", "take --frames 200"),
        ("walk", "period=0", "would not close"),
        ("shift", "path=square", "line or circle"),
    ],
)
def test_what_makes_no_motion_is_told(option: str, text: str, told: str) -> None:
    words: dict[str, str | None] = {"walk": None, "shift": None, "turn": None, option: text}
    with pytest.raises(ValueError, match=told):
        motion_from(**words, easing="steady", frames=240)  # type: ignore[arg-type]


def test_a_line_outside_the_picture_is_refused() -> None:
    for text in ("0,0,2,1", "diagonal", "0,0,1"):
        with pytest.raises(ValueError):
            line_from(text)
