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
class TornGroups:
    """Groups of the minibatch standard deviation whose pictures several processes hold."""

    ranks: Ranks
    group_of: Tensor
    """The group of each of this process's pictures, [n] int64."""
    groups: int
    """Groups in all."""
    group_size: int

    def means(self, values: Tensor) -> Tensor:
        """Average over groups what every picture has, [sets, n, …] to [sets, groups, …]."""
        totals = values.new_zeros(len(values), self.groups, *values.shape[2:])
        totals = totals.index_add(1, self.group_of.to(values.device), values)
        return self.ranks.summed(totals) / self.group_size


@dataclass(frozen=True)
class Share:
    """This process's pieces of every batch."""

    ranks: Ranks
    pieces: tuple[Tensor, ...]
    """Indices into the batch, [n] int64 each, equally many in every piece of every process."""
    batch: int
    torn: TornGroups | None = None
    """The groups, where the processes do not hold whole ones."""

    @classmethod
    def of(
        cls, batch: int, group_size: int, micro_batch: int | None = None, ranks: Ranks = ALONE
    ) -> "Share":
        """Divide a batch; no group of the minibatch standard deviation is torn without need.

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
        if batch % ranks.count:
            raise ValueError(
                f"{ranks.count} processes cannot share a batch of {batch}; make --batch a multiple "
                f"of {ranks.count}, or take fewer processes"
            )
        group = math.gcd(min(group_size, batch), batch)
        groups = batch // group
        if groups % ranks.count:
            return cls._torn(batch, group, micro_batch, ranks)
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

    @classmethod
    def _torn(cls, batch: int, group: int, micro_batch: int | None, ranks: Ranks) -> "Share":
        here = batch // ranks.count
        if micro_batch is not None and micro_batch < here:
            raise ValueError(
                f"micro_batch must be None or at least {here} where {ranks.count} processes share "
                f"groups of {group}, got {micro_batch}"
            )
        piece = torch.arange(ranks.rank * here, (ranks.rank + 1) * here)
        groups = batch // group
        return cls(ranks, (piece,), batch, TornGroups(ranks, piece % groups, groups, group))

    def of_smaller(self, batch: int) -> tuple[Tensor, ...]:
        """Take this process's pieces of a batch without groups, some of them possibly empty."""
        every = torch.arange(batch).tensor_split(self.ranks.count * len(self.pieces))
        first = self.ranks.rank * len(self.pieces)
        return every[first : first + len(self.pieces)]
