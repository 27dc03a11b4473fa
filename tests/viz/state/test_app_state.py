"""The state tree: animations and the request made of it, all pure."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

from viz.protocol.request import IDENTITY
from viz.state import animation, inputs, to_request
from viz.state import app_state as st
from viz.state.instruments import LayersState
from viz.state.ranges import limits


def moving_state() -> st.AppState:
    state = st.starting_state(["a", "b"])
    state.latent.animate = True
    state.transform.orbit = state.transform.spin = True
    return state


def test_advance_leaves_the_given_state_alone() -> None:
    state = moving_state()
    before = copy.deepcopy(state)
    later = animation.advance(state, 0.7)
    assert state == before
    assert later.latent.x == pytest.approx(0.7 * state.latent.speed)
    assert later.latent != state.latent
    assert later.transform != state.transform


def test_the_walk_closes() -> None:
    state = st.starting_state(["a"])
    state.latent.walk_period_s = 3.0
    start = to_request.latent_point(state.latent).walk
    places = []
    for _ in range(48):
        places.append(to_request.latent_point(state.latent).walk)
        state = animation.advance(state, 3.0 / 48)
    end = to_request.latent_point(state.latent).walk
    assert end == pytest.approx(start, abs=1e-9)
    steps = np.linalg.norm(np.diff(np.array([*places, end]), axis=0), axis=1)
    assert np.ptp(steps) < 1e-9  # even speed, also over the seam
    assert np.hypot(*np.array(places).T) == pytest.approx(state.latent.walk_radius)


def test_the_orbit_closes_and_starts_where_the_picture_was() -> None:
    transform = inputs.TransformState(
        x=0.1, y=-0.2, orbit=True, orbit_radius=0.3, orbit_period_s=2.0
    )
    assert transform.offset == pytest.approx((0.1, -0.2))
    half = animation.advance_transform(transform, 1.0)
    assert half.offset == pytest.approx((0.1, -0.2 + 0.6))
    assert animation.advance_transform(half, 1.0).offset == pytest.approx((0.1, -0.2))


def test_spin_stays_within_a_turn() -> None:
    transform = inputs.TransformState(spin=True, spin_period_s=-1.0)
    for _ in range(10):
        transform = animation.advance_transform(transform, 0.3)
        assert abs(transform.angle_rad) <= math.pi
    assert transform.angle_rad == pytest.approx(0.0, abs=1e-9)  # -3 turns


def test_paused_nothing_moves() -> None:
    state = moving_state()
    state.playing = False
    assert not animation.is_moving(state)
    assert animation.advance(state, 1.0) is state


def test_reduced_motion_starts_still() -> None:
    assert not animation.is_moving(st.starting_state(["a"], reduced_motion=True))
    assert animation.is_moving(st.starting_state(["a"]))


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (3.0, 0.0, {3: 1.0}),
        (3.25, 0.0, {3: 0.75, 4: 0.25}),
        (1.5, 0.5, {1: 0.25, 2: 0.25, 101: 0.25, 102: 0.25}),
        (-1.0, 0.0, {2**32 - 1: 1.0}),
    ],
)
def test_seeds_are_blended(x: float, y: float, expected: dict[int, float]) -> None:
    assert dict(inputs.blended_seeds(x, y)) == pytest.approx(expected)


def test_seed_weights_sum_to_one_and_are_continuous() -> None:
    for x in np.linspace(-0.5, 2.5, 37):
        seeds = dict(inputs.blended_seeds(float(x), 0.3))
        assert sum(seeds.values()) == pytest.approx(1)
        nudged = dict(inputs.blended_seeds(float(x) + 1e-4, 0.3))
        for seed in seeds.keys() | nudged.keys():
            assert abs(seeds.get(seed, 0) - nudged.get(seed, 0)) < 1.1e-4


def test_inverse_matrix_undoes_scale_turn_shift() -> None:
    transform = inputs.TransformState(x=0.3, y=-0.1, angle_rad=0.7, scale=1.5)
    c, s = math.cos(0.7), math.sin(0.7)
    scale = np.diag([1.5, 1.5, 1.0])
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])  # anticlockwise, y down
    shift = np.array([[1, 0, 0.3], [0, 1, -0.1], [0, 0, 1]])
    inverse = np.reshape(transform.inverse_matrix, (3, 3))
    np.testing.assert_allclose(inverse @ shift @ turn @ scale, np.eye(3), atol=1e-12)


def test_requests_are_equal_exactly_when_pictures_are() -> None:
    state = st.starting_state(["a", "b"])
    request = to_request.request_for(state)
    assert request == to_request.request_for(copy.deepcopy(state))
    assert hash(request) == hash(to_request.request_for(copy.deepcopy(state)))
    assert pickle.loads(pickle.dumps(request)) == request
    state.view.zoom = 3.0
    state.view.theme = "light"
    state.latent.walk_period_s = 99.0
    assert to_request.request_for(state) == request
    state.truncation.psi = 0.5
    assert to_request.request_for(state) != request


def test_untouched_transform_is_the_identity() -> None:
    assert to_request.request_for(st.starting_state(["a"])).place.transform == IDENTITY


def test_only_what_is_looked_at_is_asked() -> None:
    state = st.starting_state(["a", "b"])
    state.layers.slot, state.layers.layer, state.layers.first_channel = 1, "L3", 5
    state.spectrum.of = "layer"
    request = to_request.request_for(state, strip_px=32)
    assert request.maps is not None
    assert (request.maps.slot, request.maps.layer) == (1, "L3")
    assert request.spectrum is not None
    assert request.spectrum.slot == 1
    assert request.strip_slot == 1
    bare = to_request.request_for(state, maps=False, spectrum=False)
    assert bare.maps is None
    assert bare.spectrum is None
    assert bare.strip_slot is None


def test_a_slot_beyond_the_networks_means_the_first() -> None:
    state = st.starting_state(["a"])
    state.layers.slot, state.layers.layer = 2, "L3"
    request = to_request.request_for(state)
    assert request.maps is not None
    assert request.maps.slot == 0


def test_limits_are_found() -> None:
    assert limits(inputs.TruncationState, "psi") == (-1.0, 2.0)
    assert limits(LayersState(), "layer") == (-math.inf, math.inf)
    with pytest.raises(ValueError, match="no field"):
        limits(inputs.LatentState, "psy")


@pytest.mark.process
def test_the_window_side_needs_no_torch() -> None:
    code = (
        "import sys, viz.state.app_state, viz.storage.session, viz.storage.bundled\n"
        "import viz.app.options, viz.worker.client\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
