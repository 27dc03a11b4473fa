"""What sessions of earlier versions hold that later ones have not.

Recordings had a motion of their own, and a preview of it. Now the motion of the stage is recorded;
the motion of such a session is taken over where nothing else is set to move.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from viz.state.animation import moves
from viz.state.app_state import Easing
from viz.state.ranges import ranged
from viz.state.set_motion import ShiftPath, set_shift, set_turn, set_walk

if TYPE_CHECKING:
    from viz.state.app_state import AppState

PREVIEW = ("preview", "position")
MAX_ROUNDS = 100


@dataclass(slots=True)
class FilmMotion:
    """Motion of a recording, in rounds of its whole length."""

    walk: bool = True
    walk_radius: float = ranged(0.5, 0.0, 3.0)
    walk_rounds: int = ranged(1, 1, MAX_ROUNDS)
    walk_waves: int = ranged(3, 1, 8)
    walk_seed: int = ranged(0, 0, 10_000)
    shift: bool = False
    shift_path: ShiftPath = "line"
    shift_x: float = ranged(0.25, -2.0, 2.0)
    shift_y: float = ranged(0.0, -2.0, 2.0)
    shift_rounds: int = ranged(1, 1, MAX_ROUNDS)
    turn: bool = False
    turn_path: Literal["round", "swing"] = "round"
    turn_angle_rad: float = ranged(0.5, -6.3, 6.3)
    turn_rounds: int = ranged(1, 1, MAX_ROUNDS)
    keyframes: bool = False
    easing: Easing = "steady"


def without_film_motion(state: Any) -> tuple[Any, Any]:
    """Return a session's state without what recordings had of their own, and their motion."""
    recording = state.get("recording") if isinstance(state, dict) else None
    if not isinstance(recording, dict):
        return state, None
    kept = {name: one for name, one in recording.items() if name not in ("motion", *PREVIEW)}
    return {**state, "recording": kept}, recording.get("motion")


def take_over(state: AppState, motion: FilmMotion) -> None:
    """Set the motion of an older session's films, paused, if it was chosen and nothing moves."""
    if moves(state) or motion == FilmMotion():
        return
    state.playing, state.easing = False, motion.easing
    whole_s = state.recording.frames / state.recording.fps
    if motion.walk:
        set_walk(
            state,
            whole_s / motion.walk_rounds,
            radius=motion.walk_radius,
            waves=motion.walk_waves,
            seed=motion.walk_seed,
        )
    if motion.shift:
        set_shift(
            state,
            whole_s / motion.shift_rounds,
            x=motion.shift_x,
            y=motion.shift_y,
            path=motion.shift_path,
        )
    if motion.turn:
        all_round = motion.turn_path == "round"
        set_turn(state, whole_s / motion.turn_rounds, motion.turn_angle_rad, all_round=all_round)
    if motion.keyframes:
        state.timeline.on, state.timeline.position_s = True, 0.0
