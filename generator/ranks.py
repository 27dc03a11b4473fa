"""Several processes that share one measurement, as `torchrun` starts them, one for each GPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import distributed


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
    distributed.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield Ranks(distributed.get_rank(), count), device
    finally:
        distributed.destroy_process_group()
