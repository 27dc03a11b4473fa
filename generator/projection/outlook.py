"""First looks: which poses and latents a picture may have, before anything is drawn for it.

Pictures of random w are taken for a Gaussian distribution, drawn once, small, on a canvas larger
than a picture. At any pose that canvas is only resampled; there the distribution tells how likely
the picture is, and which w is to be expected for it (Rasmussen and Williams 2006, chapter 2). The
best poses are where the search begins.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from generator.projection.basis import random_latents
from generator.projection.pose import REACH, UNITS, composed, pose_matrices, poses_of
from ops.doubles import to_double

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generator.projection.search import Canvas

SMALL_PX = 16
"""Side of the pictures that are compared."""
EXTENT = 1.75
"""Side of the canvas, in pictures."""
_DEVIATION = 0.08
"""Of what the Gaussian distribution cannot explain, in grey levels of -1…1."""
_BATCH = 8
_POSES_AT_A_TIME = 16
_CLIMBS = ((4, 1.0), (3, 0.5), (2, 0.25))
"""Rounds in which poses near the best are tried: how many of the best for each start, and how far
away in `UNITS`."""
_NEIGHBOURS = 8
CLIMBED = _NEIGHBOURS * sum(best for best, _ in _CLIMBS)
"""Poses tried near the best for each start."""
_APART = 1.0
"""Least distance of two starts' poses, in `UNITS`."""


class Outlook:
    """Small pictures of random w, and what they say about any other.

    Args:
        canvas: Draws.
        count: Pictures.
        random: Decides them.
    """

    def __init__(self, canvas: Canvas, count: int, random: torch.Generator) -> None:
        self._canvas, self._random = canvas, random
        self._shrink = max(1, canvas.net.resolution // SMALL_PX)
        self._unit_px = canvas.net.resolution // self._shrink
        with torch.no_grad():
            w, self.classes = random_latents(canvas.net, count, random)
            self.x = canvas.basis.x(w)
        self._tiles: list[Tensor] = []
        self._usual = torch.ones(4, device=self.x.device)
        """Deviation of the parts of poses."""

    def draw(self) -> Iterator[int]:
        """Draw the pictures; yields how many more there are after each step."""
        net = self._canvas.net
        size = net.size
        if self._canvas.moves:
            step = net.synthesis.canvas_step
            height, width = (round(EXTENT * length / step) * step for length in size)
            size = height, width
        for first in range(0, len(self.x), _BATCH):
            with torch.no_grad():
                ws = self._canvas.ws(self.x[first : first + _BATCH])
                pictures = net.synthesis(ws, canvas=size)
                self._tiles.append(F.avg_pool2d(pictures, self._shrink).float())
            yield len(self._tiles[-1])

    @torch.no_grad()
    def starts(self, target: Tensor, poses: int, count: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Find where to begin.

        Args:
            target: The picture looked for, [1, C, H, W].
            poses: Random poses that are tried.
            count: Starts.

        Yields:
            Latents [count, w_dim] in deviations and poses [count, 4] in `UNITS`, the likeliest
            first; better ones each time.
        """
        wanted = F.avg_pool2d(target, self._shrink).float()
        tiles = torch.cat(self._tiles)
        if not self._canvas.moves:
            x, _ = self._expect(tiles.flatten(1), wanted.flatten())
            yield self._varied(x[None], count), torch.zeros(count, 4, device=x.device)
            return
        tried = random_poses(self._canvas, poses, self._random)
        tried[0] = 0
        self._usual = tried.square().mean(0).sqrt().clamp_min(1.0)
        found: list[tuple[float, Tensor, Tensor]] = []
        for batch in tried.split(_POSES_AT_A_TIME):
            found += self._look(tiles, wanted, batch)
            yield self._best(found, count)
        for best, distance in _CLIMBS:
            for _, _, pose in _distinct(found, best * count):
                step = torch.randn(_NEIGHBOURS, 4, generator=self._random).to(pose)
                step[:, 3] = 0
                found += self._look(tiles, wanted, pose + distance * step)
                yield self._best(found, count)

    def nearest_classes(self, x: Tensor) -> Tensor | None:
        """The class of the random w nearest to each place, [N]; None without classes."""
        if self.classes is None:
            return None
        return self.classes[torch.cdist(x, self.x).argmin(1).cpu()]

    def _look(
        self, tiles: Tensor, wanted: Tensor, poses: Tensor
    ) -> list[tuple[float, Tensor, Tensor]]:
        found = []
        for pose, matrix in zip(poses, pose_matrices(poses), strict=True):
            seen = _resampled(tiles, matrix, wanted.shape[2:], self._unit_px)
            x, level = self._expect(seen.flatten(1), wanted.flatten())
            unusual = float((pose / self._usual).square().sum())
            found.append((level - 0.5 * unusual, x, pose))
        return found

    def _expect(self, seen: Tensor, wanted: Tensor) -> tuple[Tensor, float]:
        """The w expected for a picture, and the logarithm of how likely that is."""
        count = len(seen)
        mean = seen.mean(0)
        spread = to_double((seen - mean) / math.sqrt(count))
        rest = to_double(wanted - mean)
        inner = spread @ spread.t() / _DEVIATION**2
        inner.diagonal().add_(1)
        chol = torch.linalg.cholesky(inner)
        along = (spread @ rest / _DEVIATION**2)[:, None]
        weights = torch.cholesky_solve(along, chol)[:, 0]
        misfit = float(rest @ rest) / _DEVIATION**2 - float(along[:, 0] @ weights)
        level = -0.5 * misfit - float(chol.diagonal().log().sum())
        centred = to_double(self.x - self.x.mean(0)) / math.sqrt(count)
        return self.x.mean(0) + (weights @ centred).to(self.x), level

    def _best(self, found: list[tuple[float, Tensor, Tensor]], count: int) -> tuple[Tensor, Tensor]:
        kept = _distinct(found, count)
        x, pose = torch.stack([one[1] for one in kept]), torch.stack([one[2] for one in kept])
        if len(kept) == count:
            return x, pose
        again = torch.arange(count) % len(kept)
        return self._varied(x, count), pose[again]

    def _varied(self, x: Tensor, count: int) -> Tensor:
        """Latents again and again, each time with some of a random one."""
        again = torch.arange(count) % len(x)
        varied = x[again].clone()
        for index in range(len(x), count):
            varied[index] = torch.lerp(varied[index], self.x[index % len(self.x)], 0.3)
        return varied


def random_poses(canvas: Canvas, count: int, random: torch.Generator) -> Tensor:
    """Draw poses as random w have them, moved and turned a little more, [count, 4] in `UNITS`."""
    w, _ = random_latents(canvas.net, count, random)
    reach = torch.tensor(REACH) / torch.tensor(UNITS)
    if canvas.net.kind != "stylegan3-r":
        reach[2] = 0  # its pictures do not turn with its input
    moved = ((2 * torch.rand(count, 4, generator=random) - 1) * reach).to(w.device)
    return composed(poses_of(canvas.net, w, canvas.basis.mean), moved)


def _distinct(
    found: list[tuple[float, Tensor, Tensor]], count: int
) -> list[tuple[float, Tensor, Tensor]]:
    """The likeliest places whose poses differ, the best first."""
    kept: list[tuple[float, Tensor, Tensor]] = []
    for one in sorted(found, key=lambda place: -place[0]):
        if all(float((one[2] - other[2]).norm()) > _APART for other in kept):
            kept.append(one)
        if len(kept) == count:
            break
    return kept


def _resampled(tiles: Tensor, matrix: Tensor, size: Sequence[int], unit_px: int) -> Tensor:
    """What pictures on their canvas look like at a pose, [N, C, *size].

    Args:
        tiles: Canvases, [N, C, H, W].
        matrix: The inverse transform, [3, 3].
        size: Height and width of a picture.
        unit_px: Pixels of the length that transforms count in.
    """
    half = matrix.new_tensor([size[1], size[0]]) / (2 * unit_px)
    canvas_half = matrix.new_tensor([tiles.shape[3], tiles.shape[2]]) / (2 * unit_px)
    turn = matrix[:2, :2] * half / canvas_half[:, None]
    theta = torch.cat([turn, matrix[:2, 2:] / canvas_half[:, None]], 1)
    grid = F.affine_grid(theta[None], [1, 1, *size], align_corners=False)
    flat = tiles.flatten(0, 1)[None]
    resampled = F.grid_sample(flat, grid, padding_mode="border", align_corners=False)
    return resampled.view(*tiles.shape[:2], *size)
