"""The pose of a picture: how the network's input is moved, turned and enlarged to meet it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator.fourier import FourierInput

if TYPE_CHECKING:
    from generator.network import Generator

UNITS = (0.05, 0.05, 0.15, 0.05)
"""Steps of x and y in fractions of the picture, of the angle in radians, of the scale's logarithm:
as far as changes the picture about as much as one deviation of w."""
REACH = (0.2, 0.2, math.pi / 6, 0.0)
"""Farthest that a picture is assumed to be moved and turned, besides what random w do to it."""


@dataclass(frozen=True)
class Pose:
    """Pose of the network's picture: enlarged, then turned, then moved."""

    x: float = 0.0
    """Moved right, in fractions of the picture's width."""
    y: float = 0.0
    """Moved down, in fractions of its height."""
    angle_rad: float = 0.0
    """Turned anticlockwise on screen."""
    scale: float = 1.0
    """Enlarged."""

    @property
    def matrix(self) -> Tensor:
        """The inverse transform for `synthesis`, [3, 3] float64."""
        row = [self.x, self.y, self.angle_rad, math.log(self.scale)]
        units = torch.tensor(row, dtype=torch.float64) / torch.tensor(UNITS, dtype=torch.float64)
        return pose_matrices(units[None])[0]

    @classmethod
    def of(cls, units: Tensor) -> Pose:
        """Make a pose of four numbers in `UNITS`."""
        x, y, angle, stretch = (float(n) * unit for n, unit in zip(units, UNITS, strict=True))
        return cls(x, y, math.remainder(angle, 2 * math.pi), math.exp(stretch))


def pose_matrices(units: Tensor) -> Tensor:
    """Inverse transforms [N, 3, 3] of poses [N, 4] in `UNITS`; differentiable."""
    x, y, angle, stretch = (units * units.new_tensor(UNITS)).unbind(1)
    cos, sin, zero, one = angle.cos(), angle.sin(), torch.zeros_like(x), torch.ones_like(x)
    shrink = (-stretch).exp()
    turn = torch.stack([shrink * cos, -shrink * sin, shrink * sin, shrink * cos], 1).view(-1, 2, 2)
    shift = -turn @ torch.stack([x, y], 1)[:, :, None]
    last = torch.stack([zero, zero, one], 1)[:, None]
    return torch.cat([torch.cat([turn, shift], 2), last], 1)


def free_parts(net: Generator) -> tuple[float, float, float, float]:
    """Mark the parts of a pose that are fitted, 1 or 0 each: x and y, the angle, the scale.

    Only networks that move with their input are asked to: for StyleGAN2 another place of the
    input is another picture. StyleGAN3-T turns as far as its own w turn its input.
    """
    return (0.0,) * 4 if net.kind == "stylegan2" else (1.0,) * 4


@torch.no_grad()
def poses_of(net: Generator, w: Tensor, mean: Tensor) -> Tensor:
    """How w move and turn a StyleGAN3's input against the mean w, [N, 4] in `UNITS`.

    w does to the input what a transform does (Karras et al. 2021, appendix F): the same picture
    has many solutions, moved this way or that. A search that leaves the input at the mean w, and
    moves it by its transform alone, has one.

    Args:
        net: The network.
        w: [N, w_dim].
        mean: [w_dim].
    """
    source = net.synthesis.input
    if not isinstance(source, FourierInput) or source.affine is None:
        return w.new_zeros(len(w), 4)
    turn, shift = _moves(source.affine(w))
    mean_turn, mean_shift = _moves(source.affine(mean[None]))
    back = mean_turn.transpose(1, 2)
    relative = back @ turn
    offset = mean_shift - relative @ shift
    place = -relative.transpose(1, 2) @ offset
    angle = torch.atan2(relative[:, 1, 0], relative[:, 0, 0])
    rows = torch.stack([place[:, 0, 0], place[:, 1, 0], angle, torch.zeros_like(angle)], 1)
    return rows / rows.new_tensor(UNITS)


def _moves(affine: Tensor) -> tuple[Tensor, Tensor]:
    """Turns [N, 2, 2] and shifts [N, 2, 1] that the input makes of four numbers each."""
    affine = affine / torch.linalg.vector_norm(affine[:, :2], dim=1, keepdim=True)
    cos, sin = affine[:, 0], affine[:, 1]
    return torch.stack([cos, -sin, sin, cos], 1).view(-1, 2, 2), affine[:, 2:, None]


def composed(first: Tensor, then: Tensor) -> Tensor:
    """The pose of a picture that has one pose and is then moved by another, [N, 4] in `UNITS`."""
    units = first.new_tensor(UNITS)
    one, other = first * units, then * units
    cos, sin, grown = other[:, 2].cos(), other[:, 2].sin(), other[:, 3].exp()
    x = grown * (cos * one[:, 0] + sin * one[:, 1]) + other[:, 0]
    y = grown * (cos * one[:, 1] - sin * one[:, 0]) + other[:, 1]
    return torch.stack([x, y, one[:, 2] + other[:, 2], one[:, 3] + other[:, 3]], 1) / units
