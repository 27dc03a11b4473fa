"""Places of the networks at each moment of a recording: plain arithmetic, the same every time.

A moment is a phase from 0 to 1. Every path is closed, so phase 1 is phase 0 again, and a film of n
frames takes the phases 0, 1/n … (n−1)/n.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from viz.protocol.transforms import inverse_of, product
from viz.state.timeline import length_s
from viz.state.to_request import request_for

if TYPE_CHECKING:
    from viz.protocol.request import Placement, Request
    from viz.state.app_state import AppState
    from viz.state.recording import Easing, RecordedMotion

CURVE_SAMPLES = 1024


def request_at(state: AppState, phase: float) -> Request:
    """The pictures of a moment of a state's recording, without maps and spectra."""
    request = request_for(along_path(state, phase), maps=False, spectrum=False)
    return moved(request, state.recording.motion, phase)


def along_path(state: AppState, phase: float) -> AppState:
    """The state with the timeline's playhead where the recording has it, if it follows that."""
    motion, timeline = state.recording.motion, state.timeline
    length = length_s(timeline)
    if not motion.keyframes or not length:
        return state
    position = easing_of(phase, motion.easing) * length
    return replace(state, timeline=replace(timeline, on=True, position_s=position))


def moved(request: Request, motion: RecordedMotion, phase: float) -> Request:
    """A request with walk, shift and turn added to where each network stands.

    Args:
        request: What is asked for without them.
        motion: What moves.
        phase: 0 … 1.
    """
    own = tuple((slot, _placed(place, motion, phase)) for slot, place in request.own_places)
    return replace(request, place=_placed(request.place, motion, phase), own_places=own)


def _placed(place: Placement, motion: RecordedMotion, phase: float) -> Placement:
    """A place with the motion added; the picture turns about its centre and is shifted then."""
    latent, transform = place.latent, place.transform
    if motion.walk:
        latent = replace(latent, walk=walk_at(motion, phase), walk_seed=motion.walk_seed)
    shift, turn = shift_at(motion, phase), turn_at(motion, phase)
    if any(shift) or turn:
        undone = inverse_of(shift=shift, angle_rad=turn, shear=0.0, scale=1.0)
        transform = product(transform, undone)
    return replace(place, latent=latent, transform=transform)


def easing_of(phase: float, easing: Easing) -> float:
    """Return the share of a round that is covered; `smooth` begins and ends at rest."""
    if easing == "steady":
        return phase
    return phase - math.sin(2 * math.pi * phase) / (2 * math.pi)


def walk_at(motion: RecordedMotion, phase: float) -> tuple[float, float]:
    """The walk's offset in its plane, in deviations of W, never longer than its radius."""
    turn = 2 * math.pi * _round(phase, motion.walk_rounds, motion.easing)
    weights, reach = _curve(motion.walk_seed, motion.walk_waves)
    waves = np.arange(1, len(weights) + 1)
    x, y = (np.cos(waves * turn) @ weights[:, 0] + np.sin(waves * turn) @ weights[:, 1]).tolist()
    return motion.walk_radius * x / reach, motion.walk_radius * y / reach


def shift_at(motion: RecordedMotion, phase: float) -> tuple[float, float]:
    """Translation to the right and down, in fractions of the picture; (0, 0) at phase 0."""
    if not motion.shift:
        return 0.0, 0.0
    x, y = motion.shift_x, motion.shift_y
    along = _round(phase, motion.shift_rounds, motion.easing)
    if motion.shift_path == "circle":  # whose diameter leads to the far end
        c, s = math.cos(2 * math.pi * along), math.sin(2 * math.pi * along)
        return (x * (1 - c) + y * s) / 2, (y * (1 - c) - x * s) / 2
    out = _out_and_back(phase, motion.shift_rounds, motion.easing)
    return x * out, y * out


def turn_at(motion: RecordedMotion, phase: float) -> float:
    """Rotation in radians, anticlockwise; 0 at phase 0."""
    if not motion.turn:
        return 0.0
    if motion.turn_path == "swing":
        out = _out_and_back(phase, motion.turn_rounds, motion.easing)
        return motion.turn_angle_rad * out
    along = _round(phase, motion.turn_rounds, motion.easing)
    return math.copysign(2 * math.pi * along, motion.turn_angle_rad)


def moves(motion: RecordedMotion, state: AppState) -> bool:
    """Return whether anything moves."""
    return bool(
        (motion.walk and motion.walk_radius)
        or (motion.shift and (motion.shift_x or motion.shift_y))
        or (motion.turn and (motion.turn_path == "round" or motion.turn_angle_rad))
        or (motion.keyframes and length_s(state.timeline) > 0)
    )


def _round(phase: float, rounds: int, easing: Easing) -> float:
    """Return the share of the current round that is covered, 0 … 1."""
    return easing_of(phase * rounds % 1.0, easing)


def _out_and_back(phase: float, rounds: int, easing: Easing) -> float:
    """0 at the ends of a round and 1 in its middle."""
    inside = phase * rounds % 1.0
    if easing == "smooth":
        return (1 - math.cos(2 * math.pi * inside)) / 2
    return 1 - abs(2 * inside - 1)


@lru_cache(maxsize=64)
def _curve(seed: int, waves: int) -> tuple[np.ndarray, float]:
    """A closed random curve: weights [waves, cos and sin, x and y], and how far out it leads.

    Higher waves weigh less, as in a random walk that is made to close.
    """
    if waves == 1:
        return np.array([[[1.0, 0.0], [0.0, 1.0]]]), 1.0
    order = np.arange(1, waves + 1)[:, None, None]
    weights = np.random.default_rng(seed).standard_normal((waves, 2, 2)) / order
    angles = 2 * np.pi * np.arange(CURVE_SAMPLES)[:, None] / CURVE_SAMPLES * order[:, 0, 0]
    points = np.cos(angles) @ weights[:, 0] + np.sin(angles) @ weights[:, 1]
    return weights, float(np.hypot(*points.T).max())
