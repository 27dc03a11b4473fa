"""Pictures of another size than the trained one: what sizes there are, and what they cost.

A network computes its layers at fixed rates, samples per picture width, and keeps a fixed margin
around them. A canvas keeps rates and margins and takes more (or fewer) samples of each layer, so
that each must be a whole number: that gives the step between possible sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING

import torch

import ops
from generator.layers import LayerInfo
from systems.machine import free_memory_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Canvas:
    """A size in pixels to draw, of a network with these layers."""

    layers: tuple[LayerInfo, ...]
    resolution: int
    height: int
    width: int

    @staticmethod
    def of(layers: Sequence[LayerInfo], resolution: int, size: Sequence[int]) -> Canvas:
        """The canvas of a height and a width in pixels.

        Raises:
            ValueError: they are not two positive multiples of the network's step.
        """
        step = canvas_step(layers, resolution)
        try:
            height, width = (index(length) for length in size)
        except (TypeError, ValueError):
            raise ValueError(f"canvas must be height and width in pixels, got {size!r}") from None
        if min(height, width) < step or height % step or width % step:
            nearest = " × ".join(
                str(max(1, round(length / step)) * step) for length in (height, width)
            )
            raise ValueError(
                f"the canvas of this network must be multiples of {step} pixels, got "
                f"{height} × {width}; the nearest is {nearest}"
            )
        return Canvas(tuple(layers), resolution, height, width)

    @property
    def is_trained_size(self) -> bool:
        """True for the size that the network was trained for."""
        return (self.height, self.width) == self.layers[-1].size

    def samples(self, layer: LayerInfo) -> tuple[int, int]:
        """Height and width of a layer's output, margins included."""
        return self._grown(layer.size, layer.sampling_rate)

    def needed_bytes(self, batch: int, dtype: torch.dtype, device: torch.device) -> int:
        """Least memory that drawing takes besides the network: the largest layer's.

        Its input, what the convolution makes of it, and its output, at the same time; without
        native kernels also the upsampled image.
        """
        reference = ops.missing_kernels(device.type) is not None
        return max(
            batch * dtype.itemsize * self._layer_values(layer, reference) for layer in self.layers
        )

    def check_memory(self, batch: int, dtype: torch.dtype, device: torch.device) -> None:
        """Raise ValueError where the device has not the memory for it, as far as that is known."""
        needed, free = self.needed_bytes(batch, dtype, device), free_bytes(device)
        if free is not None and needed > free:
            raise ValueError(
                f"a canvas of {self.height} × {self.width} pixels needs at least "
                f"{needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free; draw it in "
                "tiles (generator.drawing.poster, or `python -m generator images --canvas`)"
            )

    def _layer_values(self, layer: LayerInfo, reference: bool) -> int:
        height, width = self._grown(layer.in_size, layer.in_sampling_rate)
        convolved = (height + layer.kernel) * (width + layer.kernel)
        out_height, out_width = self.samples(layer)
        values = layer.in_channels * height * width + layer.channels * out_height * out_width
        values += layer.channels * convolved
        if reference:
            values += layer.channels * convolved * layer.up**2
        return values

    def _grown(self, size: tuple[int, int], rate: float) -> tuple[int, int]:
        trained_height, trained_width = self.layers[-1].size
        height, width = size
        return (
            height + round((self.height - trained_height) * rate / self.resolution),
            width + round((self.width - trained_width) * rate / self.resolution),
        )


def canvas_step(layers: Sequence[LayerInfo], resolution: int) -> int:
    """Heights and widths of canvases are multiples of so many pixels."""
    return max(1, round(resolution / min(layer.sampling_rate for layer in layers)))


def free_bytes(device: torch.device) -> int | None:
    """Memory that could be had on a device now; None where nobody says."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return free_memory_bytes()
