"""Pictures of any size, drawn row of tiles by row of tiles, in as much memory as one tile takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator.canvas import Canvas
from generator.network import Generator, to_uint8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from generator.layer_edits import LayerEdit
    from generator.synthesis import Noise, Precision

TILE_BYTES = 128_000_000
"""A tile's largest layer takes about so much at most."""
OVERLAP = 1 / 8
"""Drawn beyond each edge of a tile and cropped, in picture widths: there the margins end."""
LARGEST_SIDE = 1_000_000
"""Pixels along one side of a poster."""


@dataclass(frozen=True)
class Tile:
    """A part of a poster, in its pixels."""

    top: int
    left: int
    height: int
    width: int


class Poster:
    """A picture of any size about the origin of the plane that a network draws.

    Args:
        net: The network.
        ws: [1, num_ws, w_dim].
        size: Height and width in pixels, any.
        transform: Inverse transform of the plane, [3, 3], in widths of the trained picture.
        noise, precision, edits: As for `net.synthesis`.
        tile_bytes: About how much memory the largest layer of a tile may take.

    Raises:
        ValueError: the size is no size, or `ws` is not one picture's.
    """

    def __init__(
        self,
        net: Generator,
        ws: Tensor,
        size: tuple[int, int],
        *,
        transform: Tensor | None = None,
        noise: Noise = "const",
        precision: Precision = "fp32",
        edits: Mapping[str, LayerEdit] | None = None,
        tile_bytes: int = TILE_BYTES,
    ) -> None:
        if len(ws) != 1:
            raise ValueError(f"a poster is one picture, got ws of {len(ws)}")
        if not all(1 <= length <= LARGEST_SIDE for length in size):
            raise ValueError(
                f"a poster has 1 to {LARGEST_SIDE:,} pixels a side, got {size[0]} × {size[1]}"
            )
        self.net, self.ws = net, ws
        self.height, self.width = size
        self._transform = torch.eye(3).double() if transform is None else transform.cpu().double()
        self._noise: Noise = noise
        self._precision: Precision = precision
        self._edits = edits
        step = net.synthesis.canvas_step
        self._step = step
        self.overlap = _up_to_step(OVERLAP * net.resolution, step)
        # Whole multiples of the step between tiles keep every layer's samples in their places.
        self.side = self._tile_side(tile_bytes)
        if self.side >= max(size):
            self.overlap = 0  # one pass, and exactly what `net.synthesis` draws

    def tiles(self) -> list[list[Tile]]:
        """The tiles of every row, from the top."""
        return [
            [
                Tile(
                    top, left, min(self.side, self.height - top), min(self.side, self.width - left)
                )
                for left in range(0, self.width, self.side)
            ]
            for top in range(0, self.height, self.side)
        ]

    def draw(self, tile: Tile) -> Tensor:
        """One tile's pixels, [height, width, channels] uint8, on the CPU."""
        step, rim = self._step, self.overlap
        height = _up_to_step(tile.height, step) + 2 * rim
        width = _up_to_step(tile.width, step) + 2 * rim
        # From the poster's centre to the canvas's, in picture widths.
        right = tile.left - rim + width / 2 - self.width // 2
        down = tile.top - rim + height / 2 - self.height // 2
        there = torch.eye(3, dtype=torch.float64)
        there[0, 2], there[1, 2] = right / self.net.resolution, down / self.net.resolution
        with torch.inference_mode():
            image = self.net.synthesis(
                self.ws,
                transform=self._transform @ there,
                canvas=(height, width),
                noise=self._noise,
                precision=self._precision,
                edits=self._edits,
            )
            image = image[0, :, rim : rim + tile.height, rim : rim + tile.width]
            return to_uint8(image).permute(1, 2, 0).cpu()

    def strips(self, progress: Callable[[int, int], None] | None = None) -> Iterator[Tensor]:
        """Row of tiles after row of tiles from the top, [height, width, channels] uint8.

        Args:
            progress: Called after each tile with the tiles done and the tiles in all.
        """
        rows = self.tiles()
        done, total = 0, sum(len(row) for row in rows)
        for row in rows:
            size = row[0].height, self.width, self.net.img_channels
            strip = torch.empty(size, dtype=torch.uint8)
            for tile in row:
                strip[:, tile.left : tile.left + tile.width] = self.draw(tile)
                done += 1
                if progress is not None:
                    progress(done, total)
            yield strip

    def _tile_side(self, tile_bytes: int) -> int:
        """The largest side that keeps within the memory, less the overlaps."""
        net = self.net
        weights = next(net.parameters())
        dtype = torch.bfloat16 if self._precision == "bf16" else weights.dtype
        side = 4 * self._step
        while side < max(self.height, self.width):
            wider = 2 * side + 2 * self.overlap
            canvas = Canvas.of(net.synthesis.layers, net.resolution, (wider, wider))
            if canvas.needed_bytes(1, dtype, weights.device) > tile_bytes:
                break
            side *= 2
        return side


def parse_size(text: str) -> tuple[int, int]:
    """Height and width of a text such as `1024x4096`.

    Raises:
        ValueError: the text is nothing of the kind.
    """
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
        raise ValueError(f"a canvas looks like 1024x4096, height by width, got {text!r}")
    return int(parts[0]), int(parts[1])


def _up_to_step(length: float, step: int) -> int:
    return -int(-length // step) * step
