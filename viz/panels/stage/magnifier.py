"""The magnifier: the pixels under the pointer four times as large, in every picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.theme import u32
from viz.panels.stage.captions import Place, pixel_at

if TYPE_CHECKING:
    from viz.model.pictures import Picture
    from viz.panels.common.context import PanelContext
    from viz.panels.common.picture_geometry import Rect
    from viz.panels.common.picture_textures import PictureTextures

TIMES = 4
SHARE, SMALLEST, LARGEST = 0.4, 96, 320
"""Side of the magnifier: a share of the picture's, within bounds in pixels at a scale of 1."""


def draw_magnifier(
    textures: PictureTextures,
    key: str,
    picture: Picture,
    rect: Rect,
    place: Place,
    ctx: PanelContext,
) -> None:
    """Draw the pixels around a place of a picture enlarged, about that place.

    Args:
        textures: The textures of the stage.
        key: Key of the cell.
        picture: Its pixels.
        rect: Where the whole picture is on the screen.
        place: The place that the pointer is at, in this picture or another.
        ctx: Model, commands and widgets.
    """
    side = min(max(SHARE * rect.width, ctx.host.px(SMALLEST)), ctx.host.px(LARGEST))
    reach = round(side / 2)
    x = round(rect.x + place[0] * rect.width)
    y = round(rect.y + place[1] * rect.height)
    across, down = TIMES * rect.width / picture.shape[1], TIMES * rect.height / picture.shape[0]
    # Where the picture's corner would be, magnified; only the pixels that are seen are drawn.
    left, top = x - place[0] * picture.shape[1] * across, y - place[1] * picture.shape[0] * down
    column, row = pixel_at(place, picture)
    wide, high = math.ceil(reach / across) + 1, math.ceil(reach / down) + 1
    first_column, first_row = max(column - wide, 0), max(row - high, 0)
    seen = picture[first_row : row + high + 1, first_column : column + wide + 1]
    texture = textures.texture(f"magnified {key}", seen, seen.shape[1] * across, smooth=False)
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    draw.push_clip_rect((x - reach, y - reach), (x + reach, y + reach), True)
    draw.add_rect_filled((x - reach, y - reach), (x + reach, y + reach), u32(palette.stage))
    start = (left + first_column * across, top + first_row * down)
    end = (start[0] + seen.shape[1] * across, start[1] + seen.shape[0] * down)
    draw.add_image(texture.ref, start, end)
    corner = (left + column * across, top + row * down)
    opposite = (corner[0] + across, corner[1] + down)
    draw.add_rect(corner, opposite, u32(palette.stage), thickness=ctx.host.px(3))
    draw.add_rect(corner, opposite, u32(palette.text), thickness=ctx.host.px(1))
    draw.add_rect((x - reach, y - reach), (x + reach, y + reach), u32(palette.text, 0.6))
    draw.pop_clip_rect()
