"""The end of the way: Gauss-Newton steps on pose and w, then a w for each layer.

Near a solution a picture depends on w almost linearly. All derivatives by w, a picture for each
number, are then worth more than many steps downhill (Levenberg 1944, Marquardt 1963).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator.projection.measures import Closeness, pyramid_residuals
from generator.projection.search import PRIOR, Canvas, Found
from ops.doubles import to_double

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_NUMBERS = 256
"""Largest w whose derivatives are taken one by one."""
_STEP = 1e-2
"""Length of the differences that derivatives are taken from, in deviations."""
_BATCH = 16
_ATTEMPTS = 6
_HISTORY = 30


def refine(
    canvas: Canvas, target: Tensor, begun: Found, steps: int
) -> Iterator[tuple[Found, Tensor | None]]:
    """Take damped Gauss-Newton steps on pose and w.

    Args:
        canvas: Draws.
        target: The picture looked for.
        begun: One place.
        steps: Most steps; it ends before where none leads on.

    Yields:
        The place, and its picture after each step; None while derivatives are taken.
    """
    size = begun.x.shape[1]
    free = canvas.free.nonzero().flatten()
    place = torch.cat([begun.x[0], begun.pose[0][free]]).detach()
    prior = torch.zeros_like(place)
    prior[:size] = PRIOR / size / 10
    damping = 1e-2

    def split(places: Tensor) -> tuple[Tensor, Tensor]:
        pose = places.new_zeros(len(places), 4)
        pose[:, free] = places[:, size:]
        return places[:, :size], pose

    def found() -> Found:
        x, pose = split(place[None])
        return Found(x, pose, begun.classes)

    @torch.no_grad()
    def residuals(places: Tensor) -> tuple[Tensor, Tensor]:
        images = canvas.draw(*split(places))
        return pyramid_residuals(images, target), images

    for _ in range(steps):
        now, _ = residuals(place[None])
        loss = float(now.square().sum() + (prior * place.square()).sum())
        rows = []
        for first in range(0, len(place), _BATCH):
            moved = torch.eye(len(place), device=place.device)[first : first + _BATCH] * _STEP
            rows.append((residuals(place + moved)[0] - now) / _STEP)
            yield found(), None
        derivatives = torch.cat(rows)
        curvature = to_double(derivatives @ derivatives.t()) + torch.diag(to_double(prior))
        downhill = -to_double(derivatives @ now[0] + prior * place)
        unit = curvature.diagonal().mean() * torch.eye(len(place)).to(curvature)
        for _ in range(_ATTEMPTS):
            step = torch.linalg.solve(curvature + damping * unit, downhill).to(place)
            after, images = residuals((place + step)[None])
            if float(after.square().sum() + (prior * (place + step).square()).sum()) < loss:
                place, damping = place + step, max(damping / 5, 1e-6)
                yield found(), images
                break
            damping *= 4
        else:
            return


def fit_layers(
    canvas: Canvas, closeness: Closeness, begun: Found, steps: int, spread: float
) -> Iterator[tuple[Found, Tensor]]:
    """Let each layer have a w of its own, by L-BFGS (Nocedal 1980).

    Args:
        canvas: Draws.
        closeness: The loss.
        begun: One place, one w for all layers or one for each.
        steps: Pictures drawn, each with its gradient.
        spread: Penalty on the layers' mean squared distance from their common w.

    Yields:
        The best place so far and its picture, after each step.
    """
    x = begun.x if begun.x.ndim == 3 else begun.x[:, None].repeat(1, canvas.net.num_ws, 1)
    x = x.detach().clone().requires_grad_()
    pose = begun.pose.detach().clone().requires_grad_(canvas.moves)
    parts = [part for part in (x, pose) if part.requires_grad]
    optimiser = torch.optim.LBFGS(
        parts, max_iter=1, max_eval=8, history_size=_HISTORY, line_search_fn="strong_wolfe"
    )
    best: tuple[float, Found, Tensor] | None = None
    drawn = 0

    def closure() -> Tensor:
        nonlocal best, drawn
        drawn += 1
        optimiser.zero_grad()
        images = canvas.draw(x, pose)
        common = x.mean(1, keepdim=True)
        loss = (
            closeness(images).sum()
            + spread * (x - common).square().mean()
            + PRIOR / 10 * common.square().mean()
        )
        loss.backward()
        if best is None or float(loss.detach()) < best[0]:
            kept = Found(x.detach().clone(), pose.detach().clone(), begun.classes)
            best = float(loss.detach()), kept, images.detach()
        return loss

    while drawn < steps:
        before = drawn
        with torch.enable_grad():
            optimiser.step(closure)
        assert best is not None, "the closure has been called"
        yield best[1], best[2]
        if drawn == before:
            return
