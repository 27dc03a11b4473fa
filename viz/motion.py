"""What moves by itself: the state a moment later, made without changing the one before."""

from __future__ import annotations

import math
from dataclasses import replace

from viz.state import AppState, LatentState, TransformState, limits
from viz.timeline import advance_timeline, plays


def is_moving(state: AppState) -> bool:
    """Whether `advance` would change anything: only then must the app keep drawing."""
    own = [network.own for network in state.networks if network.own is not None]
    places = ((state.latent, state.transform), *((one.latent, one.transform) for one in own))
    follows = plays(state.timeline)
    return state.playing and (
        follows or any(_moves(latent, transform) for latent, transform in places)
    )


def _moves(latent: LatentState, transform: TransformState) -> bool:
    return bool(
        (latent.animate and latent.speed != 0)
        or (latent.walk and latent.walk_radius != 0)
        or (transform.orbit and transform.orbit_radius != 0)
        or (transform.spin and transform.spin_period_s != 0)
    )


def advance(state: AppState, seconds: float) -> AppState:
    """The state after `seconds` of its animations; the given one stays as it is.

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
    return replace(
        state,
        networks=networks,
        timeline=advance_timeline(state.timeline, seconds),
        latent=advance_latent(state.latent, seconds),
        transform=advance_transform(state.transform, seconds),
    )


def advance_latent(latent: LatentState, seconds: float) -> LatentState:
    """The travel over the seed grid and the walk, `seconds` later."""
    x, phase = latent.x, latent.walk_phase
    if latent.animate:
        low, high = limits(latent, "x")
        x = min(max(x + latent.speed * seconds, low), high)
    if latent.walk:
        phase = (phase + seconds / latent.walk_period_s) % 1.0
    return replace(latent, x=x, walk_phase=phase)


def advance_transform(transform: TransformState, seconds: float) -> TransformState:
    """The orbit and the spin, `seconds` later."""
    angle, phase = transform.angle_rad, transform.orbit_phase
    if transform.spin and transform.spin_period_s:
        angle += 2 * math.pi * seconds / transform.spin_period_s
        angle = math.remainder(angle, 2 * math.pi)
    if transform.orbit:
        phase = (phase + seconds / transform.orbit_period_s) % 1.0
    return replace(transform, angle_rad=angle, orbit_phase=phase)
