"""LPIPS, a distance between pictures as people see them (Zhang et al. 2018, arXiv 1801.03924).

On VGG-16, whose weights the user brings; the weights of its five layers come with torchmetrics.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

VGG_FILE = "vgg16-397923af.pth"
VGG_VARIABLE = "AFV_VGG16"
"""Environment variable with the file's path, if it is not in the cache folder."""
_VGG_DIGITS = "397923af"

_BLOCKS = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))
"""Numbers of the convolutions in torchvision's file; a maximum over 2x2 lies between blocks."""
# Mean and deviation of natural pictures in -1..1, as LPIPS was fitted with.
_MEAN = (-0.030, -0.088, -0.188)
_DEVIATION = (0.458, 0.448, 0.450)

Weights = dict[str, Tensor]


class Lpips:
    """Distances between pictures, as people see them.

    Args:
        path: The weights of VGG-16 that torchvision publishes.

    Raises:
        ValueError: They are not there, or are others; the message says how to get them.
    """

    def __init__(self, path: Path) -> None:
        check_vgg(path)
        self._vgg: Weights = torch.load(path, map_location="cpu", weights_only=True)
        heads: Weights = _heads()
        self._heads = [heads[f"lin{index}.model.1.weight"] for index in range(len(_BLOCKS))]

    def __call__(self, one: Tensor, other: Tensor) -> Tensor:
        """Measure distances, [n], of pictures of -1..1, [n, 3, r, r] each."""
        total = torch.zeros(len(one))
        features = self._features(torch.cat([one, other]))
        for head, found in zip(self._heads, features, strict=True):
            length = found.square().sum(1, keepdim=True).sqrt()
            first, second = (found / (length + 1e-10)).chunk(2)
            total += F.conv2d((first - second).square(), head).mean((1, 2, 3))
        return total

    def _features(self, x: Tensor) -> Iterator[Tensor]:
        """Compute the features of the last layer of each block."""
        x = (x - torch.tensor(_MEAN)[:, None, None]) / torch.tensor(_DEVIATION)[:, None, None]
        for index, block in enumerate(_BLOCKS):
            if index:
                x = F.max_pool2d(x, 2)
            for number in block:
                weight = self._vgg[f"features.{number}.weight"]
                x = F.conv2d(x, weight, self._vgg[f"features.{number}.bias"], padding=1).relu()
            yield x


def vgg_path(cache: Path) -> Path:
    """Return where the weights of VGG-16 are looked for."""
    named = os.environ.get(VGG_VARIABLE)
    return Path(named) if named else cache / VGG_FILE


def check_vgg(path: Path) -> None:
    """Make sure that the weights of VGG-16 are there.

    Raises:
        ValueError: They are not, or are others; the message says how to get them.
    """
    if not path.is_file():
        raise ValueError(
            f"LPIPS needs the weights of VGG-16: put {VGG_FILE} (from "
            f"download.pytorch.org/models) at {path}, or name it with {VGG_VARIABLE}"
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not digest.startswith(_VGG_DIGITS):
        raise ValueError(f"{path} is not the published file: its SHA-256 begins {digest[:8]}")


def weights_folder() -> Path:
    """Return the folder of weights that the user brings, and of features that are kept."""
    return platformdirs.user_cache_path("alias-free-visualizer") / "features"


def _heads() -> Weights:
    folder = importlib.resources.files("torchmetrics.functional.image") / "lpips_models"
    with importlib.resources.as_file(folder / "vgg.pth") as path:
        heads: Weights = torch.load(path, map_location="cpu", weights_only=True)
    return heads
