"""Distances between two clouds of features; torchmetrics does the statistics."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import KernelInceptionDistance

if TYPE_CHECKING:
    from collections.abc import Iterator

KID_SUBSETS, KID_SUBSET_SIZE = 100, 1000
NEIGHBOURS = 3


class _Given(nn.Module):
    """Features that have been computed already, where a metric asks for a network."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.num_features = count

    def forward(self, features: Tensor) -> Tensor:
        return features


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the warning that features are kept: they are in memory already."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Metric .* will save all extracted features")
        yield


def kernel_distance(real: Tensor, fake: Tensor, seed: int = 0) -> tuple[float, float | None]:
    """Compute the unbiased squared MMD under a cubic kernel (Binkowski et al. 2018).

    Args:
        real: [N, D].
        fake: [M, D].
        seed: Decides the subsets.

    Returns:
        Its mean over 100 subsets of up to 1,000, and its standard deviation over them; None for
        that where a subset is all of `real` or `fake`, and so would say nothing of their spread.
    """
    size = min(KID_SUBSET_SIZE, len(real), len(fake))
    with _quiet():
        metric = KernelInceptionDistance(_Given(real.shape[1]), KID_SUBSETS, size)
    metric.update(real, real=True)
    metric.update(fake, real=False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        mean, deviation = metric.compute()
    proper = size < min(len(real), len(fake))
    return float(mean), float(deviation) if proper else None


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Compute the Fréchet distance between normal distributions of the same mean and covariance.

    Heusel et al. 2017, arXiv 1706.08500. Biased upwards for few samples.
    """
    metric = FrechetInceptionDistance(_Given(real.shape[1]))
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    return float(metric.compute())


def inception_score(logits: Tensor, seed: int = 0) -> tuple[float, float]:
    """Compute exp E KL(p(y|x) ‖ p(y)), mean and deviation over ten parts (Salimans et al. 2016)."""
    with _quiet():
        metric = InceptionScore(_Given(logits.shape[1]))
    metric.update(logits)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        mean, deviation = metric.compute()
    return float(mean), float(deviation)


def precision_recall(real: Tensor, fake: Tensor) -> tuple[float, float]:
    """Compute the share of fakes among the reals, and of reals among the fakes.

    Kynkäänniemi et al. 2019, arXiv 1904.06991: among them is what lies nearer to one of them than
    that one's third nearest neighbour.
    """
    return _share_inside(fake, real), _share_inside(real, fake)


def _share_inside(points: Tensor, cloud: Tensor, chunk: int = 1024) -> float:
    radii = torch.cat(
        # the nearest neighbour of a point is itself
        [torch.cdist(part, cloud).kthvalue(NEIGHBOURS + 1, 1).values for part in cloud.split(chunk)]
    )
    inside = [
        (torch.cdist(part, cloud) <= radii).any(1).float().sum() for part in points.split(chunk)
    ]
    return float(sum(inside) / len(points))
