"""How well a generator's pictures move and turn with their input: EQ-T, EQ-T_frac and EQ-R.

The network draws every sample twice, as it is and moved (by its input's transform). The first is
then moved too, as a finished picture (`generator.warps`), and the two are compared. All three
metrics are peak signal-to-noise ratios in dB over the pixels valid in both pictures, pooled over
the samples, for a range of −1 to 1 (Karras et al. 2021, section 2.2 and appendix E). Latents are
not truncated, and noise inputs, where a network has them, stay fixed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from generator import transforms, warps
from generator.network import Generator

LARGEST_SHIFT = 1 / 8
"""Of the picture's width, either way."""

_PEAK_SQUARED = 2.0**2
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
    and the number of samples alone.
    """

    def __init__(self, net: Generator, seed: int = 0) -> None:
        """Start without a sample.

        Raises:
            ValueError: the seed is negative.
        """
        if seed < 0:
            raise ValueError(f"seed must not be negative, got {seed}")
        self.net = net
        self.seed = seed
        # Per sample: squared errors and valid values of the three metrics, [2, 3].
        self._errors: list[np.ndarray] = []

    @property
    def samples(self) -> int:
        """Samples measured so far."""
        return len(self._errors)

    @torch.no_grad()
    def add(self, count: int) -> None:
        """Measure the next `count` samples, in one batch.

        Raises:
            ValueError: `count` is not positive.
        """
        if count < 1:
            raise ValueError(f"count must be positive, got {count}")
        net = self.net
        first = self.samples
        draws = [_Draw.of(net, self.seed, i) for i in range(first, first + count)]
        device = next(net.parameters()).device
        labels = torch.from_numpy(np.stack([d.label for d in draws])).to(device)
        z = torch.from_numpy(np.stack([d.z for d in draws])).to(device)
        ws = net.mapping(z, labels if net.c_dim else None)

        def drawn(matrices: list[Tensor]) -> Tensor:
            transform = torch.stack(matrices).to(device)
            return net.synthesis(ws, transform=transform, noise="const")

        plain = drawn([transforms.identity()] * count)
        shift_px = torch.tensor([d.shift for d in draws], dtype=torch.float64) * net.resolution
        angle_rad = torch.tensor([d.angle_rad for d in draws], dtype=torch.float64)

        errors = []
        for shift, shift_picture in (
            (shift_px.round(), warps.shift_integer),
            (shift_px, warps.shift_fractional),
        ):
            fractions = (shift / net.resolution).tolist()
            moved = drawn([transforms.translation(tx, ty) for tx, ty in fractions])
            expected, mask = shift_picture(plain, shift)
            errors.append(_squared_error(moved, expected, mask))
        turned = drawn([transforms.rotation(angle) for angle in angle_rad.tolist()])
        turned, mask_turned = warps.pseudo_rotate(turned, angle_rad)
        expected, mask = warps.rotate(plain, angle_rad)
        errors.append(_squared_error(turned, expected, mask & mask_turned))
        self._errors.extend(torch.stack(errors).permute(2, 1, 0).cpu().numpy())

    def result(self) -> EquivarianceResult:
        """The metrics over all samples so far.

        Raises:
            ValueError: there is none yet.
        """
        if not self._errors:
            raise ValueError("no sample was measured yet")
        squared, valid = np.stack(self._errors).transpose(1, 2, 0)
        eq_t, eq_t_frac, eq_r = (_score(*sums) for sums in zip(squared, valid, strict=True))
        return EquivarianceResult(eq_t, eq_t_frac, eq_r, self.samples, self.seed)


def measure(
    net: Generator,
    *,
    samples: int = 1000,
    seed: int = 0,
    batch: int = 8,
    progress: Callable[[int, int], None] | None = None,
) -> EquivarianceResult:
    """Measure EQ-T, EQ-T_frac and EQ-R of a network.

    Args:
        net: Any generator; psi 1 and float32 throughout.
        samples: Latents drawn, each with one translation and one rotation.
        seed: Of all random draws.
        batch: Samples computed at a time; changes the result by rounding only.
        progress: Called after each batch with the samples done and the samples in all.

    Returns:
        The scores with 95 % bootstrap intervals over the samples.

    Raises:
        ValueError: `samples` or `batch` is not positive, or `seed` is negative.
    """
    if samples < 1 or batch < 1:
        raise ValueError(f"samples and batch must be positive, got {samples} and {batch}")
    meter = EquivarianceMeter(net, seed)
    while meter.samples < samples:
        meter.add(min(batch, samples - meter.samples))
        if progress is not None:
            progress(meter.samples, samples)
    return meter.result()


def psnr_db(squared_error: float, values: float) -> float:
    """Peak signal-to-noise ratio, in dB, of a sum of squared errors over so many values.

    The range of the signal is −1 to 1. Infinite when there is no error, and not a number when
    there is no value.
    """
    if values == 0:
        return math.nan
    if squared_error == 0:
        return math.inf
    return 10 * math.log10(_PEAK_SQUARED * values / squared_error)


@dataclass(frozen=True)
class _Draw:
    """Everything random about one sample."""

    z: np.ndarray
    label: np.ndarray
    """One-hot, empty without classes."""
    shift: tuple[float, float]
    """Right and down, in fractions of the picture."""
    angle_rad: float

    @staticmethod
    def of(net: Generator, seed: int, index: int) -> _Draw:
        random = np.random.default_rng((seed, index))
        z = random.standard_normal(net.z_dim, dtype=np.float32)
        right, down = random.uniform(-LARGEST_SHIFT, LARGEST_SHIFT, size=2)
        angle = random.uniform(-math.pi, math.pi)
        label = np.zeros(net.c_dim, np.float32)
        if net.c_dim:
            label[random.integers(net.c_dim)] = 1
        return _Draw(z, label, (right, down), angle)


def _squared_error(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Summed squared error and number of values inside the mask, per image: [2, N]."""
    squared = ((a - b).double().square() * mask).sum((1, 2, 3))
    values = mask.sum((1, 2, 3)) * a.shape[1]
    return torch.stack([squared, values.to(squared)])


def _score(squared: np.ndarray, values: np.ndarray) -> Score:
    """The pooled ratio of per-sample sums [N], with a percentile bootstrap interval."""
    random = np.random.default_rng(0)
    count = len(squared)
    resampled = []
    for _ in range(_RESAMPLINGS):
        chosen = random.integers(count, size=count)
        resampled.append(psnr_db(squared[chosen].sum(), values[chosen].sum()))
    low, high = np.quantile(resampled, [0.025, 0.975], method="nearest")
    return Score(psnr_db(squared.sum(), values.sum()), float(low), float(high))
