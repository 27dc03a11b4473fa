"""Pictures of the gallery that were marked, for a direction to be learned from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from viz.state.to_thumbnails import front_slot

if TYPE_CHECKING:
    from viz.state.app_state import AppState

Mark = Literal["more", "less"]
LEAST_OF_EACH = 2
"""Fewest pictures with more and with less that a direction can be learned from."""


def mark_of(state: AppState, seed: int) -> Mark | None:
    """Return how a seed is marked for the front network; None if it is not."""
    if not _are_its_own(state):
        return None
    gallery = state.gallery
    return "more" if seed in gallery.more else "less" if seed in gallery.less else None


def toggle_mark(state: AppState, seed: int, mark: Mark) -> None:
    """Mark a seed, or take its mark off if it has this one.

    Marks of another network's pictures are given up: its seeds look otherwise.
    """
    before = mark_of(state, seed)
    if not _are_its_own(state):
        clear_marks(state)
    gallery = state.gallery
    gallery.marked_source = state.networks[front_slot(state)].source
    gallery.more = [one for one in gallery.more if one != seed]
    gallery.less = [one for one in gallery.less if one != seed]
    if before != mark:
        (gallery.more if mark == "more" else gallery.less).append(seed)


def clear_marks(state: AppState) -> None:
    """Take all marks off."""
    state.gallery.more, state.gallery.less = [], []


def marked(state: AppState) -> tuple[int, int]:
    """Count the pictures of the front network with more and with less."""
    gallery = state.gallery
    return (len(gallery.more), len(gallery.less)) if _are_its_own(state) else (0, 0)


def _are_its_own(state: AppState) -> bool:
    slot = front_slot(state)
    return slot < len(state.networks) and state.networks[slot].source == state.gallery.marked_source
