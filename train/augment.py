"""Adaptive discriminator augmentation: the `bgc` pipeline and the control of its strength.

Karras et al. 2020 (arXiv 2006.06676), appendix B: blitting, general geometry and colour, each
transformation with probability p, in an order that lets the generator learn none of them while p
stays well below 1. Reals and fakes are treated alike before the discriminator sees them.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

import ops

if TYPE_CHECKING:
    from collections.abc import Sequence

# The low-pass filter of the least asymmetric Daubechies wavelet with 6 vanishing moments (sym6).
_SYM6 = (
    0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633,
    0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252,
    -0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148,
)  # fmt: skip
_REACH = 3
"""Pixels on either side that the filter needs."""

_CENTRE = 0.25
"""Pixels from the centre, left and up, to the point of turns and flips: half a sample
of the twice finer grid, as in the published pipeline."""

SHIFT = 0.125
"""Largest whole-pixel shift and standard deviation of the fractional one, in picture sizes."""
SCALE_OCTAVES = 0.2
BRIGHTNESS, CONTRAST_OCTAVES, SATURATION_OCTAVES = 0.2, 0.5, 1.0


@dataclass(frozen=True)
class Draws:
    """The random numbers of a batch, one row per sample."""

    gates: Tensor
    """[N, 13] uniform in 0…1: a transformation happens where its gate is below the probability."""
    uniform: Tensor
    """[N, 8] uniform in 0…1."""
    normal: Tensor
    """[N, 7] standard normal."""

    @classmethod
    def of(cls, count: int, random: torch.Generator) -> Draws:
        """Draw fresh numbers for `count` samples."""
        return cls(
            torch.rand(count, 13, generator=random),
            torch.rand(count, 8, generator=random),
            torch.randn(count, 7, generator=random),
        )

    def at(self, samples: Tensor) -> Draws:
        """Take the numbers of some of the samples, by index."""
        return Draws(self.gates[samples], self.uniform[samples], self.normal[samples])


def augment(images: Tensor, p: float, draws: Draws) -> Tensor:
    """Transform every picture by chance.

    Args:
        images: [N, 1, 3 or 4, H, W], -1…1; opacity, the fourth channel, keeps its values.
        p: Probability of each transformation, 0…1.
        draws: The random numbers of these pictures.

    Returns:
        Pictures of the same shape; twice differentiable with respect to `images`.
    """
    if p <= 0:
        return images
    gates, uniform, normal = (
        numbers.unbind(1) for numbers in (draws.gates, draws.uniform, draws.normal)
    )
    places = _geometry(p, gates[:8], uniform[:6], normal[:4], images.shape[2:])
    colours = _colours(p, gates[8:], uniform[6:], normal[4:])
    return _recoloured(_warped(images, places.to(images)), colours.to(images))


def _geometry(
    p: float,
    gates: Sequence[Tensor],
    uniform: Sequence[Tensor],
    normal: Sequence[Tensor],
    size: Sequence[int],
) -> Tensor:
    """Map places in the new pictures to those in the old ones, [N, 3, 3].

    In pixels from the centre. The inverses of the steps multiply in the order of the steps.
    """
    height, width = size

    def chosen(gate: int, values: Tensor, neutral: float = 0.0, probability: float = p) -> Tensor:
        return torch.where(gates[gate] < probability, values, neutral)

    flipped = 1 - 2 * chosen(0, (uniform[0] * 2).floor())
    # A quarter turn would lay a picture that is no square across its frame.
    turns = 4 if height == width else 2
    quarters = chosen(1, (uniform[1] * turns).floor() * (4 // turns))
    right, down = (chosen(2, (uniform[i] * 2 - 1) * SHIFT) for i in (2, 3))
    scale = chosen(3, torch.exp2(normal[0] * SCALE_OCTAVES), 1.0)
    # Turned before and after the stretch: that either happens has probability p.
    turn_p = 1 - math.sqrt(max(1 - p, 0.0))
    before = chosen(4, (uniform[4] * 2 - 1) * math.pi, probability=turn_p)
    stretch = chosen(5, torch.exp2(normal[1] * SCALE_OCTAVES), 1.0)
    after = chosen(6, (uniform[5] * 2 - 1) * math.pi, probability=turn_p)
    drift_right, drift_down = (chosen(7, normal[i] * SHIFT) for i in (2, 3))
    one = torch.ones_like(scale)
    inverses = (
        _scaling(flipped, one),
        _turn(quarters * (math.pi / 2)),
        _shift(-(right * width).round(), -(down * height).round()),
        _scaling(1 / scale, 1 / scale),
        _turn(before),
        _scaling(1 / stretch, stretch),
        _turn(after),
        _shift(-drift_right * width, -drift_down * height),
    )
    to_centre, back = (_shift(one * by, one * by) for by in (_CENTRE, -_CENTRE))
    return back @ functools.reduce(torch.matmul, inverses) @ to_centre


def _colours(
    p: float, gates: Sequence[Tensor], uniform: Sequence[Tensor], normal: Sequence[Tensor]
) -> Tensor:
    """Make the matrices that (red, green, blue, 1) is multiplied by, [N, 4, 4]."""

    def chosen(gate: int, values: Tensor, neutral: float) -> Tensor:
        return torch.where(gates[gate] < p, values, neutral)[:, None, None]

    eye = torch.eye(4)
    grey = torch.zeros(4, 4)
    grey[:3, :3] = 1 / 3  # projection on the axis of greys
    brightness = eye.repeat(len(gates[0]), 1, 1)
    brightness[:, :3, 3:] = chosen(0, normal[0] * BRIGHTNESS, 0.0)
    rgb = torch.diag(torch.tensor([1.0, 1.0, 1.0, 0.0]))
    alpha = eye - rgb
    contrast = chosen(1, torch.exp2(normal[1] * CONTRAST_OCTAVES), 1.0) * rgb + alpha
    flip = eye - 2 * grey * chosen(2, (uniform[0] * 2).floor(), 0.0)
    angle = chosen(3, (uniform[1] * 2 - 1) * math.pi, 0.0)
    # Turning about the axis of greys (Rodrigues): its cross product is the antisymmetric part.
    cross = torch.zeros(4, 4)
    cross[:3, :3] = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    hue = grey + alpha + angle.cos() * (rgb - grey) + angle.sin() * cross
    saturation = (
        grey + alpha + chosen(4, torch.exp2(normal[2] * SATURATION_OCTAVES), 1.0) * (rgb - grey)
    )
    return saturation @ hue @ flip @ contrast @ brightness


def _scaling(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _matrix([[x, zero, zero], [zero, y, zero], [zero, zero, one]])


def _turn(angle: Tensor) -> Tensor:
    zero, one, cos, sin = torch.zeros_like(angle), torch.ones_like(angle), angle.cos(), angle.sin()
    return _matrix([[cos, -sin, zero], [sin, cos, zero], [zero, zero, one]])


def _shift(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _matrix([[one, zero, x], [zero, one, y], [zero, zero, one]])


def _matrix(rows: list[list[Tensor]]) -> Tensor:
    """Stack matrices, [N, 3, 3], from their elements, [N] each."""
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def _warped(images: Tensor, places: Tensor) -> Tensor:
    """Take pictures from other places: enlarge twice, sample bilinearly, and reduce again."""
    height, width = images.shape[2:]
    half = images.new_tensor([width / 2, height / 2, 1.0])
    reach = images.new_tensor([_REACH, _REACH, 0.0])
    drawn = half + reach  # the new pictures with what the filter needs around them
    # No place in a rectangle lies further out than its corners do.
    furthest = (places.abs() @ drawn).amax(0)[:2]
    needed = (furthest - half[:2]).ceil().long() + _REACH
    most = torch.tensor([width, height], device=needed.device) - 1
    right, down = (int(n) for n in needed.clamp(min=0).minimum(most))
    padded = F.pad(images, (right, right, down, down), mode="reflect")
    lowpass = images.new_tensor(_SYM6) / sum(_SYM6)
    finer = ops.upfirdn2d(padded, lowpass, up=2, padding=(6, 5, 6, 5), gain=4.0)
    around = half + images.new_tensor([right, down, 0.0])
    theta = (places * drawn / around[:, None])[:, :2]
    size = [len(images), images.shape[1], 2 * (height + 2 * _REACH), 2 * (width + 2 * _REACH)]
    grid = F.affine_grid(theta, size, align_corners=False)
    sampled: Tensor = _Sample.apply(finer, grid)
    return ops.upfirdn2d(sampled, lowpass, down=2, padding=-1, flip=True)


def _recoloured(images: Tensor, colours: Tensor) -> Tensor:
    flat = images.flatten(2)
    matrix, offset = colours[:, :3, :3], colours[:, :3, 3:]
    if images.shape[1] == 1:
        # What becomes of a grey, in the mean of its colours.
        matrix, offset = matrix.sum(2, keepdim=True).mean(1, keepdim=True), offset.mean(1, True)
    changed = matrix @ flat[:, :3] + offset
    if images.shape[1] == 4:
        changed = torch.cat([changed, flat[:, 3:]], 1)
    return changed.view_as(images)


class _Sample(torch.autograd.Function):
    """Bilinear sampling, linear in the pictures, so that its derivative's derivative is itself.

    PyTorch's own has no second derivative.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.shape = x.shape
        return F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, None]:
        (grid,) = ctx.saved_tensors
        return _Spread.apply(gradients[0], grid, ctx.shape), None


class _Spread(torch.autograd.Function):
    """The transpose of `_Sample`: every sample goes back to the pixels it was made of."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, grid: Tensor, shape: torch.Size) -> Tensor:
        ctx.save_for_backward(grid)
        picture = gradient.new_zeros(()).expand(shape)  # its values do not matter
        bilinear, zeros = 0, 0
        spread: Tensor = torch.ops.aten.grid_sampler_2d_backward(
            gradient, picture, grid, bilinear, zeros, False, (True, False)
        )[0]
        return spread

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, None, None]:
        (grid,) = ctx.saved_tensors
        return _Sample.apply(gradients[0], grid), None, None


@dataclass
class AdaptiveStrength:
    """Control of the probability: up while the discriminator is sure of the reals, else down.

    The sign of D's scores of real pictures, averaged over `interval` steps, should be `target`
    (the paper's r_t). All fields but the settings are part of the training's state.
    """

    target: float = 0.6
    interval: int = 4
    """Steps between two adjustments."""
    kimg: float = 500.0
    """Thousands of pictures in which p could go from 0 to 1."""
    p: float = 0.0
    sign_sum: float = 0.0
    pictures: int = 0
    steps: int = 0

    def saw(self, sign_sum: float, pictures: int) -> None:
        """Count a step: the sum of the signs of the scores of `pictures` real pictures."""
        self.sign_sum += sign_sum
        self.pictures += pictures
        self.steps += 1
        if self.steps < self.interval:
            return
        direction = math.copysign(1.0, self.sign_sum / self.pictures - self.target)
        self.p = min(max(self.p + direction * self.pictures / (self.kimg * 1000), 0.0), 1.0)
        self.sign_sum, self.pictures, self.steps = 0.0, 0, 0
