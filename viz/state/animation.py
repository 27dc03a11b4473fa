"""Animation: the state a moment later, made without changing the one before."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from viz.state.paths import number_at, with_number
from viz.state.ranges import limits
from viz.state.timeline import advance_timeline, plays

if TYPE_CHECKING:
    from viz.state.app_state import AppState, MotionState
    from viz.state.inputs import LatentState, TransformState
    from viz.state.recording import RecordingState


def is_moving(state: AppState) -> bool:
    """Return whether `advance` would change anything: only then must the app keep drawing."""
    own = [network.own for network in state.networks if network.own is not None]
    places = ((state.latent, state.transform), *((one.latent, one.transform) for one in own))
    follows = plays(state.timeline) or state.recording.preview
    return state.playing and (
        follows
        or any(number_at(state, motion.field) is not None for motion in state.motions)
        or any(_moves(latent, transform) for latent, transform in places)
    )


def _moves(latent: LatentState, transform: TransformState) -> bool:
    return bool(
        (latent.animate and latent.speed != 0)
        or (latent.walk and latent.walk_radius != 0)
        or (transform.orbit and transform.orbit_radius != 0)
        or (transform.spin and transform.spin_period_s != 0)
    )


def advance(state: AppState, seconds: float) -> AppState:
    """Animate the state for `seconds`; the given one stays as it is.

    Parts that do not move are shared between the two.
    """
    if not is_moving(state):
        return state
    networks = [
        network
        if network.own is None
        else replace(
            network,
            own=replace(
                network.own,
                latent=advance_latent(network.own.latent, seconds),
                transform=advance_transform(network.own.transform, seconds),
            ),
        )
        for network in state.networks
    ]
    moved = replace(
        state,
        networks=networks,
        motions=[advance_motion(motion, seconds) for motion in state.motions],
        timeline=advance_timeline(state.timeline, seconds),
        recording=advance_preview(state.recording, seconds),
        latent=advance_latent(state.latent, seconds),
        transform=advance_transform(state.transform, seconds),
    )
    for motion in moved.motions:
        moved = with_number(moved, motion.field, value_of(motion))
    return moved


def advance_preview(recording: RecordingState, seconds: float) -> RecordingState:
    """Move the preview of a recording on by `seconds`; at the end it begins again."""
    if not recording.preview:
        return recording
    moved = seconds * recording.fps / recording.frames
    return replace(recording, position=(recording.position + moved) % 1.0)


def advance_motion(motion: MotionState, seconds: float) -> MotionState:
    """Move an animated control's round on by `seconds`."""
    return replace(motion, phase=(motion.phase + seconds / motion.period_s) % 1.0)


def value_of(motion: MotionState) -> float:
    """Compute the present value of an animated field."""
    share = motion.phase
    if motion.shape == "swing":
        share = 0.5 - 0.5 * math.cos(2 * math.pi * motion.phase)
    return motion.low + (motion.high - motion.low) * share


def phase_at(state: AppState, motion: MotionState) -> float:
    """Find the phase at which an animated field is nearest to its present value, on its way up."""
    value, span = number_at(state, motion.field), motion.high - motion.low
    if value is None or span == 0:
        return 0.0
    share = min(max((value - motion.low) / span, 0.0), 1.0)
    return math.acos(1 - 2 * share) / (2 * math.pi) if motion.shape == "swing" else share % 1.0


def advance_latent(latent: LatentState, seconds: float) -> LatentState:
    """Move the travel over the seed grid and the walk on by `seconds`."""
    x, phase = latent.x, latent.walk_phase
    if latent.animate:
        low, high = limits(latent, "x")
        x = min(max(x + latent.speed * seconds, low), high)
    if latent.walk:
        phase = (phase + seconds / latent.walk_period_s) % 1.0
    return replace(latent, x=x, walk_phase=phase)


def advance_transform(transform: TransformState, seconds: float) -> TransformState:
    """Move the orbit and the spin on by `seconds`."""
    angle, phase = transform.angle_rad, transform.orbit_phase
    if transform.spin and transform.spin_period_s:
        angle += 2 * math.pi * seconds / transform.spin_period_s
        angle = math.remainder(angle, 2 * math.pi)
    if transform.orbit:
        phase = (phase + seconds / transform.orbit_period_s) % 1.0
    return replace(transform, angle_rad=angle, orbit_phase=phase)
