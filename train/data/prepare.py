"""Makes a data set of a user's own pictures: cut to one size, checked one by one.

Pictures that cannot be used are listed and left out. Several processes cut; the outcome does not
depend on how many.
"""

import dataclasses
import io
import math
import multiprocessing
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from PIL import Image

from generator.files.atomic_files import write_atomically
from generator.files.pictures import COLOURS
from generator.shapes import check_learnable
from systems.machine import usable_cores
from train.data.foreign_layouts import Part, Pictures, open_pictures
from train.data.picture_source import (
    PICTURE_SUFFIXES,
    PREVIEW_ENDING,
    Label,
    escaped,
    outer_folders,
)
from train.data.zip_writer import Written, png_bytes, shrink, write_zip
from train.words import counted

Fit = Literal["crop", "pad"]
Box = tuple[int, int, int, int]
Progress = Callable[[int, int], None]

_AT_ONCE = 16
_FEW = 256
"""Number of pictures that are cut sooner than other processes have started."""
_OUTLIERS = 10
"""Number of pictures of which one may be too small for a size that is recommended."""
_LARGE = 256
"""Largest side for a first training, pixels."""
_SHEET_COLUMNS, _SHEET_PICTURES, _SHEET_PX = 8, 32, 128
_SKIPPED_ENDING = "-skipped.txt"
_MODE_OF = {1: "L", 3: "RGB", 4: "RGBA"}
_MODES = {
    "L": "grey", "LA": "grey with transparency", "I": "grey of 16 bits", "I;16": "grey of 16 bits",
    "I;16B": "grey of 16 bits", "1": "black and white", "P": "with a palette",
    "PA": "with a palette", "RGB": "without transparency", "RGBA": "with transparency",
    "CMYK": "CMYK",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Way to bring pictures to one size.

    Raises:
        ValueError: No network learns from such a size, or the box has no pixels.
    """

    size: tuple[int, int] | None = None
    """Height and width, pixels; None: of the largest square with a power of two of pixels that the
    smallest picture reaches."""
    fit: Fit = "crop"
    """Part to take: the largest in the middle, or the whole picture with black at its sides."""
    box: Box | None = None
    """Box taken out of every picture first: x, y, width and height, pixels."""
    channels: int = COLOURS
    """1 for grey, 3 for colours, 4 for colours and opacity."""

    def __post_init__(self) -> None:
        if self.size is not None:
            check_learnable(self.size)
        if self.box is not None and (min(self.box) < 0 or min(self.box[2:]) < 1):
            raise ValueError(f"box must be x, y, width and height, got {self.box}")

    def reach(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height of what is taken of a picture, of the proportions of `size`.

        Both are 0 where the box reaches beyond the picture.
        """
        if self.box is not None:
            x, y, *inside = self.box
            if x + inside[0] > width or y + inside[1] > height:
                return 0, 0
            width, height = inside
        down, across = self.size or (1, 1)
        is_narrow = width * down <= height * across
        if is_narrow == (self.fit == "crop"):
            return width, width * down // across
        return height * across // down, height

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Cut the picture of `size`.

        Raises:
            ValueError: It is too small.
        """
        assert self.size is not None, "chosen by now"
        across, down = self.reach(*picture.size)
        if across < self.size[1] or down < self.size[0]:
            raise ValueError(f"too small: {picture.width}x{picture.height}")
        if self.box is not None:
            x, y, width, height = self.box
            picture = picture.crop((x, y, x + width, y + height))
        x, y = (picture.width - across) // 2, (picture.height - down) // 2
        # Cropping first keeps the kernel from reaching across the border; outside it is black.
        part = picture.crop((x, y, x + across, y + down))
        return shrink(part, self.size[1], self.size[0])


@dataclass(frozen=True)
class Prepared:
    """A data set that was made."""

    written: Written
    skipped: tuple[tuple[str, str], ...]
    """Pictures that were left out, and why."""
    converted: dict[str, int] = field(default_factory=dict)
    """Number of pictures that had other channels, by what they were."""
    skipped_list: Path | None = None
    """The file that names the skipped ones."""
    preview: Path | None = None
    """A sheet of some of them."""
    size: tuple[int, int] = (0, 0)
    """Height and width of the pictures, pixels."""
    hint: str = ""
    """Advice on another size; empty: nothing worth saying."""
    unused: tuple[tuple[str, str], ...] = ()
    """Other files and folders of the source, and why they were passed over."""
    classes: dict[str, int] = field(default_factory=dict)
    """Number of pictures of each class, by its name or its number."""
    label_length: int = 0
    """Numbers of a label that is a vector; 0 without such labels."""


@dataclass(frozen=True)
class _Piece:
    """Outcome for one picture."""

    name: str
    png: bytes = b""
    mode: str = "RGB"
    had_profile: bool = False
    fault: str = ""


def prepare_pictures(
    source: Path,
    output: Path,
    cut: Cut | None = None,
    *,
    part: Part = "train",
    folder_labels: bool = False,
    workers: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Prepared:
    """Make a data set from pictures; beside it a preview and, if need be, a list of those skipped.

    Args:
        source: As `open_pictures` takes it; labels in it are taken over.
        output: The zip to write.
        cut: How they come to one size.
        part: Which pictures of CIFAR and MNIST.
        folder_labels: Make the folder that a picture lies in its class, in alphabetical order;
            folders around all of them are none.
        workers: Processes that cut; None: one per core, and none besides for few pictures.
        progress: Told how many pictures are done, of how many.

    Raises:
        ValueError: No picture can be used.
    """
    cut = cut or Cut()
    with ExitStack() as opened:
        pictures = opened.enter_context(open_pictures(source, part))
        names = pictures.names
        if not names:
            kinds = " ".join(sorted(PICTURE_SUFFIXES))
            raise ValueError(f"{source} holds no pictures ({kinds})")
        size, hint = (cut.size, "") if cut.size else _largest_size(pictures, cut)
        cut = dataclasses.replace(cut, size=size)
        labels, class_names = (
            _folder_classes(names) if folder_labels else (pictures.labels(), pictures.class_names())
        )
        stored = _stored_names(names)
        own = {output.name, output.stem + PREVIEW_ENDING, output.stem + _SKIPPED_ENDING}
        unused = tuple(one for one in pictures.unused if one[0] not in own)
        if workers is None:
            workers = 1 if len(names) < _FEW else usable_cores()
        pieces = (
            (_cut_one(pictures, name, cut) for name in names)
            if workers == 1
            else _cut_apart(source, part, names, cut, workers)
        )
        report = _Report(len(names), unused, progress, _MODE_OF[cut.channels])
        written = write_zip(
            output,
            ((stored[piece.name], piece.png) for piece in report.usable(pieces)),
            {stored[name]: label for name, label in labels.items()} if labels else None,
            class_names,
            cut.channels,
        )
    prepared = dataclasses.replace(report.finish(written), size=size, hint=hint)
    skipped = {name for name, _ in prepared.skipped}
    kept = [label for name, label in (labels or {}).items() if name not in skipped]
    if kept and isinstance(kept[0], list):
        return dataclasses.replace(prepared, label_length=len(kept[0]))
    return dataclasses.replace(prepared, classes=_class_sizes(kept, class_names))


class _Report:
    """Report of the pictures on their way into the zip."""

    def __init__(
        self, total: int, unused: tuple[tuple[str, str], ...], progress: Progress, mode: str
    ) -> None:
        self._mode = mode
        self._total, self._unused, self._progress = total, unused, progress
        self._every = 1
        self._shown: list[bytes] = []
        self._skipped: list[tuple[str, str]] = []
        self._modes: Counter[str] = Counter()
        self._profiles = 0

    def usable(self, pieces: Iterator[_Piece]) -> Iterator[_Piece]:
        """Pass on what can be used; the rest is remembered."""
        kept = 0
        for done, piece in enumerate(pieces, 1):
            self._progress(done, self._total)
            if piece.fault:
                self._skipped.append((piece.name, piece.fault))
                continue
            if kept % self._every == 0:
                self._shown.append(piece.png)
                if len(self._shown) == 2 * _SHEET_PICTURES:
                    self._shown, self._every = self._shown[::2], 2 * self._every
            kept += 1
            self._modes[piece.mode] += 1
            self._profiles += piece.had_profile
            yield piece
        if not kept:
            name, fault = self._skipped[0]
            raise ValueError(
                f"none of {counted(self._total, 'picture')} can be used; {name}: {fault}"
            )

    def finish(self, written: Written) -> Prepared:
        """Write preview and list, now that the zip is whole."""
        preview = written.path.with_name(written.path.stem + PREVIEW_ENDING)
        shown = len(self._shown)
        cells = min(shown, _SHEET_PICTURES)
        chosen = [self._shown[index * shown // cells] for index in range(cells)]
        write_atomically(preview, png_bytes(_sheet(chosen)))
        skipped_list = written.path.with_name(written.path.stem + _SKIPPED_ENDING)
        passed_over = (*self._skipped, *self._unused)
        lines = "".join(f"{escaped(name)}\t{escaped(reason)}\n" for name, reason in passed_over)
        skipped_list.unlink(missing_ok=True)
        if lines:
            write_atomically(skipped_list, lines)
        converted: Counter[str] = Counter()
        for mode, count in self._modes.items():
            if mode != self._mode:
                converted[_MODES.get(mode, mode)] += count
        if self._profiles:
            converted["with a colour profile"] = self._profiles
        return Prepared(
            written,
            tuple(self._skipped),
            dict(converted),
            skipped_list if lines else None,
            preview,
            unused=self._unused,
        )


def _cut_one(pictures: Pictures, name: str, cut: Cut) -> _Piece:
    try:
        decoded = pictures.decode(name, cut.channels)
        return _Piece(name, png_bytes(cut(decoded.image)), decoded.mode, decoded.had_profile)
    except ValueError as error:
        return _Piece(name, fault=str(error))


def _cut_apart(
    source: Path, part: Part, names: Sequence[str], cut: Cut, workers: int
) -> Iterator[_Piece]:
    """Cut the pieces in order, in other processes that are a bounded way ahead."""
    waiting: deque[Future[list[_Piece]]] = deque()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _open_here, (source, part, cut)) as pool:
        try:
            for start in range(0, len(names), _AT_ONCE):
                waiting.append(pool.submit(_cut_here, names[start : start + _AT_ONCE]))
                if len(waiting) > 2 * workers:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


_here: dict[str, tuple[Pictures, Cut, ExitStack]] = {}
"""A cutting process's source, and what keeps it open; every process of the pool has its own."""


def _open_here(source: Path, part: Part, cut: Cut) -> None:
    opened = ExitStack()
    _here["source"] = (opened.enter_context(open_pictures(source, part)), cut, opened)


def _cut_here(names: Sequence[str]) -> list[_Piece]:
    pictures, cut, _ = _here["source"]
    return [_cut_one(pictures, name, cut) for name in names]


def _largest_size(pictures: Pictures, cut: Cut) -> tuple[tuple[int, int], str]:
    """Find the largest power of two that all pictures with readable headers reach, and a hint."""
    reached: list[tuple[int, str]] = []
    for name in pictures.names:
        try:
            side = min(cut.reach(*pictures.size(name)))
        except ValueError:
            continue
        if side >= 4:
            reached.append((side, name))
    if not reached:
        raise ValueError("no picture can be used: none has a readable header and enough pixels")
    reached.sort()
    smallest, name = reached[0]
    size = _power_below(smallest)
    most = _power_below(reached[len(reached) // _OUTLIERS][0])
    if most > size:
        fewer = sum(side < most for side, _ in reached)
        return (size, size), (
            f"{name} has only {counted(smallest, 'pixel')}: --size {most} would leave out "
            f"{counted(fewer, 'picture')} and keep the others larger"
        )
    if size > _LARGE:
        return (size, size), (
            f"{size}x{size} asks for large GPUs and weeks: --size 64 suits a CPU, --size 256 a GPU"
        )
    return (size, size), ""


def _power_below(side: int) -> int:
    """Return the largest power of two that is not above a number."""
    return 1 << (side.bit_length() - 1)


def _stored_names(names: Sequence[str]) -> dict[str, str]:
    """Name the pictures inside the zip: each once, also where only the endings differ."""
    stored: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        stem = escaped(str(PurePosixPath(name).with_suffix("")))
        candidate, number = f"{stem}.png", 1
        # Archives are unpacked on systems that know no capital letters.
        while candidate.lower() in taken:
            number += 1
            candidate = f"{stem}-{number}.png"
        taken.add(candidate.lower())
        stored[name] = candidate
    return stored


def _folder_classes(names: Sequence[str]) -> tuple[dict[str, Label], tuple[str, ...]]:
    """Number the folders that pictures lie in, below those that all share, and name them."""
    around = outer_folders(names)
    outer = around[-1] if around else ""
    folders = {name: PurePosixPath(name.removeprefix(outer)).parts for name in names}
    for name, parts in folders.items():
        if len(parts) == 1:
            raise ValueError(
                f"all pictures lie in one folder, {outer}: --folder-labels needs one for each class"
                if all(len(each) == 1 for each in folders.values()) and outer
                else f"{name} lies in no folder that could be its class"
            )
    classes = sorted({parts[0] for parts in folders.values()})
    numbers = {folder: index for index, folder in enumerate(classes)}
    labels: dict[str, Label] = {name: numbers[parts[0]] for name, parts in folders.items()}
    return labels, tuple(escaped(folder) for folder in classes)


def _class_sizes(labels: Sequence[Label], names: Sequence[str]) -> dict[str, int]:
    """Count the pictures of every class that has a name, or any pictures."""
    counts = Counter(label for label in labels if isinstance(label, int))
    numbers = range(len(names)) if names else sorted(counts)
    return {names[one] if names else str(one): counts[one] for one in numbers}


def _sheet(pngs: Sequence[bytes]) -> Image.Image:
    columns = min(_SHEET_COLUMNS, len(pngs))
    sheet = Image.new("RGB", (columns * _SHEET_PX, math.ceil(len(pngs) / columns) * _SHEET_PX))
    for index, png in enumerate(pngs):
        with Image.open(io.BytesIO(png)) as picture:
            longer = max(picture.size)
            # Small pictures keep their pixels visible.
            how = Image.Resampling.NEAREST if longer < _SHEET_PX else Image.Resampling.LANCZOS
            width, height = (max(1, _SHEET_PX * side // longer) for side in picture.size)
            shown = picture.convert("RGBA").resize((width, height), how)
        x = index % columns * _SHEET_PX + (_SHEET_PX - width) // 2
        y = index // columns * _SHEET_PX + (_SHEET_PX - height) // 2
        sheet.paste(shown, (x, y), shown)
    return sheet
