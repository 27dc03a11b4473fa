"""Favourites: places in latent space that the user keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from viz.protocol.request import LatentPoint
from viz.state.inputs import SEEDS_PER_ROW, Favourite, blended_seeds, seed_at
from viz.state.to_request import blended_classes
from viz.state.to_thumbnails import front_slot

if TYPE_CHECKING:
    from viz.protocol.thumbnails import Thumbnail
    from viz.state.app_state import AppState

MOST_FAVOURITES = 1000


def favourite_here(state: AppState) -> Favourite:
    """Make a favourite of the place of the front network."""
    latent = state.latent_of(front_slot(state))
    return Favourite(
        x=latent.x,
        y=latent.y,
        given=latent.given,
        psi=state.truncation.psi,
        class_from_seed=latent.class_from_seed,
        class_index=latent.class_index,
        other_class=latent.other_class,
        class_blend=latent.class_blend,
        class_weights=list(latent.class_weights),
    )


def favourite_of_seed(state: AppState, seed: int) -> Favourite:
    """Make a favourite of a seed, all else as it is set."""
    y, x = divmod(seed, SEEDS_PER_ROW)
    return replace(favourite_here(state), x=float(x), y=float(y), given=None)


def title(favourite: Favourite) -> str:
    """Return the favourite's name; one without is called after its place."""
    if favourite.name:
        return favourite.name
    if favourite.given is not None:
        return favourite.given.name or favourite.given.words
    near = seed_at(favourite.x, favourite.y)
    on_seed = favourite.x == round(favourite.x) and favourite.y == round(favourite.y)
    return f"{near}" if on_seed else f"near {near}"


def is_same_place(first: Favourite, second: Favourite) -> bool:
    """Return whether two favourites differ in name and truncation at most."""
    return replace(first, name="", psi=1.0) == replace(second, name="", psi=1.0)


def is_kept(state: AppState, place: Favourite) -> bool:
    """Return whether the place is among the favourites, by whatever name."""
    return any(is_same_place(one, place) for one in state.favourites)


def keep_or_drop(state: AppState, place: Favourite) -> bool:
    """Add a place to the favourites, or remove it if it is one of them.

    Returns:
        Whether it is one of them now.
    """
    if is_kept(state, place):
        state.favourites = [one for one in state.favourites if not is_same_place(one, place)]
        return False
    state.favourites = [*state.favourites, place][-MOST_FAVOURITES:]
    return True


def move_to(state: AppState, start: int, gap: int) -> None:
    """Move a favourite into the gap before the one at index `gap`; at the end, their number."""
    order = list(state.favourites)
    moved = order.pop(start)
    order.insert(gap - 1 if gap > start else gap, moved)
    state.favourites = order


def go_to_favourite(state: AppState, place: Favourite) -> None:
    """Stand where a favourite stands, with its truncation and class, and leave the path."""
    latent = state.latent_of(front_slot(state))
    latent.x, latent.y, latent.given = place.x, place.y, place.given
    latent.class_from_seed, latent.class_index = place.class_from_seed, place.class_index
    latent.other_class, latent.class_blend = place.other_class, place.class_blend
    latent.class_weights = list(place.class_weights)
    state.truncation.psi = place.psi
    state.timeline.on = False


def thumbnail_of(like: Thumbnail, place: Favourite) -> Thumbnail:
    """Make the thumbnail of a favourite, otherwise like another one."""
    point = LatentPoint(
        blended_seeds(place.x, place.y), classes=blended_classes(place), given=place.given
    )
    return replace(like, latent=point, psi=place.psi)
