"""Playing and pausing everything that moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common.actions import Action, Chord
from viz.state.animation import is_moving

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState

K = imgui.Key
PLAYING = "playing"
"""Subject of what is told about it."""


def play_or_pause(state: AppState, ctx: PanelContext) -> None:
    """Start every movement that is switched on, or pause all of them."""
    state.playing = not state.playing
    if not state.playing:
        ctx.model.status.show(
            "Paused. Space plays on.", holds=lambda: not state.playing, about=PLAYING
        )
    elif not is_moving(state):
        ctx.model.status.show(
            "Nothing is set to move: switch on Drift, Travel, Orbit, Spin or a path.",
            holds=lambda: not is_moving(ctx.state),
            about=PLAYING,
        )


ACTIONS: tuple[Action, ...] = (
    Action(
        "Play or pause",
        "Play or pause everything that is set to move.",
        play_or_pause,
        keys=(Chord(K.space, "Space"),),
    ),
)
