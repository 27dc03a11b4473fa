"""Pivotal tuning: a copy of the generator that draws the picture at the place that was found.

Roich et al. 2021, arXiv 2106.05744: the latent stays, the weights move a little; what is drawn
around it is held to what the network drew before.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch

from generator.projection.basis import random_latents
from generator.projection.measures import Closeness, pyramid_residuals
from generator.projection.pose import pose_matrices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from generator.network import Generator
    from generator.projection.search import Canvas, Found

RATE = 1e-3
"""Step of Adam; all weights are of unit scale."""
LOCALITY = 0.1
"""Weight of what must not change."""
_DISTANCE = 0.5
"""Where that is looked at: this share of the way from the place to a random w."""
_EVERY = 3
"""Steps after which it is looked at again."""


def tune(
    canvas: Canvas,
    closeness: Closeness,
    found: Found,
    steps: int,
    random: torch.Generator,
    *,
    noise: bool = False,
) -> Iterator[tuple[Generator, Tensor]]:
    """Fine-tune a copy of the generator around a place.

    Args:
        canvas: Draws with the network, which stays as it is.
        closeness: The loss.
        found: The place.
        steps: Steps of Adam.
        random: Draws the places around it.
        noise: Fit StyleGAN2's noise inputs too.

    Yields:
        The copy and what it draws at the place, after each step.
    """
    net = canvas.net
    tuned = copy.deepcopy(net)
    synthesis = tuned.synthesis.requires_grad_(True)
    parts: list[Tensor] = list(synthesis.parameters())
    if noise:
        for name, buffer in synthesis.named_buffers():
            if name.endswith("noise_const"):
                parts.append(buffer.requires_grad_())
    optimiser = torch.optim.Adam(parts, lr=RATE, betas=(0.9, 0.99))
    with torch.no_grad():
        ws = canvas.ws(found.x)
        matrix = pose_matrices(found.pose * canvas.free) if canvas.moves else None
    for step in range(steps):
        rate = RATE * min(1.0, (step + 1) / 5) * min(1.0, 2 * (1 - step / steps))
        for group in optimiser.param_groups:
            group["lr"] = rate
        with torch.enable_grad():
            optimiser.zero_grad()
            images = synthesis(ws, transform=matrix)
            closeness(images).sum().backward()
            if step % _EVERY == 0:
                near = _near(net, ws, random)
                with torch.no_grad():
                    before = net.synthesis(near, transform=matrix)
                change = pyramid_residuals(synthesis(near, transform=matrix), before)
                (_EVERY * LOCALITY * change.square().sum()).backward()
        optimiser.step()
        yield tuned, images.detach()
    tuned.requires_grad_(False)


@torch.no_grad()
def _near(net: Generator, ws: Tensor, random: torch.Generator) -> Tensor:
    """Go a part of the way from a place to a random w."""
    w, _ = random_latents(net, 1, random)
    return torch.lerp(ws, w[:, None].expand_as(ws), _DISTANCE)
