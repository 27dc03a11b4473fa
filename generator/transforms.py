"""3x3 matrices for `synthesis(ws, transform=...)`.

A network takes the inverse transform of the resulting image: the matrix leads from a place in
the picture to the place it is taken from. Places are measured from the centre in fractions of
the picture's width and height, y pointing down. The functions here take what should happen to
the picture and return that inverse.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def identity() -> Tensor:
    """The transform that changes nothing, [3, 3] float32."""
    return torch.eye(3)


def translation(tx: float, ty: float) -> Tensor:
    """Move the picture right by `tx` of its width and down by `ty` of its height."""
    matrix = torch.eye(3)
    matrix[0, 2] = -tx
    matrix[1, 2] = -ty
    return matrix


def rotation(angle_rad: float) -> Tensor:
    """Turn the picture anticlockwise on screen about its centre, by radians."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def scale(sx: float, sy: float | None = None) -> Tensor:
    """Enlarge the picture about its centre `sx` times, or differently in x and y.

    Raises:
        ValueError: a factor is zero or not finite.
    """
    sy = sx if sy is None else sy
    for factor in (sx, sy):
        if factor == 0 or not math.isfinite(factor):
            raise ValueError(f"scale must be finite and not 0, got {factor}")
    return torch.diag(torch.tensor([1 / sx, 1 / sy, 1.0]))


def compose(*transforms: Tensor) -> Tensor:
    """Change the picture by each of the transforms, one after the other."""
    matrix = torch.eye(3)
    # Inverses multiply in reverse: the last change of the picture is the first undone.
    for transform in transforms:
        matrix = matrix @ transform.to(matrix)
    return matrix
