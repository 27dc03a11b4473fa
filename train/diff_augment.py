"""Differentiable augmentation for few pictures (Zhao et al. 2020, arXiv 2006.10738).

Colour, translation and cutout change every picture that the discriminator sees, always: unlike
`train.augment`, which acts by chance and adapts. Reals and fakes are treated alike.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

BRIGHTNESS = 0.5
"""Most that is added to every colour, of -1…1."""
SHIFT = 1 / 8
"""Largest translation, in picture sizes."""
CUTOUT = 1 / 2
"""Side of the square that is cut out, in picture sizes."""
DRAWS = 7
"""Random numbers a picture needs."""


def diff_augment(images: Tensor, uniform: Tensor) -> Tensor:
    """Change the colours of every picture, move it and cut a square out of it.

    What comes in from outside, and what is cut out, is 0, the middle grey.

    Args:
        images: [N, C, H, W], -1…1.
        uniform: [N, 7] uniform in 0…1: brightness, saturation, contrast, translation down and
            right, centre of the square down and right.

    Returns:
        Pictures of the same shape; twice differentiable with respect to `images`.
    """
    brightness, saturation, contrast, *places = uniform.to(images)[..., None, None, None].unbind(1)
    images = images + (2 * brightness - 1) * BRIGHTNESS
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * (2 * saturation)
    middle = images.mean([1, 2, 3], keepdim=True)
    images = middle + (images - middle) * (0.5 + contrast)
    down, right, *centre = (place.flatten() for place in places)
    return _cut_out(_translated(images, down, right), *centre)


def _translated(images: Tensor, down: Tensor, right: Tensor) -> Tensor:
    count, channels, height, width = images.shape
    reach = [round(size * SHIFT) for size in (height, width)]
    padded = F.pad(images, (reach[1], reach[1], reach[0], reach[0]))

    def from_start(place: Tensor, reach: int, size: int) -> Tensor:
        start = (place * (2 * reach + 1)).long().clamp(max=2 * reach)
        return start[:, None] + torch.arange(size, device=images.device)

    rows, columns = from_start(down, reach[0], height), from_start(right, reach[1], width)
    samples = torch.arange(count, device=images.device)[:, None, None, None]
    every = torch.arange(channels, device=images.device)[:, None, None]
    return padded[samples, every, rows[:, None, :, None], columns[:, None, None, :]]


def _cut_out(images: Tensor, down: Tensor, right: Tensor) -> Tensor:
    height, width = images.shape[2:]

    def inside(place: Tensor, size: int) -> Tensor:
        """Tell for every row or column whether the square crosses it, [N, size]."""
        centre = (place * size).floor()[:, None]
        return (torch.arange(size, device=images.device) - centre).abs() <= size * CUTOUT / 2

    cut = inside(down, height)[:, None, :, None] & inside(right, width)[:, None, None, :]
    return images.masked_fill(cut, 0.0)
