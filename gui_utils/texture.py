"""Textures: pictures in the memory of the graphics card."""

from __future__ import annotations

import numpy as np
from imgui_bundle import imgui
from OpenGL import GL


class Texture:
    """An RGBA picture that can be replaced every frame.

    It is RGBA because the driver would have to repack the rows of an RGB picture: that upload takes
    twice as long. It is drawn with bilinear sampling; `gui_utils.resample` prepares pictures that
    should look different.
    """

    def __init__(self) -> None:
        self._name = int(GL.glGenTextures(1))
        self.size = (0, 0)
        """Width and height in pixels; (0, 0) before the first update."""
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._name)
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR)

    @property
    def ref(self) -> imgui.ImTextureRef:
        """Reference to the texture for Dear ImGui and ImPlot."""
        return imgui.ImTextureRef(self._name)

    def update(self, pixels: np.ndarray) -> None:
        """Replace the picture.

        Args:
            pixels: [height, width, 3 or 4] or [height, width] (grey), uint8.

        Raises:
            ValueError: `pixels` has another shape or type.
        """
        rgba = as_rgba(pixels)
        height, width = rgba.shape[:2]
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._name)
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 4)
        if self.size == (width, height):
            GL.glTexSubImage2D(
                GL.GL_TEXTURE_2D, 0, 0, 0, width, height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, rgba
            )
            return
        GL.glTexImage2D(
            GL.GL_TEXTURE_2D,
            0,
            GL.GL_RGBA8,
            width,
            height,
            0,
            GL.GL_RGBA,
            GL.GL_UNSIGNED_BYTE,
            rgba,
        )
        self.size = (width, height)

    def paste(self, pixels: np.ndarray, left: int, top: int) -> None:
        """Replace a part of the picture, like `update` but for a rectangle.

        Raises:
            ValueError: `pixels` has another shape or type, or does not lie inside the picture.
        """
        rgba = as_rgba(pixels)
        height, width = rgba.shape[:2]
        if not (0 <= left <= self.size[0] - width and 0 <= top <= self.size[1] - height):
            raise ValueError(
                f"{width}×{height} pixels at ({left}, {top}) do not lie in a picture of {self.size}"
            )
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._name)
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 4)
        GL.glTexSubImage2D(
            GL.GL_TEXTURE_2D, 0, left, top, width, height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, rgba
        )

    def read(self) -> np.ndarray:
        """Read the picture back from the graphics card: [height, width, 4] uint8."""
        width, height = self.size
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._name)
        data = GL.glGetTexImage(GL.GL_TEXTURE_2D, 0, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE)
        return np.frombuffer(data, np.uint8).reshape(height, width, 4)

    def free(self) -> None:
        """Free the memory. Safe to call twice."""
        if self._name:
            GL.glDeleteTextures(1, [self._name])
            self._name = 0


def as_rgba(pixels: np.ndarray) -> np.ndarray:
    """Convert a uint8 picture to a contiguous array, [height, width, 4].

    Raises:
        ValueError: `pixels` is not a uint8 picture with 1, 3 or 4 channels.
    """
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or pixels.size == 0:
        raise ValueError(
            f"a picture is uint8 [height, width, channels], got {pixels.dtype} {pixels.shape}"
        )
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    channels = pixels.shape[2]
    if channels == 4:
        return np.ascontiguousarray(pixels)
    if channels not in (1, 3):
        raise ValueError(f"a picture has 1, 3 or 4 channels, got {channels}")
    rgba = np.empty((*pixels.shape[:2], 4), np.uint8)
    rgba[:, :, :3] = pixels
    rgba[:, :, 3] = 255
    return rgba
