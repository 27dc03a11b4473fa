"""A window above all others, for content that is read once and closed again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.theme import vec4

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gui_utils.host import GuiHost


@contextmanager
def floating_window(
    host: GuiHost,
    title: str,
    size: tuple[float, float],
    largest: tuple[float, float],
    *,
    to_front: bool,
) -> Iterator[tuple[bool, bool]]:
    """Begin and end a window in the middle of the main window.

    Args:
        host: The Dear ImGui host to draw with.
        title: Text of the title bar.
        size: Initial width and height, in pixels at a scale of 1.
        largest: Largest initial width and height, in fractions of the main window's.
        to_front: Bring it to the front in this frame.

    Yields:
        (visible, open): visible if its content has to be drawn, open until it is closed.
    """
    viewport = imgui.get_main_viewport()
    width = min(host.px(size[0]), viewport.size.x * largest[0])
    height = min(host.px(size[1]), viewport.size.y * largest[1])
    imgui.set_next_window_pos(viewport.get_center(), imgui.Cond_.appearing, (0.5, 0.5))
    imgui.set_next_window_size((width, height), imgui.Cond_.appearing)
    flags = imgui.WindowFlags_.no_collapse | imgui.WindowFlags_.no_docking
    flags |= imgui.WindowFlags_.no_saved_settings
    if to_front:
        imgui.set_next_window_focus()
    imgui.push_style_color(imgui.Col_.window_bg, vec4(host.palette.popup))
    imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
    shown, stays = imgui.begin(title, True, flags)
    try:
        yield bool(shown), bool(stays)
    finally:
        imgui.end()
        imgui.pop_style_var()
        imgui.pop_style_color()
