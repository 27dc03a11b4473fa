"""Text, tooltips and small buttons in the style of one `GuiHost`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.theme import Colour, vec4
from gui_utils.tooltips import show_tooltip

if TYPE_CHECKING:
    from collections.abc import Callable

    from gui_utils.host import GuiHost

LABEL_WIDTH = 76
"""Width of the label column, in pixels at a scale of 1."""
DASH = "–"


class Labels:
    """Text, tooltips and icon buttons."""

    def __init__(self, host: GuiHost) -> None:
        self.host = host

    def text(self, text: str, colour: Colour | None = None) -> None:
        """Draw one line of text in a colour."""
        if colour is None:
            imgui.text_unformatted(text)
            return
        imgui.push_style_color(imgui.Col_.text, vec4(colour))
        imgui.text_unformatted(text)
        imgui.pop_style_color()

    def dim(self, text: str) -> None:
        """Draw secondary text, wrapped at the edge of the panel."""
        imgui.push_style_color(imgui.Col_.text, vec4(self.host.palette.dim))
        imgui.push_text_wrap_pos(0.0)
        imgui.text_unformatted(text)
        imgui.pop_text_wrap_pos()
        imgui.pop_style_color()

    def figure(self, text: str, colour: Colour | None = None) -> None:
        """Draw monospaced text on the baseline of the text beside it."""
        baseline = imgui.get_font_baked().ascent
        with self.host.fonts.mono():
            own = imgui.get_font_baked().ascent
            imgui.set_cursor_pos_y(imgui.get_cursor_pos_y() + baseline - own)
            self.text(text, colour)

    def heading(self, text: str) -> None:
        """Draw a line of bold text."""
        with self.host.fonts.heading():
            imgui.text_unformatted(text)

    def row(self, label: str, value: str, *, tip: str = "") -> None:
        """Draw a label and a text beside it, aligned with the controls; a long one wraps."""
        self.label(label)
        imgui.push_text_wrap_pos(0.0)
        self.figure(value)
        imgui.pop_text_wrap_pos()
        self.tip(tip)

    def paragraph_row(self, label: str, text: str) -> None:
        """Draw a label and beside it a text that wraps at the edge, in a column of its own."""
        self.label(label)
        imgui.begin_group()
        imgui.push_text_wrap_pos(0.0)
        imgui.text_unformatted(text)
        imgui.pop_text_wrap_pos()
        imgui.end_group()

    def tip(self, text: str, *, even_disabled: bool = False) -> None:
        """Show a tooltip for the control drawn last while the mouse rests on it."""
        flags = int(imgui.HoveredFlags_.for_tooltip)
        if even_disabled:
            flags |= int(imgui.HoveredFlags_.allow_when_disabled)
        if text and imgui.is_item_hovered(flags):
            show_tooltip(self.host, text)

    @staticmethod
    def reset_menu(identity: str) -> bool:
        """Draw the menu of a control that can only be reset; return True if reset was chosen."""
        chosen = False
        if imgui.begin_popup_context_item(f"menu {identity}"):
            chosen = imgui.menu_item_simple("Reset")
            imgui.end_popup()
        return chosen

    def icon_button(self, icon: str, name: str, *, tip: str, enabled: bool = True) -> bool:
        """Draw a square button with an icon, `name` being its ID; return True if pressed."""
        side = imgui.get_frame_height()
        imgui.begin_disabled(not enabled)
        imgui.push_style_var(imgui.StyleVar_.frame_padding, (0, imgui.get_style().frame_padding.y))
        pressed = imgui.button(f"{icon}##{name}", (side, side))
        imgui.pop_style_var()
        imgui.end_disabled()
        self.tip(tip, even_disabled=True)
        return bool(pressed)

    def label(self, label: str) -> None:
        """Draw a label and move to the control column, where all controls start."""
        left = imgui.get_cursor_pos_x()
        imgui.align_text_to_frame_padding()
        self.text(label, self.host.palette.dim)
        self.column(left + self.host.px(LABEL_WIDTH))

    def flow(self, width: float, gap: float = 8) -> None:
        """Stay on the same line if `width` pixels are free there, else go to the next line."""
        imgui.same_line(0, self.host.px(gap))
        if imgui.get_content_region_avail().x < width:
            imgui.new_line()

    @staticmethod
    def column(x: float) -> None:
        """Stay on the same line at `x`, counted like `get_cursor_pos_x`, even in groups."""
        imgui.same_line(0, 0)
        imgui.set_cursor_pos_x(x)


def number_text(value: float | None, decimals: int, width: int = 0) -> str:
    """Format a number with fixed decimals, right-aligned in `width` characters; a dash if unknown.

    A value that rounds to zero gets no minus sign, so that the text does not flicker around zero.
    """
    if value is None or math.isnan(value):
        return DASH.rjust(width)
    return f"{value:z.{decimals}f}".rjust(width)


def shortened(text: str, width: float, measure: Callable[[str], float]) -> str:
    """Shorten `text` to the longest beginning that fits `width`, with an ellipsis if it was cut.

    Args:
        text: One line.
        width: Available space, in the units of `measure`.
        measure: Returns the width of a text.
    """
    if measure(text) <= width:
        return text
    kept = len(text)
    while kept > 0 and measure(text[:kept] + "…") > width:
        kept -= 1
    return text[:kept].rstrip() + "…"
