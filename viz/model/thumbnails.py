"""Thumbnails that have been drawn, in bounded memory, and those that are wanted next."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from viz.protocol.thumbnails import Thumbnail, ThumbnailsRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from viz.protocol.thumbnails import ThumbnailsResult

    Pixels = NDArray[np.uint8]

LIMIT_BYTES = 64_000_000
BATCH = 8
"""Thumbnails asked for at a time."""

_Spot = tuple[object, ...]
"""What a thumbnail is of, whichever network draws it and however."""


class Thumbnails:
    """The store of thumbnails; those looked at longest ago are forgotten first.

    Args:
        limit_bytes: Of the pixels in all.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.bytes = 0
        self.errors: dict[Thumbnail, str] = {}
        self._pixels: OrderedDict[Thumbnail, Pixels] = OrderedDict()
        self._newest: dict[_Spot, Thumbnail] = {}
        """The thumbnail of each spot that was seen last."""
        self._outdated: set[Thumbnail] = set()
        self._wanted: dict[Thumbnail, None] = {}

    def __len__(self) -> int:
        return len(self._pixels)

    def look_away(self) -> None:
        """Forget what is wanted, before the panels of a frame say it anew."""
        self._wanted = {}

    def get(self, thumbnail: Thumbnail) -> tuple[Pixels, bool] | None:
        """Return a thumbnail's pixels, and have it drawn if it is not there.

        Returns:
            The pixels, and whether they are what was asked for; else they are of the same place
            as it was drawn last, to be shown in the meantime. None: there are neither.
        """
        is_there = thumbnail in self._pixels and thumbnail not in self._outdated
        if is_there:
            self._newest[_spot(thumbnail)] = thumbnail
        elif thumbnail not in self.errors:
            self._wanted[thumbnail] = None
        shown = thumbnail if is_there else self._newest.get(_spot(thumbnail))
        if shown is None or shown not in self._pixels:
            return None
        self._pixels.move_to_end(shown)
        return self._pixels[shown], is_there

    def request(self, threads: int = 0) -> ThumbnailsRequest | None:
        """Choose the thumbnails to draw next of what the last frame showed; None: all are there."""
        wanted = [
            one
            for one in self._wanted
            if one not in self.errors and (one not in self._pixels or one in self._outdated)
        ]
        return ThumbnailsRequest(tuple(wanted[:BATCH]), threads) if wanted else None

    def take(self, result: ThumbnailsResult) -> None:
        """Keep what has been drawn, and forget others where there is no room."""
        self.errors.update(result.errors)
        for thumbnail, pixels in result.drawn:
            self._drop(thumbnail)
            self._pixels[thumbnail] = pixels
            self._newest[_spot(thumbnail)] = thumbnail
            self.bytes += pixels.nbytes
        while self.bytes > self.limit_bytes and self._pixels:
            self._drop(next(iter(self._pixels)))

    def outdate(self) -> None:
        """Have everything drawn anew, as a network's file has changed; until then the old stays."""
        self._outdated = set(self._pixels)
        self.errors.clear()

    def _drop(self, thumbnail: Thumbnail) -> None:
        pixels = self._pixels.pop(thumbnail, None)
        if pixels is None:
            return
        self.bytes -= pixels.nbytes
        self._outdated.discard(thumbnail)
        if self._newest.get(_spot(thumbnail)) == thumbnail:
            del self._newest[_spot(thumbnail)]


def _spot(thumbnail: Thumbnail) -> _Spot:
    latent = thumbnail.latent
    return latent.seeds, latent.walk, latent.given, thumbnail.variant
