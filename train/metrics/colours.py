"""Pictures as classifiers of colour photographs take them."""

from __future__ import annotations

import torch
from torch import Tensor


def in_colours(images: Tensor) -> Tensor:
    """Make three channels of pictures of one, three or four.

    Grey becomes three equal colours; what is transparent lies before a middle grey, which hides
    neither dark nor bright edges.

    Args:
        images: [N, 1, 3 or 4, H, W], uint8, or floating of -1..1.

    Returns:
        [N, 3, H, W] of the same dtype.
    """
    if images.shape[1] == 1:
        return images.expand(-1, 3, -1, -1)
    if images.shape[1] == 3:
        return images
    whole = images.dtype == torch.uint8
    low, high = (0.0, 255.0) if whole else (-1.0, 1.0)
    values = images.float() if whole else images
    middle = (low + high) / 2
    opacity = ((values[:, 3:] - low) / (high - low)).clamp(0, 1)
    shown = (values[:, :3] - middle) * opacity + middle
    return shown.round().to(torch.uint8) if whole else shown
