"""The averaged generator, the one that is shown, measured and kept."""

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


class WeightEma(Generic[Network]):
    """A copy of a network whose weights follow the trained ones slowly.

    Args:
        network: The trained network; its buffers are copied, its parameters averaged.
        half_life_kimg: Thousands of pictures after which an old weight counts half.
        rampup: The half-life is at most this fraction of the pictures seen; None is no limit.
    """

    def __init__(self, network: Network, *, half_life_kimg: float, rampup: float | None) -> None:
        self.network: Network = copy.deepcopy(network)
        self.network.eval().requires_grad_(False)
        self._half_life_kimg = half_life_kimg
        self._rampup = rampup
        self._pairs = list(zip(self.network.parameters(), network.parameters(), strict=True))
        self._buffers = list(zip(self.network.buffers(), network.buffers(), strict=True))

    def decay(self, *, images_seen: int, batch_size: int) -> float:
        """Compute how much of the average stays in one step: 0.5^(batch / half-life)."""
        half_life = self._half_life_kimg * 1000
        if self._rampup is not None:
            half_life = min(half_life, images_seen * self._rampup)
        return 0.5 ** (batch_size / half_life) if half_life > 0 else 0.0

    @torch.no_grad()
    def update(self, *, images_seen: int, batch_size: int) -> None:
        """Move the average towards the trained weights by one step of `batch_size` pictures."""
        decay = self.decay(images_seen=images_seen, batch_size=batch_size)
        averaged, trained = (list(side) for side in zip(*self._pairs, strict=True))
        torch._foreach_lerp_(averaged, trained, 1 - decay)
        for kept, current in self._buffers:
            kept.copy_(current)
