"""The stage's playback: where the motion is by now, from where it stood when it was last set.

Every state is computed from that one, so what is shown after a time does not depend on the steps
taken: it is what a film that begins there shows at that time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viz.state.animation import TICK_S, advance, is_moving, sets_speeds
from viz.state.paths import put_back, values_of
from viz.state.timeline import length_s

if TYPE_CHECKING:
    from viz.state.app_state import AppState

LATENT = ("x", "animate", "speed", "walk", "walk_phase", "walk_period_s")
TRANSFORM = (
    "angle_rad", "spin", "spin_period_s", "orbit", "orbit_phase", "orbit_period_s",
)  # fmt: skip
MOTION = ("field", "low", "high", "period_s", "phase", "shape")

Standing = dict[str, Any]
"""Fields that decide where the motion goes on, by path."""


class Playback:
    """Moves a state on; whatever a hand has set in between is where it goes on from."""

    def __init__(self) -> None:
        self._began: Standing = {}
        self._left: tuple[Standing, float] | None = None
        self._elapsed_s = 0.0

    @property
    def elapsed_s(self) -> float:
        """Seconds that have been played since the motion was last set."""
        return self._elapsed_s

    def begin_at(self, state: AppState) -> None:
        """Go on from where the state stands, as a film does that begins now."""
        self._began, self._elapsed_s = standing(state), 0.0
        self._left = self._began, length_s(state.timeline)

    def step(self, state: AppState, seconds: float) -> AppState:
        """Return the state `seconds` later; the given one stays as it is."""
        if not is_moving(state):
            return state
        if (standing(state), length_s(state.timeline)) != self._left:
            self.begin_at(state)
        self._elapsed_s += seconds
        start = advance(state, 0.0)  # a copy of all that moves
        put_back(start, self._began)
        moved = advance(start, self._elapsed_s)
        self._left = standing(moved), length_s(moved.timeline)
        if sets_speeds(state) and self._elapsed_s >= TICK_S:
            self._begin_at_last_tick(start)
        return moved

    def _begin_at_last_tick(self, start: AppState) -> None:
        """Forget the ticks before the last one, which would be taken anew in every step."""
        ticks, self._elapsed_s = divmod(self._elapsed_s, TICK_S)
        self._began = standing(advance(start, TICK_S * int(ticks)))


def standing(state: AppState) -> Standing:
    """Collect what decides where a state's motion goes on."""
    own = [f"networks.{index}.own." for index, one in enumerate(state.networks) if one.own]
    paths = [f"{place}latent.{name}" for place in ("", *own) for name in LATENT]
    paths += [f"{place}transform.{name}" for place in ("", *own) for name in TRANSFORM]
    paths += [f"motions.{index}.{name}" for index in range(len(state.motions)) for name in MOTION]
    paths += ["timeline.on", "timeline.position_s", "easing"]
    return values_of(state, paths)
