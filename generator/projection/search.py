"""The search: w and pose together, from many random starts of which fewer and fewer go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator.projection.pose import free_parts, pose_matrices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.network import Generator
    from generator.projection.basis import LatentBasis
    from generator.projection.measures import Closeness

RATE = 0.15
"""Step of Adam in deviations of w."""
POSE_RATE = 0.5
"""That of the pose, against it, in the pose's units."""
PRIOR = 1e-3
"""Penalty on the mean square of w in deviations: what is far outside is no latent."""
POSE_PRIOR = 3e-3
"""Penalty on the pose in its units, against that: of two equal solutions the nearer one."""
_FADE = 0.4
"""Share of the steps over which they shrink, at the end."""
_HALVINGS = ((0.25, 2.0), (0.25, 1.0), (0.5, 0.5))
"""Shares of the steps, and how many times as many starts take them."""


@dataclass
class Found:
    """Places in latent space with their poses."""

    x: Tensor
    """[N, w_dim] deviations, or [N, num_ws, w_dim]."""
    pose: Tensor
    """[N, 4], in `UNITS`."""
    classes: Tensor | None = None
    """[N], of networks with classes."""
    losses: list[float] = field(default_factory=list)

    def best(self, losses: Tensor, count: int) -> Found:
        """Keep the places of the least losses."""
        kept = losses.topk(count, largest=False).indices
        classes = None if self.classes is None else self.classes[kept.cpu()]
        return Found(self.x[kept].detach(), self.pose[kept].detach(), classes)


class Canvas:
    """A network that is told where to draw by places in deviations, and by poses."""

    def __init__(self, net: Generator, basis: LatentBasis, *, pose: bool) -> None:
        self.net, self.basis = net, basis
        parts = free_parts(net) if pose else (0.0,) * 4
        self.free = torch.tensor(parts, device=basis.mean.device)
        """Parts of the pose that are fitted, 1 or 0 each, [4]."""
        self.moves = bool(self.free.any())
        """Whether there are any."""

    def draw(self, x: Tensor, pose: Tensor) -> Tensor:
        """[N, C, H, W] at x, [N, w_dim] or [N, num_ws, w_dim], and poses [N, 4]."""
        matrix = pose_matrices(pose * self.free) if self.moves else None
        return self.net.synthesis(self.ws(x), transform=matrix)

    def ws(self, x: Tensor) -> Tensor:
        """[N, num_ws, w_dim] of places in deviations; the input has the mean w where it is moved.

        So the pose alone moves it: w would do the same in other words, and hide where it is.
        """
        w = self.basis.w(x)
        ws = w if w.ndim == 3 else w[:, None].expand(-1, self.net.num_ws, -1)
        if not self.moves:
            return ws
        return torch.cat([self.basis.mean.expand(len(ws), 1, -1), ws[:, 1:]], 1)


def rounds_of(starts: int, steps: int) -> list[tuple[int, int]]:
    """Starts and steps of each round of the search."""
    return [
        (max(1, round(starts * times)), max(1, round(steps * share))) for share, times in _HALVINGS
    ]


class Adam:
    """Adam (Kingma and Ba 2015) over starts of which some are dropped."""

    def __init__(self, *parts: Tensor, betas: tuple[float, float] = (0.9, 0.95)) -> None:
        self._betas = betas
        self._means = [torch.zeros_like(part) for part in parts]
        self._squares = [torch.zeros_like(part) for part in parts]
        self._count = 0

    def keep(self, kept: Tensor) -> None:
        """Forget all starts but these."""
        self._means = [mean[kept] for mean in self._means]
        self._squares = [square[kept] for square in self._squares]

    def step(self, parts: list[Tensor], gradients: list[Tensor], rates: list[float]) -> None:
        """Move every part, in place, by about its rate."""
        self._count += 1
        first, second = self._betas
        for index, (part, gradient) in enumerate(zip(parts, gradients, strict=True)):
            mean = self._means[index].lerp_(gradient, 1 - first)
            square = self._squares[index].lerp_(gradient.square(), 1 - second)
            size = (square / (1 - second**self._count)).sqrt_().add_(1e-9)
            part.sub_(rates[index] / (1 - first**self._count) * mean / size)


def search(
    canvas: Canvas, closeness: Closeness, begun: Found, rounds: list[tuple[int, int]]
) -> Iterator[tuple[Found, Tensor, Tensor]]:
    """Follow starts downhill, and after each round only the best of them.

    Args:
        canvas: Draws.
        closeness: The loss.
        begun: The starts, at least as many as the first round has.
        rounds: Starts and steps of each.

    Yields:
        The places, their losses and pictures, after each step.
    """
    total, step = sum(steps for _, steps in rounds), 0
    now = Found(begun.x[: rounds[0][0]], begun.pose[: rounds[0][0]], begun.classes)
    adam = Adam(now.x, now.pose)
    losses = torch.zeros(len(now.x), device=now.x.device)
    for count, steps in rounds:
        if count < len(now.x):
            adam.keep(losses.topk(count, largest=False).indices)
            now = now.best(losses, count)
        for _ in range(steps):
            step += 1
            rate = RATE * min(1.0, step / 5) * min(1.0, (1 - step / total) / _FADE + 0.02)
            with torch.enable_grad():
                x, pose = now.x.detach().requires_grad_(), now.pose.detach().requires_grad_()
                images = canvas.draw(x, pose)
                close = closeness(images)
                prior = PRIOR * (x.square().mean(1) + POSE_PRIOR * pose.square().sum(1))
                total_loss = (close + prior).sum()
                losses = (close + prior).detach()
                gradients = torch.autograd.grad(total_loss, [x, pose])
            moved = [part.detach().clone() for part in (x, pose)]
            adam.step(moved, list(gradients), [rate, POSE_RATE * rate])
            yield Found(x.detach(), pose.detach(), now.classes), losses, images.detach()
            now = Found(moved[0], moved[1], now.classes)
