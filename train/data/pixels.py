"""Pixels of a data set: all in memory, or read from its files when asked for.

Both give the same pixels. Threads read and decode, because Pillow lets go of Python's lock there.
"""

import hashlib
import os
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from systems.machine import usable_cores
from train.data.picture_source import PictureSource

_KEPT_BYTES = 256 << 20
"""Decoded pictures kept: R1 sees those of the step again."""
_MOST_READERS = 8
_BLOCK_BYTES = 32 << 20


class Pixels(Protocol):
    """The pixels of a data set, by position."""

    size: tuple[int, int]
    """Height and width."""
    channels: int

    def __len__(self) -> int: ...

    def take(self, chosen: Tensor) -> Tensor:
        """Take the pixels of some pictures, [n, h, w, channels] uint8; `chosen` is [n] int64."""

    def read_ahead(self, chosen: Tensor) -> None:
        """Prepare for some that will be asked for soon."""

    def source_key(self) -> str | None:
        """Hash the files' names, sizes and dates, without reading them; None in memory."""


class InMemory:
    """Pixels held in memory.

    Args:
        pixels: [N, h, w, channels] uint8.
    """

    def __init__(self, pixels: np.ndarray) -> None:
        self._pixels = torch.from_numpy(pixels)
        self.size = (pixels.shape[1], pixels.shape[2])
        self.channels = pixels.shape[3]

    def __len__(self) -> int:
        return len(self._pixels)

    def take(self, chosen: Tensor) -> Tensor:
        """Take the pixels of some pictures."""
        return self._pixels[chosen]

    def read_ahead(self, chosen: Tensor) -> None:
        """Do nothing: they are in memory."""

    def source_key(self) -> str | None:
        """Return None: there are no files any more."""
        return None


class OnDemand:
    """Pixels read from a folder or zip when they are asked for, by threads that can run ahead.

    Args:
        path: Folder or zip; it stays open.
        names: Its pictures, all of one size.
        size: Their height and width.
        readers: Threads.
    """

    def __init__(
        self, path: Path, names: Sequence[str], size: tuple[int, int], readers: int
    ) -> None:
        self.size = size
        self._path, self._names = path, list(names)
        opened = ExitStack()
        self._source = opened.enter_context(PictureSource.open(path))
        self.channels = self._source.channels
        weakref.finalize(self, opened.close)
        self._pool = ThreadPoolExecutor(readers, "pictures")
        self._kept: OrderedDict[int, Future[Tensor]] = OrderedDict()
        self._capacity = max(_KEPT_BYTES // picture_bytes(size, self.channels), 1)

    def __len__(self) -> int:
        return len(self._names)

    def take(self, chosen: Tensor) -> Tensor:
        """Take the pixels of some pictures.

        Raises:
            ValueError: One cannot be read any more, or has changed its size.
        """
        futures = [self._future(index) for index in chosen.tolist()]
        return torch.stack([future.result() for future in futures])

    def read_ahead(self, chosen: Tensor) -> None:
        """Begin to read them."""
        self._capacity = max(self._capacity, 3 * len(chosen))
        for index in chosen.tolist():
            self._future(index)

    def source_key(self) -> str | None:
        """Hash the names of the files, their sizes and dates."""
        digest = hashlib.blake2b(os.fsencode(self._path.resolve()), digest_size=16)
        folder = self._path.is_dir()
        files = [self._path / name for name in self._names] if folder else [self._path]
        for file in files:
            stat = file.stat()
            digest.update(os.fsencode(f"{file.name} {stat.st_size} {stat.st_mtime_ns}\n"))
        return digest.hexdigest()

    def _future(self, index: int) -> Future[Tensor]:
        future = self._kept.get(index)
        if future is None:
            shape = (*self.size, self.channels)
            future = self._pool.submit(_read, self._source, self._names[index], shape)
            self._kept[index] = future
        self._kept.move_to_end(index)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
        return future


def _read(source: PictureSource, name: str, shape: tuple[int, int, int]) -> Tensor:
    pixels = as_array(source.read(name))
    if pixels.shape != shape:
        raise ValueError(f"{name} in {source.path} is no longer {shape[1]}x{shape[0]}")
    return torch.from_numpy(pixels)


def as_array(picture: Image.Image) -> np.ndarray:
    """Copy a picture's pixels, [h, w, channels] uint8."""
    pixels = np.array(picture)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def picture_bytes(size: tuple[int, int], channels: int) -> int:
    """Return how many bytes the pixels of a picture take."""
    return size[0] * size[1] * channels


def in_blocks(pixels: Pixels, block: int | None = None) -> Iterator[Tensor]:
    """Go through all, [n, h, w, channels] uint8, `block` at a time; None: some tens of MiB."""
    size = block or max(_BLOCK_BYTES // picture_bytes(pixels.size, pixels.channels), 1)
    blocks = torch.arange(len(pixels)).split(size)
    for index, chosen in enumerate(blocks):
        if index + 1 < len(blocks):
            pixels.read_ahead(blocks[index + 1])
        yield pixels.take(chosen)


def fits_in_memory(total_bytes: int) -> bool:
    """Return True if a data set takes no more than a quarter of the machine's memory.

    Every process of a machine holds its own.
    """
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows does not tell
        memory = 8 << 30
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return total_bytes <= memory // (4 * processes)


def default_readers() -> int:
    """Return the number of threads that keep up with most trainings."""
    return min(usable_cores(), _MOST_READERS)
