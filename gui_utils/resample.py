"""Pictures made ready for the size they are drawn at.

Dear ImGui's OpenGL backend samples every texture bilinearly, without mipmaps. That would blur what
is enlarged, and alias what is shrunk; so both are prepared here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST_SIDE = 2048
"""No side is enlarged beyond this, in pixels."""


def for_display(
    pixels: NDArray[np.uint8], drawn_width: float, *, smooth: bool = False
) -> NDArray[np.uint8]:
    """What to upload so that the picture looks right at a width.

    From twofold enlargement on, pixels become squares: each is repeated so often that bilinear
    sampling only softens the one screen pixel on an edge, and all squares are equally wide even
    where the enlargement is no whole number. Below, the picture is smooth; shrunk, it is low-passed
    first.

    Args:
        pixels: [height, width, channels] uint8.
        drawn_width: In screen pixels.
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
