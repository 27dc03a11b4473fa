"""Average power spectra of data sets and of what networks draw, without a window.

Pictures of 0…255 are whitened with the data set's mean and standard deviation, windowed, padded
and transformed; the squared magnitudes are averaged (`ops.spectra`). Of pictures that are not
square the middle is taken. Where no data set is among the sources, each network's pictures with its
own, found on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from generator import Generator, load_network, seed_z, to_uint8
from generator.ranks import ALONE, Ranks
from generator.shapes import full_unit
from ops.spectra import SpectrumAverage, middle_square, radial_profile, to_db
from train.data.picture_source import PictureSource
from train.data.pixels import as_array
from train.reports.spectrum_files import PlottedSpectrum

if TYPE_CHECKING:
    from pathlib import Path

Show = Callable[[str, int, int], None]
"""Function that is told the source, the pictures done in this process, and those in all."""


def measure_spectra(
    sources: Sequence[Path],
    *,
    samples: int = 1000,
    seed: int = 0,
    psi: float = 1.0,
    batch: int = 8,
    beta: float = 8.0,
    pad: int = 4,
    device: str = "cpu",
    ranks: Ranks = ALONE,
    show: Show = lambda _source, _done, _total: None,
) -> list[PlottedSpectrum]:
    """Measure average spectra, one for each source, in their order.

    Picture number i of a network is that of `seed` + i, so that nothing depends on the number of
    processes but the rounding of sums; the same call gives the same bytes.

    Args:
        sources: Network files and run folders; zips and folders of pictures.
        samples: Pictures drawn by each network; of a data set all are taken.
        seed: Seed of the first picture.
        psi: Truncation.
        batch: Pictures at a time.
        beta: Shape of the Kaiser window.
        pad: Zero-padding factor.
        device: Device that networks draw on.
        ranks: This process among those that share the pictures.
        show: Told how far it is.

    Raises:
        ValueError: an argument is out of range, or a source cannot be read.
    """
    if samples < ranks.count or batch < 1 or seed < 0:
        raise ValueError(
            f"samples must be at least {ranks.count}, batch positive and seed not negative, got"
            f" {samples}, {batch} and {seed}"
        )
    found: dict[Path, PlottedSpectrum] = {}
    whitening: tuple[float, float] | None = None
    for source in sorted(sources, key=lambda one: not is_data_set(one)):
        data = is_data_set(source)
        mean, std = (None, None) if data or whitening is None else whitening
        average = SpectrumAverage(mean=mean, std=std, beta=beta, pad=pad)
        if data:
            total, pictures = _of_data_set(source, batch, ranks)
        else:
            total = len(range(ranks.rank, samples, ranks.count))
            pictures = _of_network(source, range(seed, seed + samples), psi, batch, device, ranks)
        done = 0
        rate, channels = 0.0, 1
        for part in pictures:
            average.add(middle_square(part))
            channels, height, width = part.shape[1:]
            rate = float(full_unit((height, width)))
            done += len(part)
            show(source.name, done, total)
        for summed in average.sums:
            summed.copy_(torch.from_numpy(ranks.total(summed.cpu().numpy())))
        if data and whitening is None:
            whitening = average.statistics
        found[source] = _plotted(source, average, rate, channels)
    return [found[source] for source in sources]


def is_data_set(source: Path) -> bool:
    """Return True if a path means pictures: a zip, or a folder without networks."""
    if source.suffix == ".zip":
        return True
    return source.is_dir() and not any(source.glob("network-*"))


def _of_data_set(source: Path, batch: int, ranks: Ranks) -> tuple[int, Iterator[Tensor]]:
    """Count and open this process's pictures of a data set, [B, channels, h, w] uint8."""
    with PictureSource.open(source) as opened:
        names = opened.names[ranks.rank :: ranks.count]
    if not names:
        raise ValueError(f"{source} holds too few pictures; name a data set's zip or folder")

    def read() -> Iterator[Tensor]:
        with PictureSource.open(source) as opened:
            for start in range(0, len(names), batch):
                part = [as_array(opened.read(name)) for name in names[start : start + batch]]
                if len({one.shape for one in part}) > 1:
                    raise ValueError(
                        f"{source} holds pictures of several sizes; python -m train prepare makes "
                        "them one"
                    )
                yield torch.from_numpy(np.stack(part)).permute(0, 3, 1, 2)

    return len(names), read()


def _of_network(
    source: Path, seeds: range, psi: float, batch: int, device: str, ranks: Ranks
) -> Iterator[Tensor]:
    """Draw this process's pictures of a network, [B, channels, h, w] uint8."""
    net = load_network(source, device=device)
    own = seeds[ranks.rank :: ranks.count]
    for start in range(0, len(own), batch):
        yield _drawn(net, list(own[start : start + batch]), psi)


@torch.inference_mode()
def _drawn(net: Generator, seeds: list[int], psi: float) -> Tensor:
    device = next(net.parameters()).device
    labels = None
    if net.c_dim:
        classes = [int(np.random.default_rng(seed).integers(net.c_dim)) for seed in seeds]
        labels = torch.eye(net.c_dim)[classes].to(device)
    ws = net.mapping(seed_z(seeds, net.z_dim).to(device), labels, psi=psi)
    return to_uint8(net.synthesis(ws))


def _plotted(source: Path, average: SpectrumAverage, rate: float, channels: int) -> PlottedSpectrum:
    power = average.power()
    mean, std = average.statistics
    return PlottedSpectrum(
        name=source.stem if source.is_file() else source.name,
        power_db=to_db(power).cpu().numpy(),
        radial_db=to_db(radial_profile(power)[1]).cpu().numpy(),
        rate=rate,
        values={
            "pictures": average.planes / channels,
            "mean": mean,
            "std": std,
            "beta": average.beta,
            "pad": float(average.pad),
        },
    )
