"""Tooltips that stand aside: beside the panel of their control, or under the control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

if TYPE_CHECKING:
    from gui_utils.host import GuiHost

WIDTH = 320
"""Widest text, in pixels at a scale of 1."""
NARROW = 560
"""Width up to which a window is a column, with room for a tooltip at its side."""
NEAR = 240
"""Furthest that a tooltip at the side of a column may be from its control."""
TALL = 96
"""Height from which a control is a picture or a plot, whose tooltip follows the pointer."""
GAP = 6

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def show_tooltip(host: GuiHost, text: str) -> None:
    """Draw a tooltip for the item drawn last."""
    low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
    width = host.px(WIDTH)
    if high.y - low.y < host.px(TALL):
        room, padding = imgui.get_main_viewport(), imgui.get_style().window_padding
        text_size = imgui.calc_text_size(text, False, width)
        place = placed(
            (low.x, low.y, high.x, high.y),
            _column(host),
            (text_size.x + 2 * padding.x, text_size.y + 2 * padding.y),
            (room.pos.x, room.pos.y, room.pos.x + room.size.x, room.pos.y + room.size.y),
            host.px(GAP),
            host.px(NEAR),
        )
        imgui.set_next_window_pos(place)
    imgui.begin_tooltip()
    imgui.push_text_wrap_pos(imgui.get_cursor_pos_x() + width)
    imgui.text_unformatted(text)
    imgui.pop_text_wrap_pos()
    imgui.end_tooltip()


def placed(
    item: Box, column: Box | None, size: tuple[float, float], room: Box, gap: float, near: float
) -> tuple[float, float]:
    """Find the upper left corner of a tooltip that covers neither its item nor its neighbours.

    Args:
        item: The control.
        column: The column that it is in; None if its window is wide.
        size: Width and height of the tooltip.
        room: Where it has to stay.
        gap: Distance from what it stands beside.
        near: Furthest that it may be from the control at the side of the column.
    """
    width, height = size
    top = min(max(item[1], room[1]), room[3] - height)
    if column is not None:
        right = max(column[2], item[2]) + gap
        if right - item[2] <= near and right + width <= room[2]:
            return right, top
        left = min(column[0], item[0]) - gap - width
        if item[0] - (left + width) <= near and left >= room[0]:
            return left, top
    x = min(max(item[0], room[0]), room[2] - width)
    below = item[3] + gap
    return x, below if below + height <= room[3] else item[1] - gap - height


def _column(host: GuiHost) -> Box | None:
    window = imgui.internal.get_current_window()
    if not window.flags & imgui.WindowFlags_.popup:
        window = window.root_window
    if window.size.x > host.px(NARROW):
        return None
    return window.pos.x, window.pos.y, window.pos.x + window.size.x, window.pos.y + window.size.y
