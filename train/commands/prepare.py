"""`python -m train prepare`."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from generator.files.pictures import COLOURS
from systems.machine import usable_cores
from train.data.foreign_layouts import Part
from train.data.prepare import Box, Cut, Fit, Prepared, prepare_pictures
from train.data.relief_demo import Scattered, prepare_relief
from train.words import counted

_CLASSES_SHOWN = 20
_EVERY_S = 1.0
"""Time between two lines about the progress, where no bar is shown."""
_BECAME = {1: "grey", 3: "sRGB", 4: "sRGB with transparency"}


@dataclass(frozen=True, kw_only=True)
class Prepare:
    """Make a data set: of the demo's relief map, of your own pictures, of CIFAR or MNIST."""

    source: tyro.conf.Positional[str]
    """`relief`; a folder or zip of pictures; CIFAR's binary archive or its folder; the folder or
    the pictures' idx file of MNIST and its like."""
    out: Path = Path("data")
    """Folder for the relief zips; zip to write for your own pictures."""
    size: str | None = None
    """Side of square pictures, or width x height such as 512x288; default: 64 and 128 for relief,
    else the largest square that the smallest picture reaches. Pictures that do not reach it are
    listed and left out."""
    channels: Literal[1, 3, 4] = 3
    """1 for grey, 3 for colours, 4 for colours and opacity."""
    fit: Fit = "crop"
    """Treatment of pictures of other proportions: crop takes the largest part in the middle, pad
    keeps all with black at its sides."""
    box: Box | None = None
    """X Y WIDTH HEIGHT, pixels: take this out of every picture first."""
    folder_labels: bool = False
    """Make each folder's name a class, in alphabetical order; folders around all are none."""
    part: Part = "train"
    """Part of CIFAR and MNIST to take."""
    workers: int | None = None
    """Processes that cut (of the relief map threads); default: one per core."""
    scattered: bool = False
    """Relief: cut at any place instead of on a grid: many more different pictures."""
    turned: bool = False
    """Relief: cut at any place and angle, so that light comes from anywhere, too."""
    pictures: tuple[int, int] = (Scattered.train, Scattered.held_out)
    """Relief, --scattered or --turned: how many pictures to train on, and how many held out."""
    seed: int = Scattered.seed
    """Relief, --scattered or --turned: decides the places and angles."""
    cache: Path | None = None
    """Folder that keeps the relief map's package; default: your cache folder."""

    def __call__(self, console: Console) -> int:
        """Carry the command out; returns the exit code."""
        if self.workers is not None and self.workers < 1:
            raise ValueError(f"workers must be at least 1, got {self.workers}")
        size = None if self.size is None else parse_size(self.size)
        if self.source == "relief":
            if self.channels != COLOURS or (size is not None and size[0] != size[1]):
                raise ValueError("the relief is cut into square pictures in colours")
            return self._relief(console, (64, 128) if size is None else size[:1])
        source = Path(self.source)
        out = self.out
        if out.suffix != ".zip":
            out = out / f"{source.name.split('.')[0] or 'pictures'}.zip"
        if out.resolve() == source.resolve():
            raise ValueError(f"{out} is the source itself; choose another --out")
        with _shown_progress(console) as show:
            prepared = prepare_pictures(
                source,
                out,
                Cut(size=size, fit=self.fit, box=self.box, channels=self.channels),
                part=self.part,
                folder_labels=self.folder_labels,
                workers=self.workers,
                progress=lambda done, total: show("cutting", done, total),
            )
        for line in _told(prepared, self.channels):
            console.print(line, highlight=False, soft_wrap=True, markup=False)
        return 0

    def _relief(self, console: Console, sizes: tuple[int, ...]) -> int:
        train, held_out = self.pictures
        scattered = Scattered(train=train, held_out=held_out, turned=self.turned, seed=self.seed)
        with _shown_progress(console) as show:
            for written in prepare_relief(
                self.out,
                sizes=sizes,
                scattered=scattered if self.scattered or self.turned else None,
                cache=self.cache,
                threads=self.workers or usable_cores(),
                progress=show,
            ):
                console.print(f"{written.path}: {written.pictures} pictures", highlight=False)
        return 0


@contextmanager
def _shown_progress(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that shows what is done of what: as a bar, or as a line every second."""
    if not console.is_terminal:
        yield _ProgressLines(console)
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("cutting", total=None)
        yield lambda name, done, total: bar.update(
            task, description=name, completed=done, total=total
        )


class _ProgressLines:
    """Lines for whoever reads along."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._due_at = time.monotonic() + _EVERY_S

    def __call__(self, name: str, done: int, total: int) -> None:
        if time.monotonic() < self._due_at:
            return
        self._due_at = time.monotonic() + _EVERY_S
        self._console.print(f"{name}: {done:,} of {total:,}", highlight=False, soft_wrap=True)


def parse_size(text: str) -> tuple[int, int]:
    """Read height and width out of a text such as `256` or `512x288`.

    Raises:
        ValueError: The text is nothing of the kind.
    """
    width, times, height = text.lower().replace("×", "x").partition("x")
    numbers = [width, height if times else width]
    if not all(one.strip().isdecimal() and len(one.strip()) < 6 for one in numbers):
        raise ValueError(f"--size looks like 256, or 512x288 for width and height, got {text!r}")
    return int(numbers[1]), int(numbers[0])


def _told(prepared: Prepared, channels: int) -> list[str]:
    """List what is worth knowing; what matters most comes last."""
    lines = [
        f"{counted(count, 'picture')} {mode} became {_BECAME[channels]}"
        for mode, count in sorted(prepared.converted.items())
    ]
    if prepared.unused:
        name, reason = prepared.unused[0]
        lines.append(
            f"{counted(len(prepared.unused), 'other file')} passed over, such as {name}: {reason}"
        )
    if prepared.classes:
        sizes = [f"{name} ({count:,})" for name, count in prepared.classes.items()]
        more = " …" if len(sizes) > _CLASSES_SHOWN else ""
        lines.append(
            f"{counted(len(sizes), 'class', 'classes')} and how many pictures they have: "
            + ", ".join(sizes[:_CLASSES_SHOWN])
            + more
        )
    if prepared.label_length:
        lines.append(f"labels of {counted(prepared.label_length, 'number')}")
    lines.append(f"{prepared.preview}: a look at some of them")
    if prepared.hint:
        lines.append(prepared.hint)
    skipped = ""
    if prepared.skipped:
        name, reason = prepared.skipped[0]
        lines.append(f"skipped {name}: {reason}")
        skipped = f", {len(prepared.skipped)} skipped ({prepared.skipped_list} lists them)"
    lines.append(
        f"{prepared.written.path}: {counted(prepared.written.pictures, 'picture')} of "
        f"{prepared.size[1]}x{prepared.size[0]}{skipped}"
    )
    return lines
