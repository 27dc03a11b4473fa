"""The table of the paper with one's own networks: quality, equivariance, size and speed."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from generator import Generator, bundled_networks, load_network
from generator.config import Kind
from generator.equivariance.metrics import EquivarianceResult
from generator.equivariance.metrics import measure as measure_equivariance
from train.metrics import distances
from train.metrics.features import BATCH, Extractor, of_data
from train.metrics.measure import MetricValue, Note, measure
from train.runs.export import training_hours

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from train.data.dataset import ImageDataset

_YARDSTICK_SIGMA = 1 / 64
"""Blur of real pictures, of their shorter side: the same on the ground whatever the size. A network
whose distance is below theirs draws sharp textures."""
_TIMED_PICTURES = 15

METRIC_TITLES = {"eq_t": "EQ-T", "eq_t_frac": "EQ-T_frac", "eq_r": "EQ-R"}
_SYSTEMS: dict[Kind, str] = {
    "stylegan2": "StyleGAN2",
    "stylegan3-t": "StyleGAN3-T",
    "stylegan3-r": "StyleGAN3-R",
}


@dataclass(frozen=True)
class Row:
    """One network, measured."""

    name: str
    kind: Kind
    size: tuple[int, int]
    """Height and width of its pictures, pixels."""
    distances: tuple[MetricValue | None, ...]
    """One for each data set; None where its pictures are of another size."""
    equivariance: EquivarianceResult
    parameters: int
    seconds_per_picture: float
    """Median over single pictures in float32, with the threads in use."""
    kimg: float | None
    """Thousand pictures that it was trained on; None where its file does not say."""
    seconds_per_kimg: float | None


@dataclass(frozen=True)
class Yardstick:
    """Distances of real pictures from a data set: as they are, and blurred."""

    data: str
    sharp: MetricValue
    blurred: MetricValue
    sigma_px: float
    """Standard deviation of the Gaussian that blurred them."""


@dataclass(frozen=True)
class ResultTable:
    """Networks side by side, and how they were measured."""

    rows: tuple[Row, ...]
    metric: str
    """Name of the distance."""
    data: tuple[str, ...]
    pictures: int
    """Pictures of each network that the distance is taken with."""
    samples: int
    """Latents that the equivariance is measured on."""
    seed: int
    threads: int
    yardsticks: tuple[Yardstick | None, ...] = ()
    """One for each data set, or none at all."""


@dataclass(frozen=True)
class Order:
    """An order that the paper's table shows, and whether it shows here."""

    statement: str
    holds: bool


def named_networks(sources: Sequence[str]) -> list[tuple[str, str]]:
    """List unique names and sources of networks; without any, the bundled ones."""
    chosen = list(sources) or [str(path) for path in bundled_networks()]
    stems = [Path(source).stem for source in chosen]
    return [
        (stem if stems.count(stem) == 1 else source, source)
        for stem, source in zip(stems, chosen, strict=True)
    ]


def measure_row(
    name: str,
    source: str,
    data: Sequence[ImageDataset],
    *,
    metric: str,
    pictures: int,
    samples: int,
    seed: int,
    note: Note,
) -> Row:
    """Measure one network.

    Args:
        name: As it is to be called.
        source: Network file, run folder or published network.
        data: Held-out pictures; those of another size than the network's are passed over.
        metric: Name of a distance, see `train.metrics.measure.NAMES`.
        pictures: Drawn for the distance.
        samples: Latents for the equivariance.
        seed: Decides all of them.
        note: Told how far it is.

    Raises:
        ValueError: the network cannot be read, or the metric lacks its weights.
    """
    net = load_network(source)
    found: list[MetricValue | None] = []
    for one in data:
        if (one.size, one.channels) == (net.size, net.img_channels):
            found += measure(net, one, (metric,), samples=pictures, seed=seed, note=note)
        else:
            found.append(None)
    result = measure_equivariance(
        net,
        samples=samples,
        seed=seed,
        progress=lambda done, total: note("equivariance", done, total),
    )
    kimg, hours = _training(source, net)
    return Row(
        name=name,
        kind=net.kind,
        size=net.size,
        distances=tuple(found),
        equivariance=result,
        parameters=sum(parameter.numel() for parameter in net.parameters()),
        seconds_per_picture=_picture_seconds(net),
        kimg=kimg,
        seconds_per_kimg=hours * 3600 / kimg if kimg and hours else None,
    )


def measure_yardstick(
    training: ImageDataset, held_out: ImageDataset, *, metric: str, pictures: int, seed: int
) -> Yardstick:
    """Measure how far training pictures are from held-out ones, as they are and blurred.

    Args:
        training: Where the pictures are taken from, at random.
        held_out: Pictures they are compared with, of the same size.
        metric: `kid_effnet` or `kid`.
        pictures: How many are taken; all, where there are fewer.
        seed: Decides which.

    Raises:
        ValueError: another metric, or the sizes differ.
    """
    if metric not in ("kid_effnet", "kid"):
        raise ValueError(f"the yardstick is measured with kid_effnet or kid, got {metric}")
    if training.size != held_out.size:
        own, other = (f"{one.size[1]}x{one.size[0]}" for one in (training, held_out))
        raise ValueError(
            f"{training.name} has pictures of {own} pixels, {held_out.name} of "
            f"{other}: name the training pictures that belong to them"
        )
    extractor = Extractor("effnet" if metric == "kid_effnet" else "inception")
    real = of_data(extractor, held_out, _quiet).pooled
    random = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(training), generator=random)[:pictures].sort().values

    def sharp() -> Iterator[Tensor]:
        for part in chosen.split(BATCH):
            yield training.pixels.take(part).permute(0, 3, 1, 2)

    def distance(batches: Iterator[Tensor]) -> MetricValue:
        found = extractor(batches, _quiet, len(chosen))
        return MetricValue(metric, *distances.kernel_distance(real, found.pooled, seed))

    sigma_px = _YARDSTICK_SIGMA * min(training.size)
    blurred = (blur(part, sigma_px) for part in sharp())
    return Yardstick(training.name, distance(sharp()), distance(blurred), sigma_px)


def blur(images: Tensor, sigma_px: float) -> Tensor:
    """Blur [N, C, H, W] uint8 by a Gaussian, borders mirrored; uint8."""
    reach = max(1, round(4 * sigma_px))
    distance = torch.arange(-reach, reach + 1)
    taps = torch.exp(-0.5 * (distance / sigma_px).square())
    taps = taps / taps.sum()
    x = F.pad(images.float().flatten(0, 1)[:, None], (reach,) * 4, mode="reflect")
    x = F.conv2d(F.conv2d(x, taps.view(1, 1, 1, -1)), taps.view(1, 1, -1, 1))
    return x.view(images.shape).round().clamp(0, 255).to(torch.uint8)


def paper_order(rows: Sequence[Row]) -> list[Order]:
    """Check here what the paper's table shows of its systems, for those there are.

    "Below" means that the intervals of 95 % do not even touch.
    """
    by_kind = {kind: [row for row in rows if row.kind == kind] for kind in _SYSTEMS}

    def below(kind: Kind, other: Kind, metric: str) -> Order | None:
        low = [getattr(row.equivariance, metric).high_db for row in by_kind[kind]]
        high = [getattr(row.equivariance, metric).low_db for row in by_kind[other]]
        if not low or not high:
            return None
        title = METRIC_TITLES[metric]
        return Order(
            f"{title} of {_SYSTEMS[kind]} below that of {_SYSTEMS[other]}", max(low) < min(high)
        )

    found = (
        below("stylegan2", "stylegan3-t", "eq_t"),
        below("stylegan2", "stylegan3-r", "eq_t"),
        below("stylegan2", "stylegan3-r", "eq_r"),
        below("stylegan3-t", "stylegan3-r", "eq_r"),
    )
    return [order for order in found if order is not None]


@torch.inference_mode()
def _picture_seconds(net: Generator) -> float:
    ws = net.mapping(torch.zeros(1, net.z_dim), torch.zeros(1, net.c_dim) if net.c_dim else None)
    net.synthesis(ws)
    taken = []
    for _ in range(_TIMED_PICTURES):
        begin = time.perf_counter()
        net.synthesis(ws)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def _training(source: str, net: Generator) -> tuple[float | None, float | None]:
    """Find kimg and hours: of a run folder by its log, of a file by what it says of itself."""
    folder = Path(source)
    kimg, hours = net.info.get("kimg"), net.info.get("hours")
    if folder.is_dir() and (folder / "log.jsonl").is_file():
        hours = training_hours(folder)
    return (
        float(kimg) if isinstance(kimg, int | float) else None,
        float(hours) if isinstance(hours, int | float) else None,
    )


def _quiet(_done: int, _total: int) -> None:
    """Ignore the progress."""
