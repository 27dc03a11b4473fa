"""The maps of one layer, and what they hold at places of the picture."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.layer_edits import LayerEdit
    from generator.layers import LayerInfo
    from generator.network import Generator

LEAST_RATE = 64
"""Sampling rate, in samples per picture, below which no layer of a larger picture is looked at."""


class _DrawnFarEnoughError(Exception):
    """The layer that was asked for is drawn."""


class LayerMaps:
    """The maps of one layer, drawn no further than that.

    Args:
        net: The network.
        layer: Name of the layer; empty: chosen.
        transform: Inverse transform of the picture, as for `synthesis`.
        edits: What single layers do differently.

    Raises:
        ValueError: there is no such layer.
    """

    def __init__(
        self,
        net: Generator,
        layer: str = "",
        transform: Tensor | None = None,
        edits: Mapping[str, LayerEdit] | None = None,
    ) -> None:
        self._net, self._transform, self._edits = net, transform, edits
        self.layer = chosen_layer(net, layer)
        self.sample_px = net.resolution / self.layer.sampling_rate
        """Distance of two samples in pixels of the picture."""
        layers = [one for one in net.synthesis.layers if not one.to_rgb]
        before = layers[: layers.index(self.layer)]
        # StyleGAN2's constant takes no w; the input of StyleGAN3 does.
        self.num_ws = len(before) + (net.kind != "stylegan2")
        """So many first ws go into these maps."""

    def __call__(self, ws: Tensor) -> Tensor:
        """[1, C, h, w] from ws [1, num_ws, w_dim]."""
        found: list[Tensor] = []

        def tap(name: str, x: Tensor) -> None:
            if name == self.layer.name:
                found.append(x)
                raise _DrawnFarEnoughError

        with contextlib.suppress(_DrawnFarEnoughError):
            self._net.synthesis(ws, transform=self._transform, edits=self._edits, taps=tap)
        return found[0]

    def at(self, maps: Tensor, places: Tensor) -> Tensor:
        """Interpolate maps linearly at places of the picture: [..., C].

        Args:
            maps: [1, C, h, w].
            places: [..., 2] in pixels, x before y; beyond the maps their rim goes on.
        """
        high, wide = maps.shape[2:]
        height, width = self._net.size
        middle = places.new_tensor([width / 2, height / 2])
        # From the middle in samples, then from -1 to 1 across the maps, margins included.
        grid = (places - middle) / self.sample_px * (2 / places.new_tensor([wide, high]))
        values = F.grid_sample(
            maps, grid.view(1, 1, -1, 2).to(maps), padding_mode="border", align_corners=False
        )
        return values[0, :, 0].T.reshape(*places.shape[:-1], maps.shape[1])

    def held(self, mask: Tensor) -> Tensor:
        """The samples that lie in the picture where a mask [H, W] is False: [h, w] bool."""
        (high, wide), (height, width) = self.layer.size, self._net.size
        rows, columns = self._pixels(high, height), self._pixels(wide, width)
        inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
        free = mask.cpu()[rows.clamp(0, height - 1)][:, columns.clamp(0, width - 1)]
        return (inside & ~free).to(mask.device)

    def _pixels(self, samples: int, pixels: int) -> Tensor:
        """Pixels of the picture that samples across its middle lie in, [samples]."""
        places = (torch.arange(samples) + 0.5 - samples / 2) * self.sample_px + pixels / 2
        return places.floor().long()


def chosen_layer(net: Generator, name: str = "") -> LayerInfo:
    """The layer whose maps are looked at: the first that tells places well enough apart.

    Raises:
        ValueError: there is no layer of this name.
    """
    layers = [one for one in net.synthesis.layers if one.kernel and not one.to_rgb]
    if name:
        found = next((one for one in layers if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in layers)
            raise ValueError(f"no layer {name!r:.40}; there are {known}")
        return found
    rate = min(net.resolution, max(LEAST_RATE, net.resolution // 4))
    return next(one for one in layers if one.sampling_rate >= rate)


def disc(radius: float, step: float = 1.0) -> Tensor:
    """Places on a square grid around the origin, no farther than a radius: [N, 2] float64."""
    count = int(radius / step)
    line = torch.arange(-count, count + 1, dtype=torch.float64) * step
    places = torch.cartesian_prod(line, line)
    return places[torch.linalg.vector_norm(places, dim=1) <= radius + 1e-9]
