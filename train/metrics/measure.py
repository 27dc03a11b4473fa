"""Metrics of a network beside a data set, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator import Generator, to_uint8
from generator.equivariance.metrics import measure as measure_equivariance
from generator.perception.lpips import Lpips, check_vgg, vgg_path, weights_folder
from train.metrics import distances
from train.metrics.features import (
    BATCH,
    Extractor,
    ExtractorName,
    Features,
    Progress,
    check_inception,
    of_data,
)
from train.metrics.perceptual import path_length
from train.words import counted

if TYPE_CHECKING:
    from train.data.dataset import ImageDataset

Note = Callable[[str, int, int], None]
"""Function that is told what is being done, and how much of it."""

EQUIVARIANCE = ("eq_t", "eq_t_frac", "eq_r")
_OF_FEATURES: dict[str, ExtractorName] = {
    "kid_effnet": "effnet",
    "fd_effnet": "effnet",
    "kid": "inception",
    "fid": "inception",
    "is": "inception",
    "precision": "inception",
    "recall": "inception",
    "precision_effnet": "effnet",
    "recall_effnet": "effnet",
}
PATH_LENGTH = "ppl"
NAMES = (*EQUIVARIANCE, *_OF_FEATURES, PATH_LENGTH)
"""Every metric. Those that end in `_effnet` need no download; `ppl` needs the weights of VGG-16,
the others those of Inception."""

LOWER_IS_BETTER = ("kid", "fid", "kid_effnet", "fd_effnet", PATH_LENGTH)
"""Metrics of which less is better; of the others more is."""


@dataclass(frozen=True)
class MetricValue:
    """Value of one metric."""

    name: str
    value: float
    deviation: float | None = None
    """Half a 95 % interval for equivariance; the deviation over subsets for KID and IS."""

    def __str__(self) -> str:
        decimals = 5 if self.name.startswith("kid") else 3 if self.value < 1 else 2
        text = f"{self.value:.{decimals}f}"
        if self.deviation is not None:
            text += f" ± {self.deviation:.{decimals}f}"
        return f"{text} dB" if self.name in EQUIVARIANCE else text


def check_names(names: Sequence[str]) -> None:
    """Make sure that there are such metrics.

    Raises:
        ValueError: one is unknown.
    """
    for name in names:
        if name not in NAMES:
            raise ValueError(f"no metric is called {name:.40}; there are {', '.join(NAMES)}")


def check_ready(names: Sequence[str]) -> None:
    """Make sure that metrics can be measured here, before hours of work that end with them.

    Raises:
        ValueError: One is unknown, or weights that it needs are missing.
    """
    check_names(names)
    if any(_OF_FEATURES.get(name) == "inception" for name in names):
        check_inception()
    if PATH_LENGTH in names:
        check_vgg(vgg_path(weights_folder()))


def check_data(net: Generator, data: ImageDataset) -> None:
    """Make sure that a network draws what a data set holds.

    Raises:
        ValueError: It draws pictures of another size, or takes labels that the data set has not.
    """
    draws, has = ((*net.size, net.img_channels), (*data.size, data.channels))
    if draws != has:
        raise ValueError(
            f"the network draws {draws[1]}x{draws[0]} pixels of {counted(draws[2], 'channel')}, "
            f"{data.name} has {has[1]}x{has[0]} of {has[2]}; choose the data set it was made for"
        )
    if net.c_dim and net.c_dim != data.c_dim:
        labels = f"labels of {data.c_dim}" if data.c_dim else "no labels"
        raise ValueError(
            f"the network takes labels of {counted(net.c_dim, 'number')} (one for each class), "
            f"{data.name} has {labels}; choose a data set with the classes it was trained on"
        )


def measure(
    net: Generator,
    data: ImageDataset,
    names: Sequence[str],
    *,
    samples: int,
    seed: int = 0,
    note: Note = lambda what, done, total: None,
) -> list[MetricValue]:
    """Measure metrics of a generator, without truncation.

    Args:
        net: In evaluation mode.
        data: Pictures it should draw like; labels of a conditional network are drawn from it.
        names: Which, out of `NAMES`.
        samples: Pictures generated.
        seed: Decides their latents, shifts and angles: the same seed, the same values.
        note: Told how far it is.

    Returns:
        In the order of `names`.

    Raises:
        ValueError: an unknown name, other pictures or labels than the data's, or missing weights.
    """
    check_ready(names)
    check_data(net, data)
    if samples < distances.NEIGHBOURS + 2:
        raise ValueError(f"samples must be at least {distances.NEIGHBOURS + 2}, got {samples}")
    values: dict[str, MetricValue] = {}
    if wanted := tuple(name for name in EQUIVARIANCE if name in names):
        result = measure_equivariance(
            net, samples=samples, seed=seed, progress=_noted(note, "equivariance")
        )
        for name in wanted:
            score = getattr(result, name)
            values[name] = MetricValue(name, score.db, (score.high_db - score.low_db) / 2)
    for extractor_name in dict.fromkeys(_OF_FEATURES[n] for n in names if n in _OF_FEATURES):
        extractor = Extractor(extractor_name)
        real = of_data(extractor, data, _noted(note, f"{extractor_name} of {data.name}"))
        pictures = draw(net, data, samples, seed)
        fake = extractor(pictures, _noted(note, f"{extractor_name} of pictures"), samples)
        for name in names:
            if _OF_FEATURES.get(name) == extractor_name:
                values[name] = _value(name, real, fake, seed)
    if PATH_LENGTH in names:
        length = path_length(
            net,
            Lpips(vgg_path(weights_folder())),
            data.labels if net.c_dim else None,
            samples=samples,
            seed=seed,
            progress=_noted(note, "path length"),
        )
        values[PATH_LENGTH] = MetricValue(PATH_LENGTH, length)
    return [values[name] for name in names]


@torch.inference_mode()
def draw(net: Generator, data: ImageDataset, samples: int, seed: int) -> Iterator[Tensor]:
    """Draw pictures of random latents without truncation, [n, channels, h, w] uint8 in batches."""
    random = torch.Generator().manual_seed(seed)
    device = next(net.parameters()).device
    for first in range(0, samples, BATCH):
        count = min(BATCH, samples - first)
        z = torch.randn(count, net.z_dim, generator=random)
        chosen = torch.randint(len(data), (count,), generator=random)
        labels = data.labels[chosen].to(device) if net.c_dim else None
        ws = net.mapping(z.to(device), labels)
        yield to_uint8(net.synthesis(ws)).cpu()


def _value(name: str, real: Features, fake: Features, seed: int) -> MetricValue:
    match name.removesuffix("_effnet"):
        case "kid":
            return MetricValue(name, *distances.kernel_distance(real.pooled, fake.pooled, seed))
        case "fid" | "fd":
            return MetricValue(name, distances.frechet_distance(real.pooled, fake.pooled))
        case "is":
            assert fake.logits is not None, "Inception gives them always"
            return MetricValue(name, *distances.inception_score(fake.logits, seed))
        case "precision":
            return MetricValue(name, distances.precision_recall(real.pooled, fake.pooled)[0])
        case _:
            return MetricValue(name, distances.precision_recall(real.pooled, fake.pooled)[1])


def _noted(note: Note, what: str) -> Progress:
    return lambda done, total: note(what, done, total)
