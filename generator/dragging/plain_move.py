"""The part of a drag that a plain move of the picture explains: least squares over the pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator.projection.pose import Pose

if TYPE_CHECKING:
    from generator.network import Generator


@dataclass(frozen=True)
class PlainMove:
    """A shift, or a turn and a shift, of the whole picture."""

    pose: Pose
    """Turned about the picture's middle, then shifted."""
    moved: Tensor
    """Where it takes the handles, [N, 2]."""
    explained: float
    """Share of the squared distances from handles to targets that it takes away, at most 1."""


def plain_move(net: Generator, handles: Tensor, targets: Tensor) -> PlainMove | None:
    """Fit a move of the input to pairs of handles and targets; None for StyleGAN2.

    StyleGAN3-T's pictures follow shifts of the input, StyleGAN3-R's turns too (Karras et al. 2021).

    Args:
        net: The network.
        handles: [N, 2] pixels, float64.
        targets: Likewise.
    """
    if net.kind == "stylegan2":
        return None
    height, width = net.size
    middle = handles.new_tensor([width / 2, height / 2])
    turn = torch.eye(2, dtype=handles.dtype)
    angle = 0.0
    if net.kind == "stylegan3-r" and len(handles) > 1:
        angle = _turn(handles - handles.mean(0), targets - targets.mean(0))
        cos, sin = math.cos(angle), math.sin(angle)
        turn = handles.new_tensor([[cos, sin], [-sin, cos]])
    shift = (targets - middle).mean(0) - turn @ (handles - middle).mean(0)
    moved = (handles - middle) @ turn.T + shift + middle
    before, after = ((targets - ends).square().sum() for ends in (handles, moved))
    explained = 1.0 if before == 0 else float(1 - after / before)
    x, y = (shift / net.resolution).tolist()
    return PlainMove(Pose(x, y, angle), moved, explained)


def _turn(handles: Tensor, targets: Tensor) -> float:
    """The angle, anticlockwise on the screen, that turns handles best onto targets, both centred.

    Arun, Huang and Blostein 1987, in the plane.
    """
    along = float((handles * targets).sum())
    across = float((handles[:, 1] * targets[:, 0] - handles[:, 0] * targets[:, 1]).sum())
    return math.atan2(across, along)
