"""Motion: the state a time later, made without changing the one before.

What moves on the stage and what a recording shows is the same: both ask `advance` where everything
is a number of seconds after it stood somewhere, the stage through `viz.state.playback`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from viz.state.easing import easing_of
from viz.state.paths import number_at, with_number
from viz.state.ranges import limits
from viz.state.timeline import advance_timeline, length_s, plays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.state.app_state import AppState, Easing, MotionState
    from viz.state.inputs import LatentState, TransformState

TICK_S = 1 / 60
"""Step of the time in which an animated control sets the speed of another motion."""
SPEEDS = frozenset({"speed", "walk_period_s", "orbit_period_s", "spin_period_s"})
"""Fields that say how fast something moves."""
LONGEST_ROUND_S = 600.0


def is_moving(state: AppState) -> bool:
    """Return whether `advance` would change anything: only then must the app keep drawing."""
    return state.playing and moves(state)


def moves(state: AppState) -> bool:
    """Return whether anything is set to move, played or paused."""
    return (
        plays(state.timeline)
        or any(number_at(state, motion.field) is not None for motion in state.motions)
        or any(_moves(latent, transform) for latent, transform in _places(state))
    )


def _places(state: AppState) -> list[tuple[LatentState, TransformState]]:
    own = [network.own for network in state.networks if network.own is not None]
    return [(state.latent, state.transform), *((one.latent, one.transform) for one in own)]


def _moves(latent: LatentState, transform: TransformState) -> bool:
    return bool(
        (latent.animate and latent.speed != 0)
        or (latent.walk and latent.walk_radius != 0)
        or (transform.orbit and transform.orbit_radius != 0)
        or (transform.spin and transform.spin_period_s != 0)
    )


def advance(state: AppState, seconds: float) -> AppState:
    """Return the state `seconds` later; the given one stays as it is.

    Parts that do not move are shared between the two.
    """
    if not is_moving(state):
        return state
    if sets_speeds(state):
        whole, seconds = divmod(seconds, TICK_S)
        for _ in range(int(whole)):
            state = _advance(state, TICK_S)
    return _advance(state, seconds)


def sets_speeds(state: AppState) -> bool:
    """Return whether an animated control sets how fast something else moves."""
    return any(motion.field.rpartition(".")[2] in SPEEDS for motion in state.motions)


def _advance(state: AppState, seconds: float) -> AppState:
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
        latent=advance_latent(state.latent, seconds),
        transform=advance_transform(state.transform, seconds),
    )
    for motion in moved.motions:
        moved = with_number(moved, motion.field, value_of(motion, state.easing))
    return moved


def advance_motion(motion: MotionState, seconds: float) -> MotionState:
    """Move an animated control's round on by `seconds`."""
    return replace(motion, phase=(motion.phase + seconds / motion.period_s) % 1.0)


def value_of(motion: MotionState, easing: Easing = "steady") -> float:
    """Compute the present value of an animated field."""
    match motion.shape:
        case "loop":
            share = easing_of(motion.phase, easing)
        case "zigzag" if easing == "steady":
            share = 1 - abs(2 * motion.phase - 1)
        case _:
            share = 0.5 - 0.5 * math.cos(2 * math.pi * motion.phase)
    return motion.low + (motion.high - motion.low) * share


def phase_at(state: AppState, motion: MotionState) -> float:
    """Find the phase at which an animated field is nearest to its present value, on its way up."""
    value, span = number_at(state, motion.field), motion.high - motion.low
    if value is None or span == 0:
        return 0.0
    share = min(max((value - motion.low) / span, 0.0), 1.0)
    if motion.shape == "zigzag":
        return share / 2
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


def round_s(state: AppState) -> float | None:
    """Return the seconds after which everything that moves is first where it was.

    0 where nothing moves; None where something never returns, or only after `LONGEST_ROUND_S`.
    """
    if any(latent.animate and latent.speed for latent, _transform in _places(state)):
        return None
    if sets_speeds(state):
        return None
    periods = [Fraction(one).limit_denominator(1000) for one in _periods(state)]
    if not periods:
        return 0.0
    common = Fraction(
        math.lcm(*(one.numerator for one in periods)),
        math.gcd(*(one.denominator for one in periods)),
    )
    return float(common) if 0 < common <= LONGEST_ROUND_S else None


def _periods(state: AppState) -> Iterator[float]:
    """Yield the seconds that each motion takes for a round."""
    for latent, transform in _places(state):
        if latent.walk and latent.walk_radius:
            yield latent.walk_period_s
        if transform.orbit and transform.orbit_radius:
            yield transform.orbit_period_s
        if transform.spin and transform.spin_period_s:
            yield abs(transform.spin_period_s)
    for motion in state.motions:
        if number_at(state, motion.field) is not None:
            yield motion.period_s
    if plays(state.timeline):
        yield length_s(state.timeline)
