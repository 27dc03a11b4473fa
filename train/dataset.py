"""Data sets: a folder or zip of square pictures of one power-of-two size, held in memory.

`dataset.json` beside the pictures, when there is one, gives labels:
`{"labels": [["path", class or vector], ...]}`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import numpy as np
import torch
from torch import Tensor

from train.pictures import PICTURE_SUFFIXES, PictureSource
from train.randomness import Stream, keyed_generator

# As many classes, or numbers of a vector, as a network takes.
_LONGEST_LABEL = 1 << 16


@dataclass(frozen=True)
class ImageDataset:
    """A data set in memory."""

    name: str
    """Where it came from, for messages and logs."""
    images: Tensor
    """[N, 3, r, r] uint8, channels last in memory."""
    labels: Tensor
    """[N, c_dim] float32; c_dim is 0 without labels."""

    @classmethod
    def load(cls, path: Path) -> "ImageDataset":
        """Read a folder or zip.

        Raises:
            ValueError: Empty, a corrupt or non-square picture (named), mixed sizes, a size that is
                no power of two, bad labels.
        """
        with PictureSource.open(path) as source:
            if not source.names:
                kinds = " ".join(sorted(PICTURE_SUFFIXES))
                raise ValueError(f"{path} holds no pictures ({kinds})")
            first = source.names[0]
            size = _check_square(path, first, source.size(first))
            pixels = np.empty((len(source.names), size, size, 3), np.uint8)
            for index, name in enumerate(source.names):
                picture = source.read(name)
                if picture.size != (size, size):
                    raise ValueError(
                        f"{path} mixes sizes: {first} is {size}x{size}, {name} is "
                        f"{picture.width}x{picture.height}; python -m train prepare makes them one"
                    )
                pixels[index] = np.asarray(picture)
            labels = _label_matrix(source)
        return cls.from_arrays(pixels, labels, name=str(path))

    @classmethod
    def from_arrays(
        cls, pixels: np.ndarray, labels: np.ndarray | None = None, *, name: str = "memory"
    ) -> "ImageDataset":
        """A data set of [N, r, r, 3] uint8 pixels and optional [N, c_dim] float32 labels."""
        table = np.zeros((len(pixels), 0), np.float32) if labels is None else labels
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        return cls(name, images, torch.from_numpy(np.ascontiguousarray(table, np.float32)))

    def __len__(self) -> int:
        return len(self.images)

    @property
    def resolution(self) -> int:
        """Side of the pictures, pixels."""
        return self.images.shape[-1]

    @property
    def c_dim(self) -> int:
        """Length of a label, 0 without labels."""
        return self.labels.shape[1]

    def fingerprint(self) -> str:
        """Stands for the pictures, their labels and their order: other data, another one."""
        digest = hashlib.blake2b(digest_size=16)
        for tensor in (self.images.permute(0, 2, 3, 1), self.labels):
            digest.update(str(tuple(tensor.shape)).encode())
            digest.update(tensor.contiguous().numpy().data)
        return digest.hexdigest()

    def batch(self, positions: Tensor, *, seed: int, mirror: bool) -> tuple[Tensor, Tensor]:
        """The pictures at positions of the endless shuffled sequence that `seed` stands for.

        A position gives the same picture however the sequence is cut into batches, so that a
        resumed training sees what an uninterrupted one would have seen.

        Args:
            positions: [B] int64, ascending, at least 0.
            seed: Which sequence.
            mirror: Flip every other picture, drawn anew in every epoch.

        Returns:
            Images, [B, 3, r, r] float32 in -1..1, channels last, and labels, [B, c_dim].
        """
        epochs = torch.div(positions, len(self), rounding_mode="floor")
        chosen = torch.empty_like(positions)
        flipped = torch.zeros(len(positions), dtype=torch.bool)
        for epoch in epochs.unique().tolist():
            here = epochs == epoch
            order, flips = self._epoch(seed, epoch)
            place = positions[here] - epoch * len(self)
            chosen[here] = order[place]
            flipped[here] = flips[place]
        # Indexing the [N, r, r, 3] view keeps the pixels channels last.
        pixels = self.images.permute(0, 2, 3, 1)[chosen]
        images = pixels.to(torch.float32).mul_(1 / 127.5).sub_(1)
        if mirror and bool(flipped.any()):
            images[flipped] = images[flipped].flip(2)
        return images.permute(0, 3, 1, 2), self.labels[chosen]

    def _epoch(self, seed: int, epoch: int) -> tuple[Tensor, Tensor]:
        generator = keyed_generator(seed, Stream.DATA, epoch)
        order = torch.randperm(len(self), generator=generator)
        return order, torch.rand(len(self), generator=generator) < 0.5


def _check_square(path: Path, name: str, size: tuple[int, int]) -> int:
    width, height = size
    if width != height or width < 4 or width & (width - 1):
        raise ValueError(
            f"{name} in {path} is {width}x{height}; pictures must be square with a power of two of "
            "pixels: python -m train prepare makes them so"
        )
    return width


def _label_matrix(source: PictureSource) -> np.ndarray | None:
    labels = source.labels()
    if not labels:
        return None
    values = list(labels.values())
    classes = [value for value in values if _is_class(value)]
    if len(classes) == len(values):
        one_hot = np.zeros((len(classes), max(classes) + 1), np.float32)
        one_hot[np.arange(len(classes)), classes] = 1
        return one_hot
    try:
        matrix: np.ndarray = np.array(values, np.float32)
    except (TypeError, ValueError, OverflowError):
        matrix = np.zeros(0, np.float32)
    if matrix.ndim != 2 or matrix.shape[1] > _LONGEST_LABEL or not np.isfinite(matrix).all():
        raise ValueError(
            f"labels in {source.path} must be all whole numbers from 0 to {_LONGEST_LABEL - 1}, or "
            "all vectors of one length, of finite numbers"
        )
    return matrix


def _is_class(label: object) -> TypeGuard[int]:
    # JSON's true is an int to Python.
    if not isinstance(label, int) or isinstance(label, bool):
        return False
    return 0 <= label < _LONGEST_LABEL
