"""Division of a batch among processes, and into pieces.

Every random number of a step is drawn for the whole batch by every process and then indexed, so
that a training takes the same steps however many processes share it.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from generator.ranks import ALONE, Ranks


@dataclass(frozen=True)
class Share:
    """This process's pieces of every batch."""

    ranks: Ranks
    pieces: tuple[Tensor, ...]
    """Indices into the batch, [n] int64 each, equally many in every piece of every process."""
    batch: int

    @classmethod
    def of(
        cls, batch: int, group_size: int, micro_batch: int | None = None, ranks: Ranks = ALONE
    ) -> "Share":
        """Divide a batch so that no group of the minibatch standard deviation is torn.

        A group is made of pictures that lie batch / group_size apart (see
        `train.discriminator`), so a piece takes the same stretch out of each such part.

        Args:
            batch: Pictures of a step, over all processes.
            group_size: Pictures that the discriminator compares.
            micro_batch: Most pictures computed at a time; None: all of this process's.
            ranks: The processes.

        Raises:
            ValueError: the batch cannot be divided so.
        """
        group = math.gcd(min(group_size, batch), batch)
        groups = batch // group
        if groups % ranks.count:
            raise ValueError(
                f"{ranks.count} processes cannot share a batch of {batch} in groups of {group}; "
                f"make --batch a multiple of {group * ranks.count}, or take fewer processes"
            )
        here = groups // ranks.count
        at_once = here if micro_batch is None else max(micro_batch // group, 1)
        if micro_batch is not None and (micro_batch % group or here % at_once):
            raise ValueError(
                f"micro_batch must be a multiple of {group} that divides {here * group}, the "
                f"pictures of a process, got {micro_batch}"
            )
        starts = range(ranks.rank * here, (ranks.rank + 1) * here, at_once)
        offsets = torch.arange(group)[:, None] * groups
        pieces = tuple(
            (offsets + torch.arange(start, start + at_once)).flatten() for start in starts
        )
        return cls(ranks, pieces, batch)

    def of_smaller(self, batch: int) -> tuple[Tensor, ...]:
        """Take this process's pieces of a batch without groups, some of them possibly empty."""
        every = torch.arange(batch).tensor_split(self.ranks.count * len(self.pieces))
        first = self.ranks.rank * len(self.pieces)
        return every[first : first + len(self.pieces)]
