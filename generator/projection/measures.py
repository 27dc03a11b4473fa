"""How far pictures are from the one that is looked for."""

from __future__ import annotations

import math
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor

from generator.perception.efficientnet import load_efficientnet
from generator.perception.lpips import Lpips, vgg_path, weights_folder

LEVELS = 5
"""Levels of the pyramid, each half as large as the one before."""
_FEATURE_PX = (64, 256)
"""Least and largest longer side of pictures that features are taken of."""
_SEEN_BLOCKS = (0, 2, 4, 7)
"""EfficientNet's blocks whose outputs are compared: strides 2 to 16."""


def pyramid_residuals(images: Tensor, target: Tensor, first: int = 0) -> Tensor:
    """Differences from a picture at several scales, whose squares add up to the loss.

    Args:
        images: [N, C, H, W].
        target: [1, C, H, W].
        first: Finest level taken, 0 the pixels themselves.

    Returns:
        [N, M]; every level counts with the mean square of its differences.
    """
    rows, difference = [], images - target
    for level in range(LEVELS):
        if level >= first:
            rows.append(difference.flatten(1) / math.sqrt(difference[0].numel()))
        if min(difference.shape[2:]) < 2:
            break
        difference = F.avg_pool2d(difference, 2)
    return torch.cat(rows, 1)


def psnr_db(images: Tensor, target: Tensor) -> Tensor:
    """Peak signal to noise in dB, [N], of pictures clamped to -1…1."""
    error = (images.clamp(-1, 1) - target.clamp(-1, 1)).square().mean((1, 2, 3))
    return 10 * torch.log10(4 / error.clamp_min(1e-10))


class FeatureDistance:
    """Distance of what EfficientNet-Lite0 sees at several depths, each place by its direction.

    Args:
        target: The picture looked for, [1, C, H, W].
    """

    def __init__(self, target: Tensor) -> None:
        self._net = load_efficientnet().to(target.device)
        with torch.no_grad():
            self._wanted = self._features(target)

    def __call__(self, images: Tensor) -> Tensor:
        """[N] from pictures [N, C, H, W]; 0 for the same picture, about 1 for unrelated ones."""
        pairs = zip(self._features(images), self._wanted, strict=True)
        return torch.stack([(a - b).square().sum(1).mean((1, 2)) for a, b in pairs]).mean(0)

    def _features(self, images: Tensor) -> list[Tensor]:
        stages = islice(self._net.stages(_for_networks(images)), _SEEN_BLOCKS[-1] + 1)
        return [F.normalize(x, dim=1) for i, x in enumerate(stages) if i in _SEEN_BLOCKS]


class Closeness:
    """The loss of a search: pixels at several scales, and what trained networks see.

    Args:
        target: The picture looked for, [1, C, H, W].
        features, lpips: Weights of EfficientNet's features and of LPIPS.

    Raises:
        ValueError: LPIPS is wanted and its weights are not there; the message says how to get them.
    """

    def __init__(self, target: Tensor, *, features: float = 0.0, lpips: float = 0.0) -> None:
        self.target = target
        self._weights = features, lpips
        self._features = FeatureDistance(target) if features else None
        self._lpips = Lpips(vgg_path(weights_folder())) if lpips else None

    def __call__(self, images: Tensor) -> Tensor:
        """[N] from pictures [N, C, H, W]."""
        loss = pyramid_residuals(images, self.target).square().sum(1)
        features, lpips = self._weights
        if self._features is not None:
            loss = loss + features * self._features(images)
        if self._lpips is not None:
            wanted = _for_networks(self.target).expand(len(images), -1, -1, -1)
            loss = loss + lpips * self._lpips(_for_networks(images), wanted)
        return loss


def _for_networks(images: Tensor) -> Tensor:
    """Three channels of a size that classifiers take; opacity is left out."""
    images = images[:, :3] if images.shape[1] >= 3 else images[:, :1].expand(-1, 3, -1, -1)
    low, high = _FEATURE_PX
    side = max(images.shape[2:])
    times = min(max(side, low), high) / side
    if times != 1:
        rows, columns = (_resizing(length, round(times * length)) for length in images.shape[2:])
        images = rows.to(images) @ images @ columns.t().to(images)
    return images


def _resizing(length: int, wanted: int) -> Tensor:
    """The matrix [wanted, length] that resizes one axis without aliasing.

    As a product, for its derivative: Metal has none of `interpolate(antialias=True)`.
    """
    each = torch.eye(length)[None, None]
    return F.interpolate(each, (wanted, length), mode="bilinear", antialias=True)[0, 0]
