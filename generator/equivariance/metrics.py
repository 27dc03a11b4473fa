"""How well a generator's pictures move and turn with their input: EQ-T, EQ-T_frac and EQ-R.

Every sample is moved in three ways and compared (`generator.equivariance.comparison`). All three
metrics are peak signal-to-noise ratios in dB over the pixels valid in both pictures, pooled over
the samples, for a range of −1 to 1 (Karras et al. 2021, section 2.2 and appendix E). Latents are
not truncated, and noise inputs, where a network has them, stay fixed.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from generator import transforms
from generator.equivariance.comparison import Moves, compare, psnr_db
from generator.ranks import ALONE, Ranks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from generator.network import Generator

LARGEST_SHIFT = 1 / 8
"""Largest shift either way, as a fraction of the picture's width."""

_RESAMPLINGS = 1000


@dataclass(frozen=True)
class Score:
    """One metric in decibels, with the interval that holds it with 95 % confidence."""

    db: float
    low_db: float
    high_db: float

    def to_json(self) -> dict[str, float | None]:
        """The figures, None for one that is not finite: JSON has no infinity."""
        return {
            name: value if math.isfinite(value) else None for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class EquivarianceResult:
    """The metrics of one network. Infinite where there was no difference at all."""

    eq_t: Score
    """Translation by whole pixels."""
    eq_t_frac: Score
    """Translation by any distance."""
    eq_r: Score
    """Rotation."""
    samples: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Every figure, as values that JSON can hold; None stands for one that is not finite."""
        return {
            "eq_t": self.eq_t.to_json(),
            "eq_t_frac": self.eq_t_frac.to_json(),
            "eq_r": self.eq_r.to_json(),
            "samples": self.samples,
            "seed": self.seed,
        }


class EquivarianceMeter:
    """Measures one network bit by bit: `add` samples, ask for the `result` at any time.

    Sample number i of a seed is the same whatever the batches, so the result depends on the seed
    and the number of samples alone. Only sums are kept, of all samples and of resamplings of them:
    a sample goes into each resampling as often as a Poisson variable of mean 1 says, which is what
    drawing with replacement comes to (Oza and Russell 2001, "Online Bagging and Boosting"). Sums
    of several processes can be added.

    Args:
        net: Any generator; psi 1 and float32 throughout.
        seed: Of all random draws.
        ranks: Processes that share the samples; this one takes every `count`-th.
        label: Class of all samples, [c_dim]; None for a random one for each.

    Raises:
        ValueError: the seed is negative.
    """

    def __init__(
        self,
        net: Generator,
        seed: int = 0,
        ranks: Ranks = ALONE,
        label: Tensor | None = None,
    ) -> None:
        if seed < 0:
            raise ValueError(f"seed must not be negative, got {seed}")
        self.net = net
        self.seed = seed
        self.ranks = ranks
        self.label = label
        self.samples = 0
        """Samples measured so far, in this process."""
        # Squared errors and valid values of the three metrics; first once, then resampled.
        self._sums = np.zeros((1 + _RESAMPLINGS, 2, 3))

    @torch.no_grad()
    def add(self, count: int) -> None:
        """Measure the next `count` samples, in one batch.

        Raises:
            ValueError: `count` is not positive.
        """
        if count < 1:
            raise ValueError(f"count must be positive, got {count}")
        net, ranks = self.net, self.ranks
        indices = [ranks.rank + ranks.count * (self.samples + i) for i in range(count)]
        drawn = draw_samples(net, self.seed, indices, self.label)
        ws = drawn.ws
        plain = net.synthesis(ws, transform=transforms.identity())
        shifts, width = drawn.shifts, net.resolution
        sums = torch.stack(
            [
                compare(net, ws, Moves.of("translation", shifts, width), plain=plain).sums(),
                compare(net, ws, Moves.of("fractional", shifts, width), plain=plain).sums(),
                compare(net, ws, Moves.of("rotation", drawn.angles_rad, width), plain=plain).sums(),
            ]
        )
        per_sample = sums.permute(2, 1, 0).cpu().numpy()
        self._sums += np.tensordot(drawn.weights, per_sample, axes=1)
        self.samples += count

    def result(self) -> EquivarianceResult:
        """The metrics over all samples so far, of all processes: each of them has to call this.

        Raises:
            ValueError: there is none yet.
        """
        sums, samples = self.ranks.total(self._sums), self.ranks.total(np.array(self.samples))
        if not samples:
            raise ValueError("no sample was measured yet")
        eq_t, eq_t_frac, eq_r = (_score(sums[:, 0, i], sums[:, 1, i]) for i in range(3))
        return EquivarianceResult(eq_t, eq_t_frac, eq_r, int(samples), self.seed)


def measure(
    net: Generator,
    *,
    samples: int = 1000,
    seed: int = 0,
    batch: int = 8,
    ranks: Ranks = ALONE,
    label: Tensor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> EquivarianceResult:
    """Measure EQ-T, EQ-T_frac and EQ-R of a network.

    Args:
        net: Any generator; psi 1 and float32 throughout.
        samples: Latents drawn, each with one translation and one rotation.
        seed: Of all random draws.
        batch: Samples computed at a time; changes the result by rounding only.
        ranks: Processes that share the samples (`generator.ranks`); changes it by rounding only.
        label: Class of all samples, [c_dim]; None for a random one for each.
        progress: Called after each batch with the samples done and the samples in all, those of
            the other processes estimated.

    Returns:
        The scores with 95 % bootstrap intervals over the samples; the same in all processes.

    Raises:
        ValueError: `samples` or `batch` is not positive, or `seed` is negative.
    """
    if samples < 1 or batch < 1:
        raise ValueError(f"samples and batch must be positive, got {samples} and {batch}")
    meter = EquivarianceMeter(net, seed, ranks, label)
    share = len(range(ranks.rank, samples, ranks.count))
    while meter.samples < share:
        meter.add(min(batch, share - meter.samples))
        if progress is not None:
            progress(min(meter.samples * ranks.count, samples), samples)
    return meter.result()


@dataclass(frozen=True)
class Samples:
    """Everything random about a few samples."""

    ws: Tensor
    """[N, num_ws, w_dim], not truncated."""
    shifts: list[tuple[float, float]]
    """Right and down, in fractions of the picture."""
    angles_rad: list[float]
    weights: np.ndarray
    """How often each counts: once, and in each resampling, [1 + R, N]."""


@torch.no_grad()
def draw_samples(
    net: Generator, seed: int, indices: Sequence[int], label: Tensor | None = None
) -> Samples:
    """Draw the samples with these numbers, of a seed; each depends on seed and number alone.

    Args:
        net: Its mapping network makes the latents.
        seed: Of all random draws.
        indices: Numbers of the samples.
        label: Class of all samples, [c_dim]; None for a random one for each.
    """
    zs, labels, shifts, angles, weights = [], [], [], [], []
    for index in indices:
        random = np.random.default_rng((seed, index))
        zs.append(random.standard_normal(net.z_dim, dtype=np.float32))
        right, down = random.uniform(-LARGEST_SHIFT, LARGEST_SHIFT, size=2)
        shifts.append((float(right), float(down)))
        angles.append(float(random.uniform(-math.pi, math.pi)))
        drawn = np.zeros(net.c_dim, np.float32)
        if net.c_dim:
            drawn[random.integers(net.c_dim)] = 1
        labels.append(drawn if label is None else label.numpy())
        weights.append(np.concatenate([[1], random.poisson(size=_RESAMPLINGS)]))
    device = next(net.parameters()).device
    c = torch.from_numpy(np.stack(labels)).to(device) if net.c_dim else None
    ws = net.mapping(torch.from_numpy(np.stack(zs)).to(device), c)
    return Samples(ws, shifts, angles, np.stack(weights, axis=1))


def _score(squared: np.ndarray, values: np.ndarray) -> Score:
    """The ratio of sums [1 + R], first of all samples, then of R resamplings; and its interval."""
    db, *resampled = map(psnr_db, squared.tolist(), values.tolist())
    # Of very few samples a resampling may hold none.
    known = [one for one in resampled if not math.isnan(one)] or [db]
    low, high = np.quantile(known, [0.025, 0.975], method="nearest")
    return Score(db, min(db, float(low)), max(db, float(high)))
