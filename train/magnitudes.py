"""Tracked magnitudes of StyleGAN3's layers, when a batch is computed piece by piece."""

import torch
from torch import Tensor

from generator.ranks import Ranks


class MagnitudeTally:
    """Tracked magnitudes of a whole batch: the mean of where each piece would lead them.

    Args:
        magnitudes: The buffers, as they are before the first piece.
    """

    def __init__(self, magnitudes: list[Tensor]) -> None:
        self._own = magnitudes
        self._before = [own.clone() for own in magnitudes]
        self._sums = [torch.zeros_like(own) for own in magnitudes]
        self._pieces = 0

    def take(self) -> None:
        """Take in a piece that has been drawn."""
        for own, total, before in zip(self._own, self._sums, self._before, strict=True):
            total += own
            own.copy_(before)
        self._pieces += 1

    def settle(self, ranks: Ranks) -> None:
        """Set the magnitudes, once all processes have drawn all pieces."""
        ranks.add_up(self._sums)
        for own, total in zip(self._own, self._sums, strict=True):
            own.copy_(total / (self._pieces * ranks.count))
