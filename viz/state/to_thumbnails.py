"""State → thumbnails: what a place in latent space looks like with all else as it is set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from viz.protocol.request import LatentPoint
from viz.protocol.thumbnails import Thumbnail
from viz.state.inputs import blended_seeds
from viz.state.to_request import blended_classes, direction_steps, layer_changes, layer_edits

if TYPE_CHECKING:
    from viz.state.app_state import AppState


def front_slot(state: AppState) -> int:
    """Return the network whose thumbnails are shown.

    That is the unlocked one whose inputs are set, else the focused one, else the first.
    """
    count = len(state.networks)
    if 0 <= state.view.target < count and state.networks[state.view.target].own is not None:
        return state.view.target
    return state.view.focus if 0 <= state.view.focus < count else 0


def thumbnail_here(state: AppState) -> Thumbnail | None:
    """Make the thumbnail of the front network's place; None without networks.

    Others are made of it with `at`. It shows the picture untransformed and without drift.
    """
    if not state.networks:
        return None
    slot = front_slot(state)
    latent = state.latent_of(slot)
    here = LatentPoint(blended_seeds(latent.x, latent.y), classes=blended_classes(latent))
    return Thumbnail(
        source=state.networks[slot].source,
        latent=here,
        psi=state.truncation.psi,
        cutoff=state.truncation.cutoff,
        noise="none" if latent.noise == "none" else "const",
        edits=layer_edits(state),
        changes=layer_changes(state.networks[slot]),
        device=state.performance.device,
    )


def thumbnail_of_place(state: AppState) -> Thumbnail | None:
    """Make the thumbnail of where the front network stands, also where that is a given latent."""
    here = thumbnail_here(state)
    if here is None:
        return None
    given = state.latent_of(front_slot(state)).given
    return replace(here, latent=replace(here.latent, given=given))


def along_direction(
    state: AppState, like: Thumbnail, index: int, amount: float, variant: int
) -> Thumbnail:
    """Make the thumbnail of a place along one of the directions, all others as they are set.

    Args:
        state: The state; it stays as it is.
        like: The thumbnail of the place.
        index: Which direction.
        amount: How far along it, in deviations.
        variant: Tells it apart from others of the same place.
    """
    directions = list(state.directions)
    directions[index] = replace(directions[index], amount=amount)
    edits = replace(like.edits, steps=direction_steps(directions))
    return replace(like, edits=edits, variant=variant)


def at(like: Thumbnail, x: float, y: float) -> Thumbnail:
    """Make the thumbnail of a place on the seed grid, otherwise like another one."""
    point = LatentPoint(blended_seeds(x, y), classes=like.latent.classes)
    return replace(like, latent=point)
