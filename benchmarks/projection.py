"""How closely pictures are found in the bundled networks, and how long that takes.

Own pictures: drawn at random w (psi 1), their input moved by up to 0.2 of the picture and, for
StyleGAN3-R, turned by up to 30°. Others: tiles that no network has seen, from `--data`, against the
best of `--random` random pictures, and after tuning. Seconds are processor time over the threads'
number, as two quiet cores would take.

python -m benchmarks.projection
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

from benchmarks import report
from generator import Generator, bundled_networks, load_network, seed_z
from generator.projection import Pose, ProjectionOptions, ProjectionProgress, project
from generator.projection.measures import psnr_db
from generator.projection.target import target_of
from train.data.picture_source import PictureSource

GOAL_DB = 30.0
GOAL_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    pictures: int = 20
    """Pictures of each kind."""
    data: Path | None = None
    """Folder or zip of pictures that no network has seen; none without."""
    random: int = 20_000
    """Random pictures of which the best one is compared."""
    tune: int = 150
    """Steps of tuning for those."""
    threads: int = 2
    """Threads of the processor."""
    networks: tuple[str, ...] = field(
        default_factory=lambda: tuple(path.stem for path in bundled_networks())
    )
    """Names of bundled networks."""


def measure(options: Options) -> Iterator[report.Sheet]:
    """Look for pictures of the network's own, and for others."""
    torch.set_num_threads(options.threads)
    yield _own_pictures(options)
    if options.data is not None:
        yield _other_pictures(options, options.data)


def _own_pictures(options: Options) -> report.Sheet:
    sheet = report.Sheet(
        f"own pictures, moved and turned: {options.pictures} each",
        ["network"],
        {
            f"met at {GOAL_DB:.0f} dB in {GOAL_S:.0f} s": "{:.0f}",
            f"met at {GOAL_DB:.0f} dB": "{:.0f}",
            "median dB": "{:.1f}",
            "least dB": "{:.1f}",
            "median s": "{:.1f}",
        },
    )
    for name in options.networks:
        net = load_network(name)
        levels, early, seconds = [], [], []
        for seed in range(options.pictures):
            watch = _Watch(options.threads)
            found = project(net, own_picture(net, seed), ProjectionOptions(), watch)
            levels.append(found.psnr_db)
            early.append(watch.level_in_time)
            seconds.append(watch.seconds)
            report.PROGRESS.print(
                f"{name} {seed}: {found.psnr_db:.1f} dB in {watch.seconds:.0f} s, "
                f"{watch.level_in_time:.1f} dB after {GOAL_S:.0f} s"
            )
        sheet.add(
            name,
            sum(level >= GOAL_DB for level in early),
            sum(level >= GOAL_DB for level in levels),
            _median(levels),
            min(levels),
            _median(seconds),
        )
    return sheet


def own_picture(net: Generator, seed: int) -> torch.Tensor:
    """Draw a picture of a network's own, its input moved and turned at random."""
    random = torch.Generator().manual_seed(seed)
    x, y, turn = (2 * torch.rand(3, generator=random) - 1).tolist()
    turns = net.kind == "stylegan3-r"
    pose = Pose(0.2 * x, 0.2 * y, math.radians(30) * turn if turns else 0.0)
    with torch.inference_mode():
        ws = net.mapping(seed_z([1000 + seed], net.z_dim))
        picture = net.synthesis(ws, transform=None if net.kind == "stylegan2" else pose.matrix)
    return picture.clone()


def _other_pictures(options: Options, data: Path) -> report.Sheet:
    sheet = report.Sheet(
        f"pictures never seen: {options.pictures} of {data.name}",
        ["network"],
        {
            "best random dB": "{:.1f}",
            "found dB": "{:.1f}",
            "least gain dB": "{:.1f}",
            "tuned dB": "{:.1f}",
            "least tuned dB": "{:.1f}",
            "median s": "{:.1f}",
        },
    )
    for name in options.networks:
        net = load_network(name)
        targets = _tiles(data, options.pictures, net.size)
        best = best_random(net, targets, options.random)
        found, tuned, seconds = [], [], []
        for index, target in enumerate(targets):
            watch = _Watch(options.threads)
            one = project(net, target[None], ProjectionOptions(tune=options.tune), watch)
            found.append(one.psnr_db)
            tuned.append(one.tuned_psnr_db or 0.0)
            seconds.append(watch.seconds)
            report.PROGRESS.print(
                f"{name} tile {index}: random {best[index]:.1f}, found {found[-1]:.1f}, tuned "
                f"{tuned[-1]:.1f} dB in {watch.seconds:.0f} s"
            )
        gains = [level - before for level, before in zip(found, best, strict=True)]
        sheet.add(
            name, _median(best), _median(found), min(gains), _median(tuned), min(tuned),
            _median(seconds),
        )  # fmt: skip
    return sheet


def _tiles(data: Path, count: int, size: tuple[int, int]) -> torch.Tensor:
    """Pictures spread over a data set, [count, 3, H, W]."""
    with PictureSource.open(data) as source:
        every = max(1, len(source.names) // count)
        names = source.names[::every][:count]
        return torch.cat([target_of(source.read(name), size) for name in names])


@torch.inference_mode()
def best_random(net: Generator, targets: torch.Tensor, count: int) -> list[float]:
    """The level of the nearest of random pictures for each target, in dB."""
    best = torch.zeros(len(targets))
    random = torch.Generator().manual_seed(0)
    for first in range(0, count, 16):
        z = torch.randn(min(16, count - first), net.z_dim, generator=random)
        pictures = net.synthesis(net.mapping(z))
        for index, target in enumerate(targets):
            best[index] = best[index].maximum(psnr_db(pictures, target[None]).max())
    return best.tolist()


class _Watch:
    """Notes how close a search is when its time is up."""

    def __init__(self, threads: int) -> None:
        self._threads, self._began = threads, time.process_time()
        self.level_in_time = 0.0

    @property
    def seconds(self) -> float:
        return (time.process_time() - self._began) / self._threads

    def __call__(self, now: ProjectionProgress) -> None:
        if now.psnr_db is not None and self.seconds <= GOAL_S:
            self.level_in_time = now.psnr_db


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
