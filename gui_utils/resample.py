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


def for_display(
    pixels: NDArray[np.uint8], drawn_width: float, *, smooth: bool = False
) -> NDArray[np.uint8]:
    """Resample a picture so that it looks right at the width at which it will be drawn.

    Enlarged twofold or more, pixels become squares: each pixel is repeated so often that bilinear
    sampling softens only the one screen pixel on an edge, and all squares are equally wide even if
    the enlargement is not a whole number. Enlarged less, the picture is smooth. Shrunk, it is
    low-pass filtered first.

    Args:
        pixels: [height, width, channels] uint8.
        drawn_width: Width on the screen, in pixels.
        smooth: Enlarge bicubically instead of showing squares.

    Returns:
        [height', width', channels] uint8, to be stretched over the whole drawn rectangle.
    """
    height, width = pixels.shape[:2]
    zoom = drawn_width / width
    if smooth and zoom > 1:
        zoom = min(zoom, LARGEST_SIDE / max(height, width))
    if zoom < 1 or (smooth and zoom > 1):
        size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
        return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
    repeats = min(math.ceil(zoom - 1e-6), LARGEST_SIDE // max(height, width))
    if zoom < 2 or repeats < 2:
        return pixels
    return pixels.repeat(repeats, axis=0).repeat(repeats, axis=1)
