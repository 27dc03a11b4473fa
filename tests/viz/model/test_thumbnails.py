"""Thumbnails: old ones stay until new ones come, and memory is bounded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viz.model.thumbnails import BATCH, Thumbnails
from viz.protocol.request import LatentPoint
from viz.protocol.thumbnails import Thumbnail, ThumbnailsResult


def thumbnail(seed: int, psi: float = 1.0) -> Thumbnail:
    return Thumbnail("a network", LatentPoint(((seed, 1.0),)), psi=psi)


def draw(store: Thumbnails, grey: int, side: int = 4) -> list[Thumbnail]:
    """Answer the next request."""
    request = store.request()
    assert request is not None
    pixels = np.full((side, side, 3), grey, np.uint8)
    store.take(ThumbnailsResult(request, tuple((one, pixels) for one in request.wanted)))
    return list(request.wanted)


def test_what_was_drawn_is_asked_for_once() -> None:
    store = Thumbnails()
    assert store.get(thumbnail(1)) is None
    assert draw(store, 10) == [thumbnail(1)]
    found = store.get(thumbnail(1))
    assert found is not None
    assert found[0][0, 0, 0] == 10
    assert found[1]
    assert store.request() is None


def test_the_old_one_stays_until_the_new_one_is_there() -> None:
    store = Thumbnails()
    store.get(thumbnail(1))
    draw(store, 10)
    store.look_away()
    found = store.get(thumbnail(1, psi=0.5))
    assert found is not None
    assert (found[0][0, 0, 0], found[1]) == (10, False)
    draw(store, 20)
    found = store.get(thumbnail(1, psi=0.5))
    assert found is not None
    assert (found[0][0, 0, 0], found[1]) == (20, True)
    elsewhere = replace(thumbnail(1), source="another")
    found = store.get(elsewhere)
    assert found is not None
    assert (found[0][0, 0, 0], found[1]) == (20, False), "whichever network drew the place last"


def test_a_changed_file_has_everything_drawn_anew() -> None:
    store = Thumbnails()
    store.get(thumbnail(1))
    draw(store, 10)
    store.outdate()
    store.look_away()
    found = store.get(thumbnail(1))
    assert found is not None
    assert not found[1]
    draw(store, 20)
    found = store.get(thumbnail(1))
    assert found is not None
    assert (found[0][0, 0, 0], found[1]) == (20, True)


def test_only_what_the_last_frame_showed_is_drawn_a_few_at_a_time() -> None:
    store = Thumbnails()
    for seed in range(5):
        store.get(thumbnail(seed))
    store.look_away()
    wanted = [thumbnail(seed) for seed in range(20, 20 + 2 * BATCH)]
    for one in wanted:
        store.get(one)
    assert draw(store, 1) == wanted[:BATCH]
    assert draw(store, 1) == wanted[BATCH:]


def test_those_looked_at_longest_ago_are_forgotten() -> None:
    store = Thumbnails(limit_bytes=3 * 48)
    for seed in (1, 2, 3):
        store.look_away()
        store.get(thumbnail(seed))
        draw(store, seed)
    store.get(thumbnail(1))
    store.look_away()
    store.get(thumbnail(4))
    draw(store, 4)
    assert store.bytes == 3 * 48
    there = [seed for seed in (1, 2, 3, 4) if store.get(thumbnail(seed)) is not None]
    assert there == [1, 3, 4]


def test_what_cannot_be_drawn_is_not_asked_for_again_until_a_file_changes() -> None:
    store = Thumbnails()
    store.get(thumbnail(1))
    request = store.request()
    assert request is not None
    store.take(ThumbnailsResult(request, errors=((thumbnail(1), "no such class"),)))
    store.look_away()
    assert store.get(thumbnail(1)) is None
    assert store.request() is None
    store.outdate()
    store.get(thumbnail(1))
    assert store.request() is not None
