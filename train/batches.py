"""Everything random of a step, drawn for the whole batch by every process.

It depends on the seed and the step alone; each process then computes its own pieces of it (see
`train.share`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from generator import Generator
from train.augment import Draws
from train.config.training import TrainConfig
from train.data.labels import Labels
from train.randomness import Stream, keyed_generator


@dataclass(frozen=True)
class Latents:
    """Latents of a batch, one row per sample."""

    z: Tensor
    labels: Tensor
    other: Tensor | None
    """A second z, for style mixing."""
    first: Tensor | None
    """First layer that takes it, [n]."""
    transforms: Tensor | None = None
    """Inverse transforms of the input, [n, 3, 3], where it is moved at random."""

    def at(self, piece: Tensor) -> "Latents":
        """Take the latents of some of the samples."""
        return self._each(lambda rows: rows[piece])

    def to(self, device: torch.device) -> "Latents":
        """Copy the latents to another device."""
        return self._each(lambda rows: rows.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Latents":
        rows = (self.z, self.labels, self.other, self.first, self.transforms)
        z, labels, *others = (None if one is None else change(one) for one in rows)
        assert z is not None
        assert labels is not None
        return Latents(z, labels, *others)


@dataclass(frozen=True)
class Batch:
    """All random draws of a step."""

    latents: Latents
    """Latents of the pictures the discriminator learns from."""
    lesson: Latents
    """Latents of the pictures the generator learns from."""
    augment_reals: Draws | None
    augment_fakes: Draws | None
    augment_lesson: Draws | None
    shared: list[Tensor] = field(default_factory=list)
    """The discriminator's pictures with their gradients, piece by piece, where both share them."""


class BatchSampler:
    """Source of the latents and augmentations of each step.

    Args:
        config: The settings.
        net: The generator they are for.
        labels: Labels of all real pictures; latents take theirs from these.
        device: Where the latents go.
    """

    def __init__(
        self, config: TrainConfig, net: Generator, labels: Labels, device: torch.device
    ) -> None:
        self._config = config
        self._net = net
        self._labels = labels
        self._device = device

    def batch(self, step: int) -> Batch:
        """Draw for a step, counted from 0."""
        config = self._config
        latents = self.latents(Stream.DISCRIMINATOR_TURN, step, config.batch)
        return Batch(
            latents=latents,
            lesson=latents
            if config.share_fakes
            else self.latents(Stream.GENERATOR_TURN, step, config.batch),
            augment_reals=self._draws(Stream.AUGMENT_REALS, step),
            augment_fakes=self._draws(Stream.AUGMENT_FAKES, step),
            augment_lesson=self._draws(Stream.AUGMENT_LESSON, step),
        )

    def latents(self, stream: Stream, step: int, count: int) -> Latents:
        """Draw `count` latents from a stream of random numbers."""
        net, mixing = self._net, self._config.style_mixing
        random = keyed_generator(self._config.seed, stream, step)
        z = torch.randn(count, net.z_dim, generator=random)
        labels = self._labels[torch.randint(len(self._labels), (count,), generator=random)]
        other = first = None
        if mixing > 0:
            other = torch.randn(z.shape, generator=random)
            mixed = torch.rand(count, generator=random) < mixing
            first = torch.randint(1, net.num_ws, (count,), generator=random)
            first = torch.where(mixed, first, net.num_ws)
        transforms = None
        reach = self._config.input_shift
        if reach:
            transforms = torch.eye(3).repeat(count, 1, 1)
            transforms[:, :2, 2] = reach * (2 * torch.rand(count, 2, generator=random) - 1)
        return Latents(z, labels, other, first, transforms).to(self._device)

    def _draws(self, stream: Stream, step: int) -> Draws | None:
        if self._config.augment == "off":
            return None
        random = keyed_generator(self._config.seed, stream, step)
        return Draws.of(self._config.batch, random)
