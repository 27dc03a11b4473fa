"""Handles and targets on a picture, and what of it may move."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_PAIRS = 64


@dataclass(frozen=True)
class DragPair:
    """A handle, and the target that it is dragged to: both in pixels from the upper left corner.

    The middle of the first pixel is at (0.5, 0.5). A handle whose target is at the same place
    holds what lies there.
    """

    x: float
    y: float
    to_x: float
    to_y: float


def checked_pairs(pairs: Sequence[DragPair], size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return handles and targets, [N, 2] float64 each, x before y.

    Args:
        pairs: At least one.
        size: Height and width of the picture.

    Raises:
        ValueError: there are none, or too many, or one lies outside the picture.
    """
    height, width = size
    if not pairs:
        raise ValueError("name at least one handle and its target")
    if len(pairs) > MOST_PAIRS:
        raise ValueError(f"at most {MOST_PAIRS} handles can be dragged, got {len(pairs)}")
    for one in pairs:
        for name, x, y in (("handle", one.x, one.y), ("target", one.to_x, one.to_y)):
            inside = math.isfinite(x) and math.isfinite(y) and 0 <= x <= width and 0 <= y <= height
            if not inside:
                raise ValueError(
                    f"the {name} ({x:g}, {y:g}) lies outside the picture of {width} × {height} "
                    "pixels"
                )
    rows = torch.tensor([[one.x, one.y, one.to_x, one.to_y] for one in pairs], dtype=torch.float64)
    return rows[:, :2], rows[:, 2:]


def checked_mask(mask: Tensor | None, size: tuple[int, int]) -> Tensor | None:
    """Return the mask of what may move, [H, W] bool; None where everything may.

    Raises:
        ValueError: it has another size than the picture, or nothing may move.
    """
    if mask is None:
        return None
    if tuple(mask.shape) != tuple(size):
        raise ValueError(f"the mask must be {list(size)}, as the picture, got {list(mask.shape)}")
    free = mask.bool()
    if not free.any():
        raise ValueError("the mask lets nothing move: leave white, or paint, what may")
    return None if free.all() else free
