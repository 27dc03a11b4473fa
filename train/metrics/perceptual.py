"""Perceptual path length: how much pictures change while w moves a little.

PPL of Karras et al. 2020 (arXiv 1912.04958): in w, at the ends of the paths. The distance between
pictures is LPIPS (`generator.perception.lpips`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from train.metrics.colours import in_colours

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator import Generator
    from train.data.labels import Labels

STEP = 1e-4
_LARGEST_PX = 256
_BATCH = 8


@torch.inference_mode()
def path_length(
    net: Generator,
    distance: Callable[[Tensor, Tensor], Tensor],
    labels: Labels | None,
    *,
    samples: int,
    seed: int,
    progress: Callable[[int, int], None],
) -> float:
    """Measure the pictures' mean squared speed along straight paths in w, without truncation.

    The slowest and the fastest hundredth are left out, as in the published figures.

    Args:
        net: In evaluation mode.
        distance: Between pictures of -1..1.
        labels: Labels that a conditional network's are drawn from.
        samples: Paths.
        seed: Decides them.
        progress: Told how many are done, of how many.
    """
    random = torch.Generator().manual_seed(seed)
    device = next(net.parameters()).device
    found = []
    for first in range(0, samples, _BATCH):
        count = min(_BATCH, samples - first)
        z = torch.randn(2 * count, net.z_dim, generator=random)
        c = None
        if labels is not None:
            c = (
                labels[torch.randint(len(labels), (count,), generator=random)]
                .repeat(2, 1)
                .to(device)
            )
        start, end = net.mapping(z.to(device), c).chunk(2)
        # StyleGAN2's noise is the constant one: both pictures have the same.
        images = in_colours(net.synthesis(torch.cat([start, torch.lerp(start, end, STEP)])))
        size = images.shape[2:]
        if (longer := max(size)) > _LARGEST_PX:
            height, width = (max(1, side * _LARGEST_PX // longer) for side in size)
            images = F.interpolate(images, (height, width), mode="area")
        found.append(distance(*images.float().cpu().chunk(2)) / STEP**2)
        progress(first + count, samples)
    distances = torch.cat(found).double()
    low, high = (torch.quantile(distances, at, interpolation="nearest") for at in (0.01, 0.99))
    return float(distances[(distances >= low) & (distances <= high)].mean())
