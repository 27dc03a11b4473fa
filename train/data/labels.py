"""Labels of a data set: classes or vectors, one for every picture."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from train.data.picture_source import Label

_BLOCK_BYTES = 32 << 20


class Labels:
    """Labels by position, [n, c_dim] float32 each time some are asked for.

    Classes are kept as numbers and made one-hot on demand: tens of thousands of pictures in tens of
    thousands of classes would take gigabytes.

    Args:
        stored: [N] int64 classes, or [N, c_dim] float32.
        c_dim: Length of a label: number of classes, or of a vector; 0 without labels.
    """

    def __init__(self, stored: Tensor, c_dim: int) -> None:
        self._stored = stored
        self.c_dim = c_dim

    @classmethod
    def of(cls, labels: Mapping[str, Label] | None, names: Sequence[str]) -> "Labels":
        """Take the labels of some pictures, as `PictureSource.labels` gives them."""
        if not labels:
            return cls(torch.zeros(len(names), 0), 0)
        values = [labels[name] for name in names]
        if isinstance(values[0], int):
            classes = torch.tensor(values, dtype=torch.int64)
            return cls(classes, int(classes.max()) + 1)
        return cls.of_vectors(np.array(values, np.float32))

    @classmethod
    def of_vectors(cls, vectors: np.ndarray) -> "Labels":
        """Take labels that are vectors, [N, c_dim]."""
        return cls(torch.from_numpy(np.ascontiguousarray(vectors, np.float32)), vectors.shape[1])

    def __len__(self) -> int:
        return len(self._stored)

    def __getitem__(self, chosen: Tensor) -> Tensor:
        """Take the labels of some pictures, [n, c_dim] float32; `chosen` is [n] int64."""
        rows = self._stored[chosen]
        return F.one_hot(rows, self.c_dim).float() if rows.dim() == 1 else rows

    def dense(self) -> Tensor:
        """Return all labels, [N, c_dim]."""
        return self[torch.arange(len(self))]

    def blocks(self) -> Iterator[Tensor]:
        """Go through all labels in order, some tens of MiB at a time."""
        size = max(_BLOCK_BYTES // (8 * max(self.c_dim, 1)), 1)
        for chosen in torch.arange(len(self)).split(size):
            yield self[chosen]
