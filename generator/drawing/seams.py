"""Measure how well pictures drawn side by side on the network's plane join.

Tiles of the trained size are drawn a whole number of pixels apart, so that no resampling hides
anything, and each overlaps the next. Where the network is equivariant, both draw the same there:
the ratio of peak to difference, in dB, says how well for every border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generator import transforms
from generator.equivariance.comparison import psnr_db
from ops.doubles import to_double

if TYPE_CHECKING:
    from generator.network import Generator

OVERLAP = 1 / 8
"""Width of the overlap in picture widths."""


@dataclass(frozen=True, eq=False)
class Seams:
    """How well the tiles of a grid join, in dB; infinite where there is no difference at all."""

    vertical_db: NDArray[np.float64]
    """[rows, columns - 1]: the border between a tile and its right neighbour."""
    horizontal_db: NDArray[np.float64]
    """[rows - 1, columns]: the border between a tile and the one below."""
    pooled_db: float
    """Over the pixels of all overlaps."""
    overlap_px: int


def overlap_px(resolution: int) -> int:
    """Pixels that neighbouring tiles have in common; the tiles' step is the rest."""
    return max(1, round(resolution * OVERLAP))


@torch.no_grad()
def measure_seams(net: Generator, ws: Tensor, *, rows: int = 3, columns: int = 3) -> Seams:
    """Draw a grid of tiles about the origin and measure their borders; float32 throughout.

    Args:
        net: Any generator; noise inputs, where it has them, stay fixed.
        ws: [1, num_ws, w_dim].
        rows, columns: Tiles of the grid, two at least in all.

    Raises:
        ValueError: `ws` is not one picture's, or the grid has no border.
    """
    if len(ws) != 1:
        raise ValueError(f"seams are those of one picture's plane, got ws of {len(ws)}")
    if rows < 1 or columns < 1 or rows * columns < 2:
        raise ValueError(f"{rows} × {columns} tiles have no border")
    side, shared = net.resolution, overlap_px(net.resolution)
    step = side - shared

    def drawn(row: int, column: int) -> Tensor:
        right = step * column - step * (columns - 1) // 2
        down = step * row - step * (rows - 1) // 2
        there = transforms.translation(-right / side, -down / side)
        image: Tensor = net.synthesis(ws, transform=there, canvas=(side, side))
        return image[0]

    tiles = [[drawn(row, column) for column in range(columns)] for row in range(rows)]
    vertical = [
        [squared_error(*right_overlap(tiles[row][at], tiles[row][at + 1], shared))
         for at in range(columns - 1)] for row in range(rows)
    ]  # fmt: skip
    horizontal = [
        [squared_error(*lower_overlap(tiles[at][column], tiles[at + 1][column], shared))
         for column in range(columns)] for at in range(rows - 1)
    ]  # fmt: skip
    values = net.img_channels * shared * side
    every = [error for line in vertical + horizontal for error in line]
    return Seams(
        _decibels(vertical, values, (rows, columns - 1)),
        _decibels(horizontal, values, (rows - 1, columns)),
        psnr_db(sum(every), values * len(every)),
        shared,
    )


def right_overlap(tile: Tensor, right: Tensor, shared: int) -> tuple[Tensor, Tensor]:
    """Return what a tile [..., H, W] and its right neighbour both drew, [..., H, shared] each."""
    return tile[..., -shared:], right[..., :shared]


def lower_overlap(tile: Tensor, below: Tensor, shared: int) -> tuple[Tensor, Tensor]:
    """Return what a tile [..., H, W] and the one below both drew, [..., shared, W] each."""
    return tile[..., -shared:, :], below[..., :shared, :]


def squared_error(first: Tensor, second: Tensor) -> float:
    """Summed squared difference of two drawings of one place."""
    return float(to_double(first - second).square().sum())


def _decibels(
    errors: list[list[float]], values: int, shape: tuple[int, int]
) -> NDArray[np.float64]:
    levels = [psnr_db(error, values) for line in errors for error in line]
    return np.array(levels, np.float64).reshape(shape)
