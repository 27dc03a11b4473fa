"""Thumbnails on the screen: textures prepared for the size at which they are drawn."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.resample import for_display
from gui_utils.texture import Texture
from gui_utils.theme import u32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gui_utils.theme import Palette
    from viz.model.thumbnails import Thumbnails
    from viz.panels.common.picture_geometry import Rect
    from viz.protocol.thumbnails import Thumbnail

    Pixels = NDArray[np.uint8]

MOST_TEXTURES = 320
"""Far more than are seen at once."""
OUTDATED_OPACITY = 0.55
"""Of a thumbnail that is being drawn anew."""


class ThumbnailTextures:
    """The textures of all thumbnails in the window; those drawn longest ago are given up first."""

    def __init__(self) -> None:
        self._textures: OrderedDict[tuple[int, int, bool], tuple[Pixels, Texture]] = OrderedDict()

    def draw(
        self,
        store: Thumbnails,
        thumbnail: Thumbnail,
        rect: Rect,
        palette: Palette,
        *,
        smooth: bool = False,
    ) -> bool:
        """Draw a thumbnail in the window's draw list; until it is there, an older one or a blank.

        Args:
            store: The thumbnails at hand.
            thumbnail: What to show.
            rect: Where, square.
            palette: The window's colours.
            smooth: Enlarge smoothly instead of showing pixels as squares.

        Returns:
            Whether there was a picture to show.
        """
        draw = imgui.get_window_draw_list()
        left, top = round(rect.x), round(rect.y)
        side = max(1, round(rect.width))
        corners = (left, top), (left + side, top + side)
        found = store.get(thumbnail)
        if found is None:
            draw.add_rect_filled(*corners, u32(palette.bar))
            return False
        pixels, is_current = found
        texture = self._texture(pixels, side, smooth)
        tint = (1.0, 1.0, 1.0, 1.0 if is_current else OUTDATED_OPACITY)
        draw.add_image(texture.ref, *corners, (0, 0), (1, 1), imgui.get_color_u32(tint))
        return True

    def free(self) -> None:
        """Free the textures."""
        for _pixels, texture in self._textures.values():
            texture.free()
        self._textures.clear()

    def _texture(self, pixels: Pixels, side: int, smooth: bool) -> Texture:
        # The pixels are kept beside the texture, so that no others can have their id.
        key = (id(pixels), side, smooth)
        if key not in self._textures:
            texture = Texture()
            if len(self._textures) >= MOST_TEXTURES:
                texture.free()
                _old, (_pixels, texture) = self._textures.popitem(last=False)
            texture.update(for_display(pixels, side, smooth=smooth))
            self._textures[key] = pixels, texture
        self._textures.move_to_end(key)
        return self._textures[key][1]
