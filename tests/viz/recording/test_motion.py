"""What is recorded is what moves on the stage: the same requests at the same times."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from viz.recording.flight import view_at
from viz.recording.options import line_from, rounds, set_motion
from viz.recording.scenes import scene_of, subject_of
from viz.state.animation import is_moving, moves, round_s
from viz.state.app_state import AppState, KeyframeState, MotionState, TimelineState
from viz.state.easing import easing_of
from viz.state.flight import Waypoint, atlas_shown, flight_through
from viz.state.inputs import Inputs, LatentState, NetworkSlot, TransformState
from viz.state.playback import Playback
from viz.state.set_motion import set_shift, set_turn, set_walk
from viz.state.timeline import timeline_through
from viz.state.to_request import request_at, request_for
from viz.state.walk import walk_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.protocol.request import Request

PHASES = np.arange(480) / 480


def still() -> AppState:
    state = AppState(networks=[NetworkSlot("a"), NetworkSlot("b")])
    state.latent.x, state.latent.y = 3.25, 1.0
    state.transform = TransformState(x=0.1, y=-0.2, angle_rad=0.3)
    return state


def drift(state: AppState) -> None:
    state.latent.walk, state.latent.walk_phase, state.latent.walk_period_s = True, 0.37, 7.3


def wild_drift(state: AppState) -> None:
    drift(state)
    state.latent.walk_waves, state.latent.walk_seed = 5, 11


def travel(state: AppState) -> None:
    state.latent.animate, state.latent.speed = True, -0.7


def orbit(state: AppState) -> None:
    state.transform.orbit, state.transform.orbit_phase = True, 0.61
    state.transform.orbit_angle_rad = 1.1


def spin(state: AppState) -> None:
    state.transform.spin, state.transform.spin_period_s = True, -0.9


def path(state: AppState) -> None:
    state.timeline = timeline_through([3, 17, 42], 1.1)
    state.timeline.position_s = 0.4


def open_path(state: AppState) -> None:
    frames = [
        KeyframeState(1.0, 0.0, 0.0, shift_x=0.2),
        KeyframeState(5.0, 2.0, 0.7, angle_rad=1.0, psi=0.5),
    ]
    state.timeline = TimelineState(
        frames, on=True, moves_transform=True, moves_truncation=True, closed=False
    )


def animated(state: AppState) -> None:
    state.motions = [
        MotionState("transform.scale", 0.5, 2.0, 1.3, 0.2),
        MotionState("truncation.psi", 0.0, 1.0, 0.7, 0.9, "loop"),
        MotionState("style_mix.seed", 0.0, 9.0, 1.7, 0.0, "zigzag"),
    ]
    state.style_mix.on, state.style_mix.layers = True, [1]


def unlocked(state: AppState) -> None:
    own = Inputs(LatentState(x=9.0, walk=True, walk_phase=0.2), TransformState(spin=True))
    state.networks[1].own = own
    state.motions = [MotionState("networks.1.own.transform.x", -0.5, 0.5, 1.9)]


def flight(state: AppState) -> None:
    places = [Waypoint(0, 0, 64, 0, 0), Waypoint(4, -2, 256, 90, 7)]
    state.timeline = flight_through(places, 1.0, closed=True)
    state.view.show = "atlas"


def smooth(state: AppState) -> None:
    everything(state)
    state.easing = "smooth"


def everything(state: AppState) -> None:
    unlocked(state)
    for add in (wild_drift, travel, orbit, spin, path):
        add(state)
    state.motions.append(MotionState("truncation.psi", 0.0, 1.0, 0.7, 0.9, "loop"))


KINDS = [
    drift, wild_drift, travel, orbit, spin, path, open_path, animated, unlocked, flight, everything,
    smooth,
]  # fmt: skip


def pictures_of(state: AppState) -> Request:
    return replace(request_for(state, maps=False, spectrum=False), precision="fp32")


@pytest.mark.parametrize("add", KINDS)
@pytest.mark.parametrize("fps", [25, 30, 60])
def test_a_films_frames_are_what_the_stage_asks_for_at_the_same_times(
    add: Callable[[AppState], None], fps: int
) -> None:
    state = still()
    add(state)
    state.recording.fps, state.recording.frames = fps, 50  # type: ignore[assignment]
    filmed = replace(state, recording=replace(state.recording, subject="compare"))
    scene, playback, shown = scene_of(replace(filmed)), Playback(), state
    chance = np.random.default_rng(fps)
    for index in range(state.recording.frames):
        while (left := index / fps - playback.elapsed_s) > 0.004:  # as fast as it can draw
            shown = playback.step(shown, left * chance.uniform(0.3, 0.7))
        shown = playback.step(shown, left)
        assert playback.elapsed_s == index / fps
        (request,) = scene.requests(index)
        assert request == pictures_of(shown)
        assert view_at(state, index / fps).atlas == atlas_shown(shown)
    assert pictures_of(shown) != pictures_of(state), "it has moved"


def test_controls_that_set_speeds_are_followed_too() -> None:
    state = still()
    travel(state)
    state.motions = [MotionState("latent.speed", -2.0, 2.0, 1.0)]
    playback, shown = Playback(), state
    assert round_s(state) is None
    for _ in range(211):
        shown = playback.step(shown, 0.007)
    then = request_at(state, 211 * 0.007)
    seeds = dict(request_for(shown, maps=False, spectrum=False).place.latent.seeds)
    assert seeds == pytest.approx(dict(then.place.latent.seeds), abs=1e-5)


def test_a_hand_takes_the_motion_on_from_where_it_is() -> None:
    state, playback = still(), Playback()
    drift(state)
    shown = playback.step(state, 1.0)
    shown.latent.walk_period_s = 2.0  # no jump
    later = playback.step(shown, 0.5)
    assert later.latent.walk_phase == pytest.approx((0.37 + 1 / 7.3 + 0.25) % 1)
    assert playback.elapsed_s == 0.5
    later.latent.walk_phase = 0.0
    assert playback.step(later, 0.5).latent.walk_phase == pytest.approx(0.25)
    other = still()
    orbit(other)
    assert playback.step(other, 0.0).transform == other.transform
    other.playing = False
    assert playback.step(other, 1.0) is other


def test_what_does_not_move_may_change_without_a_trace_in_the_motion() -> None:
    state, playback = still(), Playback()
    drift(state)
    shown = playback.step(state, 0.1)
    shown.truncation.psi, shown.networks = 0.5, [NetworkSlot("c")]
    shown = playback.step(shown, 0.2)
    assert shown.truncation.psi == 0.5
    assert [one.source for one in shown.networks] == ["c"]
    assert playback.elapsed_s == pytest.approx(0.3)


def test_a_film_of_the_stage_shows_what_the_stage_shows() -> None:
    state = still()
    assert subject_of(state) == "compare"
    state.view.show = "atlas"
    assert subject_of(state) == "flight"
    state.recording.subject = "spectrum"
    assert subject_of(state) == "spectrum"
    state.recording.subject, state.view.show, state.view.focus = "compare", "side", 1
    (request,) = scene_of(state).requests(0)
    assert request.networks == ("b",)
    state.view.focus, state.view.show = -1, "difference"
    assert scene_of(state).columns == 3


def test_a_paused_motion_is_recorded_as_it_would_play() -> None:
    state = still()
    drift(state)
    state.playing = False
    assert moves(state)
    assert not is_moving(state)
    assert request_at(state, 1.0) == request_at(replace(state, playing=True), 1.0)
    assert request_at(state, 1.0) != request_at(state, 0.0)


def test_rounds_are_those_of_all_that_moves() -> None:
    state = still()
    assert round_s(state) == 0
    drift(state)
    assert round_s(state) == pytest.approx(7.3)
    state.latent.walk_period_s = 8.0
    orbit(state)
    assert round_s(state) == 24.0
    state.transform.spin, state.transform.spin_period_s = True, -9.6
    assert round_s(state) == 48.0
    path(state)
    assert round_s(state) == 528.0
    state.motions = [MotionState("transform.scale", period_s=7.0)]
    assert round_s(state) is None, "longer than anybody films"
    state.motions, state.timeline.on = [], False
    travel(state)
    assert round_s(state) is None


@pytest.mark.parametrize("waves", [1, 3, 8])
def test_a_drift_stays_within_its_radius_reaches_it_and_closes(waves: int) -> None:
    latent = LatentState(walk=True, walk_radius=0.7, walk_waves=waves, walk_seed=5)
    points = np.array([walk_at(replace(latent, walk_phase=phase)) for phase in PHASES])
    assert np.hypot(*points.T).max() == pytest.approx(0.7, rel=1e-3)
    steps = np.hypot(*np.diff(points, axis=0).T)
    assert np.hypot(*(points[0] - points[-1])) <= steps.max() * 1.001


def test_drifts_differ_with_their_seed_and_a_single_wave_is_a_circle() -> None:
    first, second = (
        walk_at(LatentState(walk=True, walk_waves=3, walk_seed=seed, walk_phase=0.3))
        for seed in (0, 1)
    )
    assert first != second
    circle = LatentState(walk=True, walk_radius=0.5, walk_phase=0.25)
    assert walk_at(circle) == (pytest.approx(0.0, abs=1e-12), pytest.approx(0.5))


def test_an_orbit_leads_to_its_far_end_and_back() -> None:
    state = AppState(networks=[NetworkSlot("a"), NetworkSlot("b", own=Inputs())])
    set_shift(state, 2.0, x=0.2, y=0.1, path="circle")
    own = state.networks[1].own
    assert own is not None
    for transform in (state.transform, own.transform):
        far = [replace(transform, orbit_phase=phase).offset for phase in (0.0, 0.5, 0.3)]
        assert far[0] == (0.0, 0.0)
        assert far[1] == pytest.approx((0.2, 0.1))
        assert math.hypot(far[2][0] - 0.1, far[2][1] - 0.05) == pytest.approx(math.hypot(0.1, 0.05))


def test_every_network_moves_from_its_own_place() -> None:
    state = AppState(networks=[NetworkSlot("a"), NetworkSlot("b", own=Inputs())])
    own = state.networks[1].own
    assert own is not None
    own.transform, own.latent.x = TransformState(x=0.5), 7.0
    set_shift(state, 2.0, x=0.25)
    set_walk(state, 2.0)
    there = request_at(state, 1.0)
    first, second = there.place_of(0), there.place_of(1)
    assert first.transform == pytest.approx(TransformState(x=0.25).inverse_matrix)
    assert second.transform == pytest.approx(TransformState(x=0.75).inverse_matrix)
    assert second.latent.seeds == ((7, 1.0),)
    assert first.latent.walk == second.latent.walk


def test_turning_goes_round_or_swings() -> None:
    for easing, quarter in (("steady", math.pi / 2), ("smooth", math.pi / 2 - 1)):
        state = still()
        state.easing = easing  # type: ignore[assignment]
        set_turn(state, 4.0, 1.0, all_round=True)
        turned = request_at(state, 1.0).place.transform
        expected = TransformState(x=0.1, y=-0.2, angle_rad=0.3 + quarter)
        assert turned == pytest.approx(expected.inverse_matrix)
    state = still()
    set_turn(state, 4.0, 0.4, all_round=False)
    turned = request_at(state, 1.0).place.transform
    expected = TransformState(x=0.1, y=-0.2, angle_rad=0.5)
    assert turned == pytest.approx(expected.inverse_matrix)


def test_a_smooth_round_begins_and_ends_at_rest() -> None:
    assert [easing_of(p, "smooth") for p in (0.0, 0.5, 1.0)] == pytest.approx([0.0, 0.5, 1.0])
    assert easing_of(0.01, "smooth") < 1e-4
    assert easing_of(0.99, "smooth") > 1 - 1e-4


def test_keyframes_are_followed_from_the_first_and_back_to_it() -> None:
    state = AppState(networks=[NetworkSlot("a")])
    state.timeline = timeline_through([3, 17, 42], 6.0)
    seeds = [request_at(state, 2.0 * i).place.latent.seeds for i in range(3)]
    assert [max(one, key=lambda pair: pair[1])[0] for one in seeds] == [3, 17, 42]
    assert request_at(state, 6.0) == request_at(state, 0.0)


def test_the_command_lines_words() -> None:
    state = AppState(networks=[NetworkSlot("a")])
    set_motion(
        state,
        walk="radius=0.25,period=120,waves=1",
        shift="x=0.1,y=0.2,path=circle",
        turn="degrees=-30,period=80",
        easing="smooth",
    )
    latent, transform = state.latent, state.transform
    assert (latent.walk_radius, latent.walk_period_s, latent.walk_waves) == (0.25, 4.0, 1)
    assert (transform.orbit, transform.orbit_period_s) == (True, 8.0)
    (turn,) = state.motions
    assert (turn.field, turn.shape) == ("transform.angle_rad", "zigzag")
    assert turn.period_s == pytest.approx(80 / 30)
    assert turn.high == pytest.approx(-math.pi / 6)
    assert round_s(state) == pytest.approx(8.0)
    assert rounds(None, 77, "--walk") == 1
    assert line_from("row") == (0.0, 0.5, 1.0, 0.5)
    assert line_from("0,0,1,1") == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("walk", "radius=much", "radius must be a number"),
        ("walk", "speed=3", "radius=…"),
        ("walk", "radius=9", "--walk: radius must be 0 to 3"),
        ("walk", "radius=nan", "finite"),
        ("walk", "period=100", "take --frames 200"),
        ("walk", "period=0", "would not close"),
        ("shift", "path=square", "line or circle"),
        ("shift", "x=3", "--shift: x must be -2 to 2"),
        ("turn", "degrees=500", "--turn: degrees must be -360 to 360"),
    ],
)
def test_what_makes_no_motion_is_told(option: str, text: str, told: str) -> None:
    words: dict[str, str | None] = {"walk": None, "shift": None, "turn": None, option: text}
    with pytest.raises(ValueError, match=told):
        set_motion(AppState(), **words, easing="steady")  # type: ignore[arg-type]


def test_a_line_outside_the_picture_is_refused() -> None:
    for text in ("0,0,2,1", "diagonal", "0,0,1"):
        with pytest.raises(ValueError):
            line_from(text)
