"""What two pictures have apart, and a picture with its transform undone; plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viz.state import AppState
from viz.transforms import Matrix, inverted

RIM = 3
"""Pixels that bicubic sampling may look at beyond an edge."""
FROZEN = -1
"""Stands for the frozen picture where a slot is expected."""


@dataclass(frozen=True)
class Cell:
    """One place on the stage."""

    kind: Literal["picture", "difference", "split"]
    slot: int
    other: int = FROZEN
    """For differences and splits: the second network, or FROZEN."""

    @property
    def key(self) -> str:
        """Tells the cells of a stage apart."""
        return f"{self.kind} {self.slot} {self.other}"


def shown_slots(state: AppState) -> list[int]:
    """The slots on the stage: the focused one, or all."""
    count = len(state.networks)
    if 0 <= state.view.focus < count:
        return [state.view.focus]
    return list(range(count))


def compared(state: AppState) -> tuple[int, int]:
    """The two networks that are compared: (slot, slot or FROZEN)."""
    count, other = len(state.networks), state.view.against
    first = state.view.focus if 0 <= state.view.focus < count else 0
    if other == FROZEN or count < 2:
        return first, FROZEN
    if other >= count or other == first:
        other = next(slot for slot in range(count) if slot != first)
    return first, other


def cells_of(state: AppState) -> list[Cell]:
    """What is on the stage, in order."""
    slots, view = shown_slots(state), state.view
    if not slots:
        return []
    first, other = compared(state)
    if view.show == "split" and other != FROZEN:
        return [Cell("split", first, other)]
    pictures = [Cell("picture", slot) for slot in slots]
    if view.show != "difference":
        return pictures
    if other == FROZEN:
        return [*pictures, *(Cell("difference", slot) for slot in slots)]
    pair = sorted((first, other))
    if view.focus >= 0:
        pictures = [Cell("picture", slot) for slot in pair]
    return [*pictures, Cell("difference", pair[0], pair[1])]


def difference_db(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How far two pictures are apart at each pixel.

    Args:
        first, second: [height, width, 4] uint8; where one is transparent nothing is known.

    Returns:
        [height, width] float32: mean square over the colours in dB, 0 dB for black against white;
        minus infinity where they are equal, not-a-number where nothing is known.

    Raises:
        ValueError: the pictures differ in size.
    """
    if first.shape != second.shape:
        sizes = " and ".join(f"{one.shape[1]}²" for one in (first, second))
        raise ValueError(f"pictures of {sizes} cannot be compared pixel by pixel")
    apart = (first[..., :3].astype(np.float32) - second[..., :3]) / 255
    with np.errstate(divide="ignore"):
        level = 10 * np.log10(np.square(apart).mean(-1))
    level[(first[..., 3] < 255) | (second[..., 3] < 255)] = np.nan
    return level.astype(np.float32)


def mean_db(level_db: NDArray[np.float32]) -> float | None:
    """The mean square of a difference, in dB; None where nothing is known or all is equal."""
    known = level_db[~np.isnan(level_db)]
    power = float(np.mean(10 ** (known.astype(np.float64) / 10))) if known.size else 0.0
    return 10 * float(np.log10(power)) if power > 0 else None


def untransformed(
    picture: NDArray[np.uint8], inverse: Matrix, extent: int = 1
) -> NDArray[np.uint8]:
    """A picture with its transform undone, bicubically; what lies beyond its edge is transparent.

    Args:
        picture: [height, width, 4] uint8.
        inverse: The inverse transform that it was drawn with.
        extent: Widths of the trained picture along each side, which the transform counts in.
    """
    height, width = picture.shape[:2]
    a, b, c, d, e, f = inverted(inverse)[:6]
    c, f = c / extent, f / extent
    # From output pixels to input pixels, both counted from the upper left corner.
    matrix = (
        *(a, b * width / height, width * (c + 0.5 - 0.5 * (a + b)) + RIM),
        *(d * height / width, e, height * (f + 0.5 - 0.5 * (d + e)) + RIM),
    )
    size, affine = (width, height), Image.Transform.AFFINE
    # With a rim of its own colours around it, the picture's edge does not fade into nothing.
    colours = Image.fromarray(np.pad(picture, ((RIM, RIM), (RIM, RIM), (0, 0)), mode="edge"))
    inside = Image.fromarray(np.pad(picture[..., 3], RIM))
    pixels = np.array(colours.transform(size, affine, matrix, Image.Resampling.BICUBIC))
    pixels[..., 3] = np.asarray(inside.transform(size, affine, matrix, Image.Resampling.NEAREST))
    pixels[pixels[..., 3] == 0] = 0
    return pixels
