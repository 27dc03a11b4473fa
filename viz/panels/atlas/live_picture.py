"""The networks' newest pictures, drawn where they lie on their planes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common.picture_geometry import is_smooth
from viz.panels.common.picture_textures import PictureTextures
from viz.protocol.tiles import turned

if TYPE_CHECKING:
    from viz.panels.atlas.seam_overlay import ToScreen
    from viz.panels.common.context import PanelContext


class LivePictures:
    """Textures of the pictures on the planes."""

    def __init__(self) -> None:
        self._textures = PictureTextures()

    def free(self) -> None:
        """Free the textures."""
        self._textures.free()

    def draw(
        self, slot: int, to_screen: ToScreen, width: float, angle_rad: float, ctx: PanelContext
    ) -> None:
        """Draw the newest picture of the network in a slot.

        Args:
            slot: The slot.
            to_screen: Where places of the plane are on the screen.
            width: Width of a square trained picture in screen pixels.
            angle_rad: Turn of the plane.
            ctx: Model, commands and widgets.
        """
        result = ctx.model.result_of(slot)
        if result is None or result.picture is None:
            return
        a, b, c, d, e, f = result.transform[:6]
        high, wide = result.units
        across, along, drawn_width = wide / 2, high / 2, wide * width
        first, second, third, fourth = (
            to_screen(*turned((a * x + b * y + c, d * x + e * y + f), angle_rad))
            for x, y in ((-across, -along), (across, -along), (across, along), (-across, along))
        )
        smooth = is_smooth(ctx.state.view, drawn_width / result.picture.shape[1], math.inf)
        texture = self._textures.texture(f"{slot}", result.picture, drawn_width, smooth=smooth)
        draw = imgui.get_window_draw_list()
        draw.add_image_quad(texture.ref, first, second, third, fourth)
