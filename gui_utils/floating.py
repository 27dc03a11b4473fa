"""A window above all others, for content that is read once and closed again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.keyboard_focus import dialog_has_focus
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
    fixed: bool = False,
) -> Iterator[tuple[bool, bool]]:
    """Begin and end a window in the middle of the main window.

    Args:
        host: The Dear ImGui host to draw with.
        title: Text of the title bar.
        size: Initial width and height, in pixels at a scale of 1; a height of 0 fits the content.
        largest: Largest initial width and height, in fractions of the main window's.
        to_front: Bring it to the front in this frame.
        fixed: Keep it in the middle and its size as it is.

    Yields:
        (visible, open): visible if its content has to be drawn, open until it is closed.
    """
    viewport = imgui.get_main_viewport()
    width = min(host.px(size[0]), viewport.size.x * largest[0])
    height = min(host.px(size[1]), viewport.size.y * largest[1])
    when = imgui.Cond_.always if fixed else imgui.Cond_.appearing
    imgui.set_next_window_pos(viewport.get_center(), when, (0.5, 0.5))
    imgui.set_next_window_size((width, height), when)
    flags = imgui.WindowFlags_.no_collapse | imgui.WindowFlags_.no_docking
    flags |= imgui.WindowFlags_.no_saved_settings
    if fixed:
        flags |= imgui.WindowFlags_.no_resize
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


def is_dismissed(host: GuiHost, *, even_writing: bool = True) -> bool:
    """Return True if Escape closes the present window, called between its begin and end.

    Of several windows only the one with the keyboard closes, and before it its own menus and lists.

    Args:
        host: The Dear ImGui host.
        even_writing: Close it from within a text field; otherwise Escape first leaves the field.
    """
    if host.focus.popup_was_open or not imgui.is_key_pressed(imgui.Key.escape, False):
        return False
    if host.wants_text and not even_writing:
        return False
    focused = imgui.is_window_focused(imgui.FocusedFlags_.root_and_child_windows)
    return bool(focused) or not (dialog_has_focus() or host.wants_text)
