"""Resampling pictures to the size at which they are drawn.

Dear ImGui's OpenGL backend samples every texture bilinearly, without mipmaps. That
would blur enlarged pictures and alias shrunk ones, so both are resampled here first.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST_SIDE = 2048
"""Longest side after enlarging, in pixels."""
SMOOTH_SIDE, SMOOTH_FACTOR = 640, 4
"""Bicubically a picture is enlarged to about this side and by this factor at most: from there on,
bilinear sampling differs by a few levels of 255 at most, and costs nothing."""


def for_display(
    pixels: NDArray[np.uint8], drawn_width: float, *, smooth: bool = False
) -> NDArray[np.uint8]:
    """Resample a picture so that it looks right at the width at which it will be drawn.

    Enlarged twofold or more, pixels become squares: each pixel is repeated so often that bilinear
    sampling softens only the one screen pixel on an edge, and all squares are equally wide even if
    the enlargement is not a whole number. Enlarged less, or with `smooth`, the picture is smooth.
    Shrunk, it is low-pass filtered first.

    Args:
        pixels: [height, width, channels] uint8.
        drawn_width: Width on the screen, in pixels.
        smooth: Enlarge bicubically instead of showing squares.

    Returns:
        [height', width', channels] uint8, to be stretched over the whole drawn rectangle.
    """
    height, width = pixels.shape[:2]
    zoom, longest = drawn_width / width, max(height, width)
    if zoom < 1:
        return _resized(pixels, (max(1, round(width * zoom)), max(1, round(height * zoom))))
    factor = min(math.ceil(zoom - 1e-6), LARGEST_SIDE // longest)
    if smooth:
        factor = min(factor, SMOOTH_FACTOR, max(2, SMOOTH_SIDE // longest))
    if zoom < 2 or factor < 2:
        return pixels
    if smooth:
        return _resized(pixels, (width * factor, height * factor))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def _resized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
