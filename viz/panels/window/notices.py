"""What there is to tell: the newest in the status bar, with the number of the others and a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import shortened
from gui_utils.theme import vec4
from viz.panels.window.made_files import draw_link, draw_ways

if TYPE_CHECKING:
    from viz.model.status import Notice, Status
    from viz.panels.common.context import PanelContext

LIST = "notices"
LIST_WIDTH = 480
"""Width of a text in the list, at a scale of 1."""


def draw_notices(status: Status, right_edge: float, ctx: PanelContext) -> None:
    """Draw the newest notice, shortened to fit, and a button that lists all if there are more.

    Args:
        status: Content of the status bar.
        right_edge: Where the line ends, in the window.
        ctx: Model, commands and widgets.
    """
    host, palette, left = ctx.host, ctx.host.palette, imgui.get_cursor_pos_x()
    if not status.notices:
        ctx.ui.text(" ")
        return
    newest, others = status.notices[-1], status.notices[:-1]
    lists = f"{icons.UP} {len(others)} more"
    button_width = 0.0
    if others:
        button_width = imgui.calc_text_size(lists).x + host.px(8)
    elif newest.is_error:
        button_width = host.px(56)
    room = right_edge - left - button_width - host.px(8)
    if newest.made is not None:
        draw_link(newest.made, newest.text, room - host.px(24), ctx)
    else:
        text = shortened(newest.text, room, lambda one: imgui.calc_text_size(one).x)
        ctx.ui.text(text, palette.error if newest.is_error else palette.dim)
        ctx.ui.tip(newest.text)
    if button_width:
        imgui.same_line(0, host.px(8))
        imgui.push_style_var(imgui.StyleVar_.frame_padding, (host.px(4), 0))
        size = (button_width, imgui.get_text_line_height())
        warns = any(one.is_error for one in others)
        imgui.push_style_color(imgui.Col_.text, vec4(palette.error if warns else palette.text))
        if imgui.button(f"{lists if others else 'Details'}##{LIST}", size):
            imgui.open_popup(LIST)
        imgui.pop_style_color()
        imgui.pop_style_var()
        ctx.ui.tip(
            "All that there is to tell." if others else "The whole message, to copy, and the log."
        )
    if imgui.begin_popup(LIST):
        _draw_list(status, ctx)
        imgui.end_popup()


def _draw_list(status: Status, ctx: PanelContext) -> None:
    """Draw all notices, the newest first, and what can be done about them."""
    for index, notice in enumerate(reversed(status.notices)):
        if index:
            imgui.separator()
        imgui.push_id(index)
        _draw_one(notice, ctx)
        imgui.pop_id()
    imgui.spacing()
    if imgui.button("Copy"):
        imgui.set_clipboard_text("\n".join(one.text for one in reversed(status.notices)))
    imgui.same_line(0, ctx.host.px(8))
    if imgui.button("Open log folder"):
        ctx.commands.window.open_folder("logs")
    imgui.same_line(0, ctx.host.px(8))
    if imgui.button("Clear"):
        status.clear()
        imgui.close_current_popup()


def _draw_one(notice: Notice, ctx: PanelContext) -> None:
    palette = ctx.host.palette
    imgui.push_text_wrap_pos(imgui.get_cursor_pos_x() + ctx.host.px(LIST_WIDTH))
    ctx.ui.text(notice.text, palette.error if notice.is_error else palette.text)
    imgui.pop_text_wrap_pos()
    if notice.made is not None and imgui.begin_menu("What can be done with it"):
        draw_ways(notice.made, ctx)
        imgui.end_menu()
