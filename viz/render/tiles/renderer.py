"""Tiles of the atlas: drawn in full, or estimated from an early layer.

An estimate runs only the first part of a network, at half the picture's rate, for several tiles at
once. A linear map from that layer's channels to colours, fitted to the tiles already drawn in full
(ridge regression, kept up to date), makes a blurred picture of it in a fraction of the time.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from generator import Generator, LayerInfo, to_uint8
from generator.drawing.seams import lower_overlap, right_overlap, squared_error
from ops.doubles import device_of_doubles
from viz.protocol.tiles import (
    COARSE,
    FINE,
    Border,
    DrawnTile,
    Grid,
    Plane,
    Seam,
    TileId,
    TilesRequest,
    TilesResult,
)
from viz.protocol.transforms import inverse_of
from viz.render import devices
from viz.render.errors import one_line
from viz.render.feature_maps import rgba
from viz.render.layer_edits import layer_edits
from viz.render.networks import LoadedNetwork, NetworkStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.render.tiles.disk_cache import TileFiles

    _Overlap = Callable[[dict[str, Tensor]], tuple[Tensor, Tensor]]

log = logging.getLogger(__name__)

MOMENT_S = 0.04
"""Time after which a request is answered with the tiles drawn by then."""
REMEMBERED_PLANES = 8
RIM_BYTES = 64_000_000
"""Edges of tiles that are kept, to be compared with neighbours."""
FITTED_PIXELS = 1024
"""Most pixels of each tile that are fitted to."""
RIDGE = 1e-3


class _StopError(Exception):
    """The layer that was wanted has been drawn; the rest is not."""


@dataclass
class _Estimator:
    """A linear map from a layer's channels, and a constant, to colours."""

    gram: Tensor
    """Sum of x xᵀ over the pixels fitted to, [C + 1, C + 1] float64."""
    moments: Tensor
    """Sum of x yᵀ, [C + 1, channels of the picture]."""
    lowest: Tensor
    highest: Tensor
    """The range of each channel among the pixels fitted to, [channels]: no estimate leaves it."""
    weights: Tensor | None = None

    @staticmethod
    def of(channels: int, colours: int, device: torch.device) -> _Estimator:
        precise = device_of_doubles(device)
        gram = torch.zeros(channels + 1, channels + 1, dtype=torch.float64, device=precise)
        ends = torch.full((colours,), torch.inf, device=device)
        return _Estimator(gram, gram.new_zeros(channels + 1, colours), ends, -ends)

    def learn(self, features: Tensor, colours: Tensor) -> None:
        """Fit to pixels [n, C] and their colours [n, channels] as well."""
        step = -(-len(features) // FITTED_PIXELS)
        x = functional.pad(features[::step], (0, 1), value=1.0).to(self.gram)
        self.gram += x.T @ x
        self.moments += x.T @ colours[::step].to(self.gram)
        self.lowest = torch.minimum(self.lowest, colours.amin(0))
        self.highest = torch.maximum(self.highest, colours.amax(0))
        self.weights = None

    def colours(self, features: Tensor) -> Tensor:
        """[n, channels of the picture] for [n, C]."""
        if self.weights is None:
            ridge = RIDGE * self.gram.diagonal().mean().clamp_min(1e-12)
            regular = self.gram + ridge * torch.eye(len(self.gram)).to(self.gram)
            self.weights = torch.linalg.solve(regular, self.moments).to(features)
        estimated = features @ self.weights[:-1] + self.weights[-1]
        return torch.clamp(estimated, self.lowest, self.highest)


@dataclass
class _Drawer:
    """Draws the tiles of one plane."""

    loaded: LoadedNetwork
    plane: Plane
    grid: Grid
    ws: Tensor
    layer: LayerInfo | None
    """Layer that estimates are made from; None: no layer is slow enough."""
    estimator: _Estimator | None = None
    rims: OrderedDict[TileId, dict[str, Tensor]] = field(default_factory=OrderedDict)
    """Pixels of each tile along its edges, by edge."""

    @property
    def rim_bytes(self) -> int:
        """Memory that one tile's rims take."""
        return 4 * self.loaded.net.img_channels * 4 * self.grid.overlap_px * self.grid.drawn_px

    def draw(self, tile: TileId) -> DrawnTile:
        """One tile of either level."""
        if tile.level == COARSE:
            return DrawnTile(self.plane, tile, rgba(to_uint8(self._estimated(tile))))
        image, features = self._synthesise(tile)
        if self.layer is not None and features is not None:
            self._learn(self.layer, features, image)
        return DrawnTile(self.plane, tile, rgba(to_uint8(image)), self._seams(tile, image[0]))

    def _synthesise(self, tile: TileId, *, stop: bool = False) -> tuple[Tensor, Tensor | None]:
        """The tile's picture with its rim, and the layer that estimates are made from."""
        net, grid = self.loaded.net, self.grid
        step = net.synthesis.canvas_step
        side = grid.step_px * grid.span(tile.level) + grid.overlap_px
        side = -(-side // step) * step
        seen: list[Tensor] = []

        def tap(name: str, x: Tensor) -> None:
            if self.layer is not None and name == self.layer.name:
                seen.append(x)
                if stop:
                    raise _StopError

        image = self.ws.new_empty(0)
        with suppress(_StopError):
            image = net.synthesis(
                self.ws,
                transform=self._transform(tile),
                canvas=(side, side),
                noise=self.plane.noise,
                precision=self.plane.precision,
                taps=tap,
                edits=layer_edits(net, self.plane.changes),
            ).float()
        return image, seen[0].float() if seen else None

    def _transform(self, tile: TileId) -> Tensor:
        grid = self.grid
        step = grid.step_px * grid.span(tile.level)
        right, down = ((at + 0.5) * step / grid.resolution for at in (tile.column, tile.row))
        angle = self.plane.angle_rad
        turn = inverse_of(shift=(0.0, 0.0), angle_rad=angle, shear=0.0, scale=1.0)
        # Far from the origin float32 would round a place to other than whole pixels.
        there = torch.tensor([[1, 0, right], [0, 1, down], [0, 0, 1]], dtype=torch.float64)
        return torch.tensor(turn, dtype=torch.float64).view(3, 3) @ there

    def _inside(self, layer: LayerInfo, features: Tensor, tile: TileId) -> Tensor:
        """Crop a layer's output to the tile, without margins and rim: [C, h, w]."""
        grid = self.grid
        rate = layer.sampling_rate / grid.resolution
        count = round(grid.step_px * grid.span(tile.level) * rate)
        rim = (features.shape[-1] - count) // 2
        return features[0, :, rim : rim + count, rim : rim + count]

    def _learn(self, layer: LayerInfo, features: Tensor, image: Tensor) -> None:
        inside = self._inside(layer, features, TileId(0, 0, 0))
        rim = self.grid.overlap_px // 2
        size = (inside.shape[1], inside.shape[2])
        colours = functional.adaptive_avg_pool2d(image[0, :, rim:-rim, rim:-rim], size)
        if self.estimator is None:
            self.estimator = _Estimator.of(len(inside), image.shape[1], image.device)
        self.estimator.learn(inside.flatten(1).T, colours.flatten(1).T)

    def _estimated(self, tile: TileId) -> Tensor:
        """[1, channels, step_px, step_px], smooth."""
        side = (self.grid.step_px, self.grid.step_px)
        if self.layer is None:
            image, _ = self._synthesise(tile)
            return functional.adaptive_avg_pool2d(image, side)
        if self.estimator is None:  # nothing has been learnt here yet
            span = self.grid.coarse_span
            self.draw(TileId(FINE, tile.column * span, tile.row * span))
        _, features = self._synthesise(tile, stop=True)
        if features is None or self.estimator is None:
            raise AssertionError("the layer is tapped, and has been learnt from")
        inside = self._inside(self.layer, features, tile)
        colours = self.estimator.colours(inside.flatten(1).T).T
        return functional.interpolate(
            colours.view(1, -1, *inside.shape[1:]), size=side, mode="bilinear", antialias=True
        )

    def _seams(self, tile: TileId, image: Tensor) -> tuple[Seam, ...]:
        """Compare the tile's overlaps [C, H, W] with those of the neighbours drawn before."""
        shared = self.grid.overlap_px
        _, column, row = tile
        left, right = TileId(0, column - 1, row), TileId(0, column + 1, row)
        above, below = TileId(0, column, row - 1), TileId(0, column, row + 1)
        pairs: tuple[tuple[TileId, Border, TileId, _Overlap], ...] = (
            (left, "right", left, lambda rims: right_overlap(rims["right"], image, shared)),
            (tile, "right", right, lambda rims: right_overlap(image, rims["left"], shared)),
            (above, "below", above, lambda rims: lower_overlap(rims["lower"], image, shared)),
            (tile, "below", below, lambda rims: lower_overlap(image, rims["upper"], shared)),
        )
        found = []
        for owner, border, neighbour, overlap in pairs:
            rims = self.rims.get(neighbour)
            if rims is not None:
                first, second = overlap(rims)
                error = squared_error(first, second)
                found.append(Seam(owner, border, error, first.numel()))
        self.rims[tile] = {
            "left": image[..., :shared].clone(),
            "right": image[..., -shared:].clone(),
            "upper": image[..., :shared, :].clone(),
            "lower": image[..., -shared:, :].clone(),
        }
        while len(self.rims) * self.rim_bytes > RIM_BYTES / REMEMBERED_PLANES:
            self.rims.popitem(last=False)
        return tuple(found)


class TileRenderer:
    """Draws tiles of planes, and remembers what it has learnt of the last few.

    Args:
        networks: The networks at hand.
        files: Where tiles are kept on disk, if that is asked for.
    """

    def __init__(self, networks: NetworkStore, files: TileFiles | None = None) -> None:
        self._networks = networks
        self._files = files
        self._drawers: OrderedDict[tuple[Plane, Grid], _Drawer] = OrderedDict()

    @torch.inference_mode()
    def render(
        self, request: TilesRequest, interrupted: Callable[[], bool] = lambda: False
    ) -> TilesResult:
        """As many of the wanted tiles, in their order, as fit into a moment; at least one.

        Args:
            request: The wanted tiles.
            interrupted: Whether something more urgent has come; asked after each tile.
        """
        devices.use_threads(request.threads)
        until = time.perf_counter() + MOMENT_S
        drawn: list[DrawnTile] = []
        errors: dict[Plane, str] = {}
        for plane, grid, tile in request.wanted:
            if plane in errors:
                continue
            try:
                drawn.append(self._tile(request, plane, grid, tile))
            except (ValueError, MemoryError) as error:
                errors[plane] = one_line(error)
            except Exception as error:
                log.exception("a tile of %s could not be drawn", plane.source)
                errors[plane] = f"{type(error).__name__}: {one_line(error)}"
            if time.perf_counter() > until or interrupted():
                break
        return TilesResult(request, tuple(drawn), tuple(errors.items()))

    def _tile(self, request: TilesRequest, plane: Plane, grid: Grid, tile: TileId) -> DrawnTile:
        """A tile, from disk where it may be and is."""
        drawer = self._drawer(plane, grid)
        if self._files is None or not request.disk_bytes or tile.level == COARSE:
            return drawer.draw(tile)
        name = self._files.name(plane, grid, tile, Path(drawer.loaded.summary.path))
        pixels = None if request.measured else self._files.get(name)
        if pixels is not None and pixels.shape == (grid.drawn_px, grid.drawn_px, 4):
            return DrawnTile(plane, tile, pixels)
        drawn = drawer.draw(tile)
        self._files.put(name, drawn.pixels, request.disk_bytes)
        return drawn

    def _drawer(self, plane: Plane, grid: Grid) -> _Drawer:
        loaded = self._networks.get(plane.source, devices.choose_device(plane.device))
        drawer = self._drawers.get((plane, grid))
        if drawer is None or drawer.loaded is not loaded:
            ws = loaded.latents.ws_at(
                plane.latent, psi=plane.psi, cutoff=plane.cutoff, edits=plane.edits
            )
            drawer = _Drawer(loaded, plane, grid, ws, estimating_layer(loaded.net))
            self._drawers[plane, grid] = drawer
            while len(self._drawers) > REMEMBERED_PLANES:
                self._drawers.popitem(last=False)
        self._drawers.move_to_end((plane, grid))
        return drawer


def estimating_layer(net: Generator) -> LayerInfo | None:
    """The last layer sampled at half the picture's rate or less; None if there is none."""
    slow = [
        layer
        for layer in net.synthesis.layers
        if layer.kernel and not layer.to_rgb and layer.sampling_rate <= net.resolution / 2
    ]
    return slow[-1] if slow else None
