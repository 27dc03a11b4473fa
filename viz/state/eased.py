"""The state with drift, orbits and the playhead eased."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from viz.state.easing import easing_of
from viz.state.timeline import eased_position_s

if TYPE_CHECKING:
    from viz.state.app_state import AppState
    from viz.state.inputs import LatentState, TransformState


def eased(state: AppState) -> AppState:
    """Return the state with drift, orbits and the playhead where the easing has them by now."""
    if state.easing == "steady":
        return state
    networks = [
        network
        if network.own is None
        else replace(
            network,
            own=replace(
                network.own,
                latent=_eased_latent(network.own.latent),
                transform=_eased_transform(network.own.transform),
            ),
        )
        for network in state.networks
    ]
    return replace(
        state,
        easing="steady",
        networks=networks,
        latent=_eased_latent(state.latent),
        transform=_eased_transform(state.transform),
        timeline=replace(state.timeline, position_s=eased_position_s(state)),
    )


def _eased_latent(latent: LatentState) -> LatentState:
    return replace(latent, walk_phase=easing_of(latent.walk_phase, "smooth"))


def _eased_transform(transform: TransformState) -> TransformState:
    return replace(transform, orbit_phase=easing_of(transform.orbit_phase, "smooth"))
