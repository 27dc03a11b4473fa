"""What changes the planes of the atlas by itself, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.state.animation import is_moving
from viz.state.timeline import plays

if TYPE_CHECKING:
    from viz.state.app_state import AppState


def playing_names(state: AppState) -> list[str]:
    """Name what is playing, as the panels call it; empty if nothing is."""
    if not is_moving(state):
        return []
    own = [network.own for network in state.networks if network.own is not None]
    latents = [state.latent, *(one.latent for one in own)]
    transforms = [state.transform, *(one.transform for one in own)]
    parts = {
        "Drift": any(one.walk and one.walk_radius for one in latents),
        "Travel": any(one.animate and one.speed for one in latents),
        "the timeline": plays(state.timeline),
        "Orbit": any(one.orbit and one.orbit_radius for one in transforms),
        "Spin": any(one.spin for one in transforms),
        "an animated control": bool(state.motions),
    }
    return [name for name, on in parts.items() if on]


def on_entering(state: AppState) -> str:
    """Say what plays, and what that means for the map; empty if nothing does."""
    names = playing_names(state)
    if not names:
        return ""
    *most, last = names
    told = f"{', '.join(most)} and {last}" if most else last
    verb = "plays" if len(names) == 1 else "play"
    return (
        f"{told[0].upper()}{told[1:]} {verb}: the picture in the frame moves at once, the map "
        "around it whenever a new one is drawn. Space pauses."
    )
