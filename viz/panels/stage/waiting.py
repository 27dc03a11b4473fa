"""What the stage shows where there is no picture: how far it is, what is wrong, what to open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.keys import with_ctrl
from gui_utils.theme import mix, u32
from viz.model.first_pictures import STEPS

if TYPE_CHECKING:
    from viz.model.comparison import Cell
    from viz.model.first_pictures import Step
    from viz.panels.common.context import PanelContext
    from viz.panels.common.picture_geometry import Rect

STEP_WIDTH = 40
BAR_HEIGHT = 4


def draw_waiting(rect: Rect, cell: Cell, failure: str, ctx: PanelContext) -> None:
    """Draw what a cell waits for, or why it waits in vain.

    Args:
        rect: Visible part of the cell.
        cell: The cell.
        failure: Why two pictures cannot be compared; empty if they can.
        ctx: Model, commands and widgets.
    """
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    draw.add_rect_filled((rect.x, rect.y), (rect.right, rect.bottom), u32(palette.bar))
    result = ctx.model.result_of(cell.slot)
    if cell.kind == "difference":
        missing = "Nothing is frozen yet: press H." if cell.other < 0 else "No two pictures yet."
        _draw_line(rect, failure or missing, ctx, is_error=bool(failure))
    elif result is not None and result.error:
        lowest = _draw_line(rect, result.error, ctx, is_error=True)
        _draw_retry((rect.centre[0], lowest + ctx.host.px(12)), ctx)
    else:
        draw_step(rect, ctx.model.first_pictures.step(ctx.state.networks[cell.slot].source), ctx)


def draw_step(rect: Rect, step: Step, ctx: PanelContext) -> None:
    """Draw what has to be done before a first picture, and below it a bar with a part a step."""
    text = step.text
    if step.fraction:
        text = f"{text.rstrip(' …')}, {round(100 * step.fraction)} %"
    lowest = _draw_line(rect, text, ctx)
    palette, draw, px = ctx.host.palette, imgui.get_window_draw_list(), ctx.host.px
    gap = px(4)
    width = min(px(STEP_WIDTH), (rect.width - px(32) - gap * (STEPS - 1)) / STEPS)
    if width < 1:
        return
    left = round(rect.centre[0] - (STEPS * width + (STEPS - 1) * gap) / 2)
    top = lowest + px(12)
    present = mix(palette.frame, palette.accent, 0.45)
    for index in range(STEPS):
        x = left + index * (width + gap)
        colour = palette.accent if index < step.done else palette.frame
        if index == step.done and step.fraction is None:
            colour = present
        draw.add_rect_filled((x, top), (x + width, top + px(BAR_HEIGHT)), u32(colour), px(2))
        if index == step.done and step.fraction:
            end = (x + step.fraction * width, top + px(BAR_HEIGHT))
            draw.add_rect_filled((x, top), end, u32(palette.accent), px(2))


def draw_empty(area: Rect, ctx: PanelContext) -> None:
    """Draw what to do when no network is open."""
    lowest = _draw_line(area, f"Drop a network file here, or open one ({with_ctrl('O')}).", ctx)
    width = ctx.host.px(120)
    imgui.set_cursor_screen_pos((area.centre[0] - width / 2, lowest + ctx.host.px(8)))
    if imgui.button("Open …", (width, 0)):
        ctx.commands.files.choose(None)


def _draw_line(rect: Rect, text: str, ctx: PanelContext, *, is_error: bool = False) -> float:
    """Draw a text in the middle, wrapped; returns its lower edge."""
    palette, width = ctx.host.palette, rect.width - ctx.host.px(32)
    size = imgui.calc_text_size(text, False, width)
    x, y = rect.centre
    imgui.set_cursor_screen_pos((x - size.x / 2, y - size.y / 2))
    imgui.push_text_wrap_pos(imgui.get_cursor_pos_x() + size.x + 1)
    ctx.ui.text(text, palette.error if is_error else palette.dim)
    imgui.pop_text_wrap_pos()
    return float(y + size.y / 2)


def _draw_retry(top: tuple[float, float], ctx: PanelContext) -> None:
    """Draw the button that retries after an error, its top edge centred at `top`."""
    width = ctx.host.px(96)
    imgui.set_cursor_screen_pos((top[0] - width / 2, top[1]))
    if imgui.button("Try again", (width, 0)):
        ctx.commands.networks.try_again()
    ctx.ui.tip(
        "Once more: for example when a file is back, memory is free, or a device works again."
    )
