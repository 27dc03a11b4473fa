"""Several processes that share one measurement, as `torchrun` starts them, one for each GPU."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import distributed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

T = TypeVar("T")

_PATIENCE = timedelta(hours=12)
"""The others wait while the first process measures or reads a large data set. One that has ended is
noticed at once: its connections close, and `torchrun` ends the others."""


@dataclass(frozen=True)
class Ranks:
    """This process among those that share the work."""

    rank: int = 0
    """Its number, from 0; the first one speaks for all."""
    count: int = 1

    def total(self, values: np.ndarray) -> np.ndarray:
        """The sum of all processes' float64 or integer arrays; each of them has to call this."""
        if self.count == 1:
            return values
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        summed = torch.as_tensor(values, dtype=torch.float64).to(device, copy=True)
        distributed.all_reduce(summed)
        return summed.cpu().numpy()

    def add_up(self, tensors: Sequence[torch.Tensor]) -> None:
        """Replace tensors of one dtype by their sums over all processes, in one exchange.

        Raises:
            LostProcessError: another process has gone.
        """
        if self.count == 1 or not tensors:
            return
        flat = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
        try:
            distributed.all_reduce(flat)
        except RuntimeError as error:
            raise LostProcessError(_one_line(error)) from error
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.detach().copy_(part.view_as(tensor))

    def summed(self, tensor: torch.Tensor) -> torch.Tensor:
        """Sum a tensor over all processes, differentiable to any order; each has to call this.

        Each process then differentiates its part of a loss that is the sum of all parts.

        Raises:
            LostProcessError: another process has gone.
        """
        if self.count == 1:
            return tensor
        total: torch.Tensor = _Summed.apply(tensor, self)  # type: ignore[no-untyped-call]
        return total

    def told(self, value: T) -> T:
        """Return what the first process says; all of them have to ask for it at the same time.

        Raises:
            LostProcessError: another process has gone.
        """
        if self.count == 1:
            return value
        said = [value]
        try:
            distributed.broadcast_object_list(said, src=0)
        except RuntimeError as error:
            raise LostProcessError(_one_line(error)) from error
        return said[0]

    @property
    def speaks(self) -> bool:
        """True for the process that writes and prints."""
        return self.rank == 0


class _Summed(torch.autograd.Function):
    """A sum over processes. What it feeds in all of them counts in the gradient."""

    @staticmethod
    def forward(ctx: Any, tensor: torch.Tensor, ranks: Ranks) -> torch.Tensor:
        ctx.ranks = ranks
        own = tensor.detach().clone(memory_format=torch.contiguous_format)
        ranks.add_up([own])
        return own

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return ctx.ranks.summed(gradient), None


class LostProcessError(ValueError):
    """A process of the group has ended; the others cannot go on."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"another process of this group has ended: {reason}")


def _one_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


ALONE = Ranks()


@contextmanager
def joined_ranks(device: str = "auto") -> Iterator[tuple[Ranks, str]]:
    """Join the other processes of a `torchrun`, and part from them at the end.

    Args:
        device: cpu, cuda, cuda:N or mps; auto is the first there is of CUDA and CPU. Under
            `torchrun`, auto and cuda mean the GPU with the local number of the process.

    Yields:
        This process among the others, and the device it is to use.

    Raises:
        ValueError: there is no such device here.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = device.partition(":")[0]
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.mps.is_available()}
    if not there.get(kind, False):
        known = ", ".join(name for name, is_there in there.items() if is_there)
        raise ValueError(f"there is no device {device!r} here; take {known}")
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE, device
        return
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
    on_gpu = device.startswith("cuda")
    if on_gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if on_gpu else "gloo", timeout=_PATIENCE)
    try:
        yield Ranks(distributed.get_rank(), count), device
    finally:
        distributed.destroy_process_group()
