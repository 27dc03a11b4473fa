"""3×3 matrices as tuples of nine floats, row by row; plain arithmetic.

A network takes the inverse transform of its picture: the matrix leads from a place in the picture
to the place it is drawn from, both measured from the centre in fractions of the picture's width and
height, y down.
"""

from __future__ import annotations

import math

Matrix = tuple[float, ...]


def inverse_of(
    *, shift: tuple[float, float], angle_rad: float, shear: float, scale: float
) -> Matrix:
    """The inverse of scale, then shear, then turn (anticlockwise), then shift.

    Args:
        shift: In fractions of the picture.
        angle_rad: Anticlockwise on screen.
        shear: How far a place one height below the centre is moved to the right.
        scale: Magnification, not 0.
    """
    x, y = shift
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    a, b = (c - shear * s) / scale, (-s - shear * c) / scale
    d, e = s / scale, c / scale
    return (a, b, -(a * x + b * y), d, e, -(d * x + e * y), 0.0, 0.0, 1.0)


def inverted(matrix: Matrix) -> Matrix:
    """The matrix that undoes an affine one.

    Raises:
        ValueError: nothing undoes it.
    """
    a, b, c, d, e, f = matrix[:6]
    determinant = a * e - b * d
    if abs(determinant) < 1e-12:
        raise ValueError("this transform flattens the picture, nothing undoes it")
    p, q, r, s = (value / determinant for value in (e, -b, -d, a))
    return (p, q, -(p * c + q * f), r, s, -(r * c + s * f), 0.0, 0.0, 1.0)


def snapped(matrix: Matrix, pixels: int) -> Matrix:
    """The inverse transform with its shift rounded to whole pixels of a picture that wide."""
    forward = inverted(matrix)
    x, y = (round(forward[index] * pixels) / pixels for index in (2, 5))
    a, b, _, d, e, _ = matrix[:6]
    return (a, b, -(a * x + b * y), d, e, -(d * x + e * y), 0.0, 0.0, 1.0)


def product(first: Matrix, second: Matrix) -> Matrix:
    """The matrix product: what is done by the second, then by the first."""
    rows = (first[0:3], first[3:6], first[6:9])
    columns = (second[0::3], second[1::3], second[2::3])
    return tuple(sum(a * b for a, b in zip(r, c, strict=True)) for r in rows for c in columns)
