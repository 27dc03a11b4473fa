"""Thumbnails: small pictures of places in latent space, drawn while the worker rests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from viz.protocol.request import IDENTITY, LatentPoint, LayerChange, LayerEdits

LARGEST_PX = 192
"""Longest side of a thumbnail; larger pictures are shrunk to it."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """Subject of a thumbnail, with all that it depends on: equal ones look alike."""

    source: str
    """The network, as in `Request.networks`."""
    latent: LatentPoint
    transform: tuple[float, ...] = IDENTITY
    """As in `Placement`."""
    psi: float = 1.0
    cutoff: int | None = None
    noise: Literal["const", "none"] = "const"
    edits: LayerEdits = field(default_factory=LayerEdits)
    changes: tuple[LayerChange, ...] = ()
    device: str = "auto"
    variant: int = 0
    """Tells those of one latent apart that are shown at once, each with other edits."""


@dataclass(frozen=True, slots=True)
class ThumbnailsRequest:
    """Thumbnails to draw, the most wanted first; as many as fit into a moment are drawn."""

    wanted: tuple[Thumbnail, ...]
    threads: int = 0
    """CPU threads; 0: the renderer's choice."""


@dataclass(frozen=True, slots=True, eq=False)
class ThumbnailsResult:
    """Thumbnails that were drawn of a request, at least one of them or its error."""

    request: ThumbnailsRequest
    drawn: tuple[tuple[Thumbnail, NDArray[np.uint8]], ...] = ()
    """With their pixels, [height, width, 3]."""
    errors: tuple[tuple[Thumbnail, str], ...] = ()
    """Thumbnails that cannot be drawn, and why in one line."""
