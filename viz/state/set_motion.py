"""Motions of every network from where it stands, as command lines and older sessions name them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from viz.state.app_state import MotionState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.state.app_state import AppState
    from viz.state.inputs import LatentState, TransformState

ShiftPath = Literal["line", "circle"]


def set_walk(
    state: AppState, period_s: float, *, radius: float = 0.5, waves: int = 3, seed: int = 0
) -> None:
    """Let all networks drift along a closed curve in W; see `LatentState.walk`."""
    for _prefix, latent, _transform in _places(state):
        latent.walk, latent.walk_phase, latent.walk_period_s = True, 0.0, period_s
        latent.walk_radius, latent.walk_waves, latent.walk_seed = radius, waves, seed


def set_shift(
    state: AppState, period_s: float, *, x: float = 0.25, y: float = 0.0, path: ShiftPath = "line"
) -> None:
    """Move all networks' inputs as far as (x, y) and back, along a line or a circle."""
    for prefix, _latent, transform in _places(state):
        if path == "circle":
            transform.orbit, transform.orbit_phase, transform.orbit_period_s = True, 0.0, period_s
            transform.orbit_radius = math.hypot(x, y) / 2
            transform.orbit_angle_rad = math.atan2(x, y)
            continue
        for name, far in (("x", x), ("y", y)):
            if far:
                _animate(
                    state, f"{prefix}transform.{name}", getattr(transform, name), far, period_s
                )


def set_turn(state: AppState, period_s: float, angle_rad: float, *, all_round: bool) -> None:
    """Turn all networks' inputs by an angle and back, or all round in its direction."""
    for prefix, _latent, transform in _places(state):
        field, start = f"{prefix}transform.angle_rad", transform.angle_rad
        if not all_round:
            _animate(state, field, start, angle_rad, period_s)
        elif state.easing == "steady":
            transform.spin = True
            transform.spin_period_s = math.copysign(period_s, angle_rad)
        else:
            _animate(state, field, start, math.copysign(2 * math.pi, angle_rad), period_s)
            state.motions[-1].shape = "loop"


def _animate(state: AppState, field: str, start: float, by: float, period_s: float) -> None:
    motion = MotionState(field, start, start + by, period_s, shape="zigzag")
    state.motions = [one for one in state.motions if one.field != field] + [motion]


def _places(state: AppState) -> Iterator[tuple[str, LatentState, TransformState]]:
    yield "", state.latent, state.transform
    for index, network in enumerate(state.networks):
        if network.own is not None:
            yield f"networks.{index}.own.", network.own.latent, network.own.transform
