"""Pictures compared and with their transform undone; plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

from viz.protocol.transforms import Matrix, inverted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.state.app_state import AppState

RIM = 3
"""Pixels that bicubic sampling may look at beyond an edge."""
FROZEN = -1
"""Stands for the frozen picture where a slot is expected."""


@dataclass(frozen=True)
class Cell:
    """One place on the stage."""

    kind: Literal["picture", "difference", "split", "atlas"]
    slot: int
    other: int = FROZEN
    """For differences and splits: the second network, or FROZEN."""

    @property
    def key(self) -> str:
        """Tells the cells of a stage apart."""
        return f"{self.kind} {self.slot} {self.other}"


def shown_slots(state: AppState) -> list[int]:
    """Return the slots on the stage: the focused one, or all."""
    count = len(state.networks)
    if 0 <= state.view.focus < count:
        return [state.view.focus]
    return list(range(count))


def compared(state: AppState) -> tuple[int, int]:
    """Return the two networks that are compared: (slot, slot or FROZEN)."""
    count, other = len(state.networks), state.view.against
    first = state.view.focus if 0 <= state.view.focus < count else 0
    if other == FROZEN or count < 2:
        return first, FROZEN
    if other >= count or other == first:
        other = next(slot for slot in range(count) if slot != first)
    return first, other


def cells_of(state: AppState) -> list[Cell]:
    """List what is on the stage, in order."""
    slots, view = shown_slots(state), state.view
    if not slots:
        return []
    first, other = compared(state)
    if view.show == "split" and other != FROZEN:
        return [Cell("split", first, other)]
    if view.show == "atlas":
        return [Cell("atlas", slot) for slot in slots]
    pictures = [Cell("picture", slot) for slot in slots]
    if view.show != "difference":
        return pictures
    if other == FROZEN:
        return [*pictures, *(Cell("difference", slot) for slot in slots)]
    pair = sorted((first, other))
    if view.focus >= 0:
        pictures = [Cell("picture", slot) for slot in pair]
    return [*pictures, Cell("difference", pair[0], pair[1])]


def untransformed(
    picture: NDArray[np.uint8], inverse: Matrix, unit_px: float | None = None
) -> NDArray[np.uint8]:
    """Undo a picture's transform, bicubically; what lies beyond its edge is transparent.

    Args:
        picture: [height, width, 4] uint8.
        inverse: The inverse transform that it was drawn with.
        unit_px: Pixels of the length that the transform counts in; None: the picture's width.
    """
    height, width = picture.shape[:2]
    unit = width if unit_px is None else unit_px
    a, b, c, d, e, f = inverted(inverse)[:6]
    # From output pixels to input pixels, both counted from the upper left corner.
    x, y = width / 2, height / 2
    matrix = (a, b, c * unit + x - a * x - b * y + RIM, d, e, f * unit + y - d * x - e * y + RIM)
    size, affine = (width, height), Image.Transform.AFFINE
    # With a rim of its own colours around it, the picture's edge does not fade into nothing.
    colours = Image.fromarray(np.pad(picture, ((RIM, RIM), (RIM, RIM), (0, 0)), mode="edge"))
    inside = Image.fromarray(np.pad(picture[..., 3], RIM))
    pixels = np.array(colours.transform(size, affine, matrix, Image.Resampling.BICUBIC))
    pixels[..., 3] = np.asarray(inside.transform(size, affine, matrix, Image.Resampling.NEAREST))
    pixels[pixels[..., 3] == 0] = 0
    return pixels
