"""Sizes of pictures: what a network's unit of length is, and which sizes there are.

Layers have sampling rates that are powers of two, so many samples per unit. A square picture of a
power of two of pixels is the unit itself. Others are whole numbers of the coarsest layer's samples
high and wide, and one unit serves both axes: a turn remains a turn.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STYLEGAN2_RATE = 4
"""Samples per unit of StyleGAN2's coarsest layer."""
SMALLEST_UNIT = 8
"""Pixels of the smallest unit."""
MOST_CELLS = 16
"""Most samples along the longer side of the coarsest grid of pictures that are learned from: the
discriminator sees that grid as a whole."""


def sampling_rate(stopband: float, pixels: int) -> float:
    """The next power of two above twice a stopband, at most the picture's, samples per unit."""
    # A hair of tolerance keeps rounding errors from doubling a rate.
    return 2.0 ** math.ceil(math.log2(min(2 * stopband, pixels)) - 1e-9)


def full_unit(size: tuple[int, int]) -> int:
    """The power of two at the longer side of a picture, or next below it."""
    return 1 << (max(size).bit_length() - 1)


def unit_of(size: tuple[int, int], rate: Callable[[int], int]) -> int:
    """The largest unit, in pixels, up to the longer side, whose coarsest samples fill the picture.

    Args:
        size: Height and width in pixels.
        rate: Samples of the coarsest layer for a unit of so many pixels.

    Raises:
        ValueError: there is none.
    """
    unit = full_unit(size)
    while unit >= SMALLEST_UNIT:
        step = unit // min(rate(unit), unit)
        if not any(length % step for length in size):
            return unit
        unit //= 2
    raise ValueError(f"no network draws pictures of {size[1]}x{size[0]} pixels")


def check_learnable(size: tuple[int, int]) -> None:
    """Raise ValueError where no network can learn from pictures of a height and width in pixels.

    Powers of two and their small multiples can be halved often enough.
    """
    height, width = size
    step = learnable_step(size)
    if min(size) < 4 or height % step or width % step:
        near = "x".join(str(nearest(length, step)) for length in (width, height))
        raise ValueError(
            f"pictures of {width}x{height} cannot be halved often enough: both sides must be "
            f"multiples of {step}, as in {near}"
        )


def learnable_step(size: tuple[int, int]) -> int:
    """Both sides of a picture of about this size have to be multiples of so many pixels."""
    return max(1 << (-(-max(size) // MOST_CELLS) - 1).bit_length(), SMALLEST_UNIT // STYLEGAN2_RATE)


def nearest(length: int, step: int) -> int:
    """The multiple of a step that is nearest to a length, at least one."""
    return max(1, (length + step // 2) // step) * step


def discriminator_unit(size: tuple[int, int]) -> int:
    """The unit of the discriminator, whose coarsest grid has four samples per unit, at least 8."""
    return unit_of(size, lambda unit: STYLEGAN2_RATE)
