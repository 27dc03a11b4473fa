"""Fits a thin copy of a StyleGAN3 around one picture, from what its layers made of it.

At one place in latent space the channels of a layer are far more alike than over all places, and
they stay so for some way around it. Each layer's map is fitted to what the thin layers before it
really give, so that their errors are made good instead of growing (least squares with a little
weight decay).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from generator.drafts.thin import MARGIN, Reach, Readout, ThinLayers, ThinNetwork, centred
from generator.layers import plan_stylegan3
from ops.doubles import to_double

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.layer_edits import LayerEdit
    from generator.layers import LayerInfo
    from generator.network import Generator

WIDE_RATE, WIDE_SHARE, SHARE = 32, 0.5, 0.25
"""Share of the channels that layers keep, up to that sampling rate and above it."""
LEAST_CHANNELS = 32
POINTS = 2048
"""Samples of each layer that are looked at."""
PIXELS = 1 << 14
"""Pixels from which a read-out is fitted, at most."""
DECAY = 1e-2
"""Weight decay, relative to the mean power of a channel."""


class Samples:
    """A tap (see `SynthesisNetwork.forward`) that keeps a part of what every layer makes."""

    def __init__(self, net: Generator) -> None:
        plan = plan_stylegan3(replace(net.config, margin=MARGIN, margin_across=None))[1:-1]
        whole = net.synthesis.layers[1:-1]
        self._sides = {own.name: info.size[0] for own, info in zip(whole, plan, strict=True)}
        self._random = torch.Generator().manual_seed(0)
        self._places: dict[str, tuple[int, Tensor]] = {}
        self.features: dict[str, Tensor] = {}
        """By layer, [C, points]."""

    def __call__(self, name: str, x: Tensor) -> None:
        """Take a layer's output, [1, C, H, W]."""
        if name not in self._sides:
            return
        # The outer samples of the margin, which thin copies lack, are left out.
        side = min(*x.shape[-2:], self._sides[name])
        middle = centred(x, side)[0].flatten(1)
        chosen = torch.randperm(middle.shape[1], generator=self._random)[:POINTS].to(x.device)
        self._places[name] = side, chosen
        self.features[name] = middle[:, chosen].float()

    def of_thin(self, name: str, x: Tensor) -> Tensor:
        """The same samples of a thin layer's output, [kept, points]."""
        side, chosen = self._places[name]
        return centred(x, side)[0].flatten(1)[:, chosen].float()


class ThinFit:
    """Makes a thin network in small steps.

    Args:
        net: The StyleGAN3 that drew the picture.
        samples: Have watched it being drawn.
        image: The picture, or its middle, [1, colours, n, n].
        ws: What it was drawn from, [1, num_ws, w_dim], as are the next two.
        transform: Inverse transform, [3, 3].
        edits: Edits of layers, by name.
        parts: Those of an earlier fit, whose channels are kept; None: choose channels.
        decay: Weight decay, relative to the mean power of a channel.
    """

    def __init__(
        self,
        net: Generator,
        samples: Samples,
        image: Tensor,
        ws: Tensor,
        *,
        transform: Tensor | None = None,
        edits: Mapping[str, LayerEdit] | None = None,
        parts: ThinLayers | None = None,
        decay: float = DECAY,
    ) -> None:
        self._net, self._samples, self._image, self._ws = net, samples, image, ws
        self._transform, self._edits = transform, edits or {}
        self._parts, self._decay = parts, decay
        self._kept: list[Tensor] = []
        self._reaches: list[Reach] = []
        self._x: Tensor | None = None
        self._random = torch.Generator().manual_seed(0)

    def whole(self) -> ThinNetwork:
        """Take all steps."""
        while (thin := self.step()) is None:
            pass
        return thin

    @torch.inference_mode()
    def step(self) -> ThinNetwork | None:
        """Do the work of one layer; the network when all is done."""
        if self._parts is None:
            self._choose(self._net.synthesis.layers[1 + len(self._kept)])
            if len(self._kept) == len(self._net.synthesis.layers) - 2:
                self._parts = ThinLayers(self._net, self._kept)
            return None
        self._fit_next(self._parts)
        if len(self._reaches) < len(self._parts.layers):
            return None
        self._x = None
        return ThinNetwork(self._parts, self._reaches)

    def _choose(self, layer: LayerInfo) -> None:
        points = self._samples.features[layer.name]
        share = WIDE_SHARE if layer.sampling_rate <= WIDE_RATE else SHARE
        count = min(layer.channels, max(LEAST_CHANNELS, round(share * layer.channels)))
        self._kept.append(chosen_channels(points @ points.t(), count))

    def _fit_next(self, parts: ThinLayers) -> None:
        index, ws = len(self._reaches), self._ws
        name = parts.own[index].name
        x = parts.start(ws[:, 0], self._transform, "fp32") if self._x is None else self._x
        before = self._reaches[-1].spread if self._reaches else None
        x = parts.layers[index](x, ws[:, index + 1], before, self._edits.get(name))
        given, wanted = self._samples.of_thin(name, x), self._samples.features[name]
        spread = _solved(given @ given.t(), given @ wanted.t(), self._decay).t().contiguous()
        self._reaches.append(Reach(spread, self._readout(parts.in_picture(x, index))))
        self._x = x

    def _readout(self, x: Tensor) -> Readout:
        """Fit the colours to features of the whole picture, [1, kept, n, n]."""
        side = round(self._image.shape[-1] * x.shape[-1] / self._net.resolution)
        image = self._image
        if side < image.shape[-1]:
            size = (side, side)
            image = F.interpolate(image, size, mode="bicubic", antialias=True, align_corners=False)
        given, wanted = centred(x, side)[0].flatten(1), image[0].flatten(1)
        if given.shape[1] > PIXELS:
            some = torch.randperm(given.shape[1], generator=self._random)[:PIXELS].to(x.device)
            given, wanted = given[:, some], wanted[:, some]
        mean, colour = given.mean(1), wanted.mean(1)
        given, wanted = given - mean[:, None], wanted - colour[:, None]
        weight = _solved(given @ given.t(), given @ wanted.t(), self._decay).t().contiguous()
        return Readout(weight, colour - weight @ mean)


def _solved(products: Tensor, shared: Tensor, decay: float) -> Tensor:
    """Least squares from the products of features, [n, n], and with their targets, [n, m]."""
    scale = products.diagonal().mean().clamp_min(1e-20)
    eye = torch.eye(len(products), device=products.device)
    regular = to_double(products / scale + decay * eye)
    return torch.linalg.solve(regular, to_double(shared) / to_double(scale)).to(shared)


def chosen_channels(products: Tensor, count: int) -> Tensor:
    """The channels from which the others are predicted best.

    Greedy: each is the one that explains most of what those before it leave (a Cholesky
    factorisation with pivots).

    Args:
        products: [C, C], of the channels with each other.
        count: How many are wanted.

    Returns:
        [count], rising.
    """
    left = products.clone()
    tiny = 1e-7 * left.diagonal().mean().clamp_min(1e-30)
    taken = torch.zeros(len(left), dtype=torch.bool, device=left.device)
    for _ in range(count):
        gains = left.square().sum(0) / left.diagonal().clamp_min(tiny)
        best = int(gains.masked_fill(taken, -1.0).argmax())
        taken[best] = True
        column = left[:, best] / left[best, best].clamp_min(tiny).sqrt()
        left.addr_(column, column, alpha=-1)
    return taken.nonzero()[:, 0]
