"""Ways to a file that has been made: from the status bar, and from the File menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import shortened
from gui_utils.theme import vec4

if TYPE_CHECKING:
    from pathlib import Path

    from viz.panels.common.context import PanelContext

FILMS = (".mp4", ".webm", ".mov", ".gif")
MENU = "made file"


def draw_link(path: Path, text: str, room: float, ctx: PanelContext) -> None:
    """Draw a line of the status bar that opens a menu about a file."""
    clear = vec4(ctx.host.palette.bar, 0.0)
    imgui.push_style_var(imgui.StyleVar_.frame_padding, (ctx.host.px(4), 0))
    for slot in (imgui.Col_.button, imgui.Col_.button_active):
        imgui.push_style_color(slot, clear)
    name = f"{shortened(text, room, lambda one: imgui.calc_text_size(one).x)}  {icons.DOWN}"
    if imgui.button(f"{name}##{MENU}", (0, imgui.get_text_line_height())):
        imgui.open_popup(MENU)
    imgui.pop_style_color(2)
    imgui.pop_style_var()
    ctx.ui.tip(str(path.absolute()))
    if imgui.begin_popup(MENU):
        draw_ways(path, ctx)
        imgui.end_popup()


def draw_made(ctx: PanelContext) -> None:
    """Draw the menu of all files made in this run, newest first."""
    paths = ctx.model.made.paths
    if not imgui.begin_menu("Made in this run", bool(paths)):
        return
    for path in paths:
        if imgui.begin_menu(f"{path.name}##{path}"):
            draw_ways(path, ctx)
            imgui.end_menu()
    imgui.end_menu()


def draw_ways(path: Path, ctx: PanelContext) -> None:
    """Draw what can be done with a file that has been made, inside a menu."""
    made = ctx.commands.made
    if imgui.menu_item_simple("Play" if path.suffix in FILMS else "Open"):
        made.open(path)
    if imgui.menu_item_simple("Show in folder"):
        made.show(path)
    if imgui.menu_item_simple("Copy path"):
        made.copy_path(path)
