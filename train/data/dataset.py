"""Data sets: a folder or zip of pictures of one size.

`dataset.json` beside the pictures, when there is one, gives labels and, where pictures are not
learned in colours, their channels: `{"labels": [["path", class or vector], ...], "channels": 1}`.
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
import torch
from torch import Tensor

from generator.files.atomic_files import write_atomically
from generator.shapes import check_learnable
from train.data.labels import Labels
from train.data.picture_source import PICTURE_SUFFIXES, PictureSource
from train.data.pixels import (
    InMemory,
    OnDemand,
    Pixels,
    as_array,
    default_readers,
    fits_in_memory,
    in_blocks,
    picture_bytes,
)
from train.randomness import Stream, keyed_generator


@dataclass(frozen=True)
class ImageDataset:
    """A data set: labels in memory, pictures there too or read on demand."""

    name: str
    """Origin of the pictures, for messages and logs."""
    pixels: Pixels
    labels: Labels

    @classmethod
    def load(cls, path: Path, *, workers: int | None = None) -> "ImageDataset":
        """Read a folder or zip; batches are the same wherever the pixels are.

        Args:
            path: The folder or zip.
            workers: Threads that read pictures on demand; 0 holds all in memory; None does where
                they take at most a quarter of it.

        Raises:
            ValueError: Empty, a corrupt picture (named), mixed sizes, a size that no network draws,
                bad labels. Of data read on demand only the headers are checked.
        """
        if workers is not None and workers < 0:
            raise ValueError(f"workers must be at least 0, got {workers}")
        with PictureSource.open(path) as source:
            names = source.names
            if not names:
                kinds = " ".join(sorted(PICTURE_SUFFIXES))
                raise ValueError(f"{path} holds no pictures ({kinds})")
            size = _checked_size(path, names[0], source.size(names[0]))
            labels, channels = Labels.of(source.labels(), names), source.channels
            total = len(names) * picture_bytes(size, channels)
            if workers == 0 or (workers is None and fits_in_memory(total)):
                held = np.empty((len(names), *size, channels), np.uint8)
                for index, name in enumerate(names):
                    picture = source.read(name)
                    _check_same(path, names[0], size, name, picture.size)
                    held[index] = as_array(picture)
                return cls(str(path), InMemory(held), labels)
            for name in names:
                _check_same(path, names[0], size, name, source.size(name))
        pixels = OnDemand(path, names, size, workers or default_readers())
        return cls(str(path), pixels, labels)

    @classmethod
    def from_arrays(
        cls, pixels: np.ndarray, labels: np.ndarray | None = None, *, name: str = "memory"
    ) -> "ImageDataset":
        """Make a data set of [N, h, w, channels] uint8 and optional [N, c_dim] float32 labels."""
        vectors = np.zeros((len(pixels), 0)) if labels is None else labels
        return cls(name, InMemory(pixels), Labels.of_vectors(vectors))

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def images(self) -> Tensor:
        """All pictures at once, [N, channels, h, w] uint8, channels last in memory."""
        return self.pixels.take(torch.arange(len(self))).permute(0, 3, 1, 2)

    def in_order(self, batch: int) -> Iterator[Tensor]:
        """Go through all pictures, batch by batch, [n, channels, h, w] uint8."""
        return (block.permute(0, 3, 1, 2) for block in in_blocks(self.pixels, batch))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures, pixels."""
        return self.pixels.size

    @property
    def channels(self) -> int:
        """Channels of the pictures: 1 for grey, 3 for colours, 4 for colours and opacity."""
        return self.pixels.channels

    @property
    def c_dim(self) -> int:
        """Length of a label, 0 without labels."""
        return self.labels.c_dim

    def fingerprint(self) -> str:
        """Hash the pictures, their labels and their order.

        Decodes every picture. Of data read on demand it is kept until a file changes.
        """
        files = self.pixels.source_key()
        if files is None:
            return self._hashed()
        labels = hashlib.blake2b(digest_size=8)
        for rows in self.labels.blocks():
            labels.update(rows.numpy().data)
        kept = _cache() / f"{files}-{labels.hexdigest()}"
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(kept, self._hashed())
        return kept.read_text()

    def _hashed(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        digest.update(str((len(self), *self.size, self.channels)).encode())
        for block in in_blocks(self.pixels):
            digest.update(block.numpy().data)
        digest.update(str((len(self.labels), self.c_dim)).encode())
        for rows in self.labels.blocks():
            digest.update(rows.numpy().data)
        return digest.hexdigest()

    def read_ahead(self, positions: Tensor, *, seed: int) -> None:
        """Begin to read what `batch` will be asked for."""
        self.pixels.read_ahead(self._chosen(positions, seed)[0])

    def batch(self, positions: Tensor, *, seed: int, mirror: bool) -> tuple[Tensor, Tensor]:
        """Take the pictures at positions of the endless shuffled sequence that `seed` stands for.

        A position gives the same picture however the sequence is cut into batches, so that a
        resumed training sees what an uninterrupted one would have seen.

        Args:
            positions: [B] int64, ascending, at least 0.
            seed: Which sequence.
            mirror: Flip every other picture, drawn anew in every epoch.

        Returns:
            Images, [B, channels, h, w] float32 in -1..1, channels last, and labels, [B, c_dim].
        """
        chosen, flipped = self._chosen(positions, seed)
        # [B, h, w, channels] in memory, so that the pictures come out channels last.
        images = self.pixels.take(chosen).to(torch.float32).mul_(1 / 127.5).sub_(1)
        if mirror and bool(flipped.any()):
            images[flipped] = images[flipped].flip(2)
        return images.permute(0, 3, 1, 2), self.labels[chosen]

    def _chosen(self, positions: Tensor, seed: int) -> tuple[Tensor, Tensor]:
        """Find which pictures lie at some positions, and which of them may be flipped."""
        epochs = torch.div(positions, len(self), rounding_mode="floor")
        chosen = torch.empty_like(positions)
        flipped = torch.zeros(len(positions), dtype=torch.bool)
        for epoch in epochs.unique().tolist():
            here = epochs == epoch
            order, flips = self._epoch(seed, epoch)
            place = positions[here] - epoch * len(self)
            chosen[here] = order[place]
            flipped[here] = flips[place]
        return chosen, flipped

    def _epoch(self, seed: int, epoch: int) -> tuple[Tensor, Tensor]:
        generator = keyed_generator(seed, Stream.DATA, epoch)
        order = torch.randperm(len(self), generator=generator)
        return order, torch.rand(len(self), generator=generator) < 0.5


def unusable(path: Path, workers: int) -> list[str]:
    """Check the pictures of a folder or zip: a line for each that cannot be decoded.

    Args:
        path: Folder or zip.
        workers: Threads that look.

    Raises:
        ValueError: The folder or zip itself cannot be read.
    """
    with PictureSource.open(path) as source:

        def look(name: str) -> str | None:
            try:
                source.read(name)
            except ValueError as error:
                return str(error)
            return None

        with ThreadPoolExecutor(max(workers, 1)) as pool:
            return [fault for fault in pool.map(look, source.names) if fault is not None]


def _cache() -> Path:
    return platformdirs.user_cache_path("alias-free-visualizer") / "fingerprints"


def _check_same(
    path: Path, first: str, expected: tuple[int, int], name: str, size: tuple[int, int]
) -> None:
    height, width = expected
    if size != (width, height):
        raise ValueError(
            f"{path} mixes sizes: {first} is {width}x{height}, {name} is {size[0]}x{size[1]}; "
            "python -m train prepare makes them one"
        )


def _checked_size(path: Path, name: str, size: tuple[int, int]) -> tuple[int, int]:
    """Return height and width of a data set whose first picture has this width and height."""
    width, height = size
    try:
        check_learnable((height, width))
    except ValueError as error:
        raise ValueError(
            f"{name} in {path} is {width}x{height}: {error}; python -m train prepare makes them so"
        ) from None
    return height, width
