"""Text and the least of controls, in the look of one `GuiHost`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.theme import Colour, vec4

if TYPE_CHECKING:
    from collections.abc import Callable

    from gui_utils.host import GuiHost

LABEL_WIDTH = 76
"""Width of the column of labels, in pixels at a scale of 1."""
DASH = "–"


class Labels:
    """Text, explanations and square buttons."""

    def __init__(self, host: GuiHost) -> None:
        self.host = host

    def text(self, text: str, colour: Colour | None = None) -> None:
        """One line in a colour of the palette."""
        if colour is None:
            imgui.text_unformatted(text)
            return
        imgui.push_style_color(imgui.Col_.text, vec4(colour))
        imgui.text_unformatted(text)
        imgui.pop_style_color()

    def dim(self, text: str) -> None:
        """One line of secondary text, wrapped where the panel ends."""
        imgui.push_style_color(imgui.Col_.text, vec4(self.host.palette.dim))
        imgui.push_text_wrap_pos(0.0)
        imgui.text_unformatted(text)
        imgui.pop_text_wrap_pos()
        imgui.pop_style_color()

    def heading(self, text: str) -> None:
        """A bold line."""
        with self.host.fonts.heading():
            imgui.text_unformatted(text)

    def row(self, label: str, value: str, *, tip: str = "") -> None:
        """A label and a text beside it, aligned with the controls."""
        self.label(label)
        with self.host.fonts.figure():
            imgui.text_unformatted(value)
        self.tip(tip)

    def tip(self, text: str, *, even_disabled: bool = False) -> None:
        """Explain the control drawn last while the mouse rests on it."""
        flags = int(imgui.HoveredFlags_.for_tooltip)
        if even_disabled:
            flags |= int(imgui.HoveredFlags_.allow_when_disabled)
        if text and imgui.is_item_hovered(flags):
            imgui.begin_tooltip()
            imgui.push_text_wrap_pos(self.host.px(320))
            imgui.text_unformatted(text)
            imgui.pop_text_wrap_pos()
            imgui.end_tooltip()

    @staticmethod
    def reset_menu(identity: str) -> bool:
        """The menu of a control that can only be reset; returns whether that was chosen."""
        chosen = False
        if imgui.begin_popup_context_item(f"menu {identity}"):
            chosen = imgui.menu_item_simple("Reset")
            imgui.end_popup()
        return chosen

    def icon_button(self, icon: str, name: str, *, tip: str, enabled: bool = True) -> bool:
        """A square button with a pictogram; `name` is its identity."""
        side = imgui.get_frame_height()
        imgui.begin_disabled(not enabled)
        imgui.push_style_var(imgui.StyleVar_.frame_padding, (0, imgui.get_style().frame_padding.y))
        pressed = imgui.button(f"{icon}##{name}", (side, side))
        imgui.pop_style_var()
        imgui.end_disabled()
        self.tip(tip, even_disabled=True)
        return bool(pressed)

    def label(self, label: str) -> None:
        """Leave the column of labels, so that the next control starts where all others do."""
        left = imgui.get_cursor_pos_x()
        imgui.align_text_to_frame_padding()
        self.text(label, self.host.palette.dim)
        self.column(left + self.host.px(LABEL_WIDTH))

    def flow(self, width: float, gap: float = 8) -> None:
        """Go on in the same line where there is room for so many pixels, else in the next."""
        imgui.same_line(0, self.host.px(gap))
        if imgui.get_content_region_avail().x < width:
            imgui.new_line()

    @staticmethod
    def column(x: float) -> None:
        """Go on in the same line at a place as `get_cursor_pos_x` counts it, in groups too."""
        imgui.same_line(0, 0)
        imgui.set_cursor_pos_x(x)


def figure_text(value: float | None, decimals: int, width: int = 0) -> str:
    """A number with fixed decimals, right-aligned in `width` characters; a dash if unknown.

    A value that rounds to zero has no minus sign, so that nothing flickers around zero.
    """
    if value is None or math.isnan(value):
        return DASH.rjust(width)
    return f"{value:z.{decimals}f}".rjust(width)


def shortened(text: str, width: float, measure: Callable[[str], float]) -> str:
    """The longest beginning of `text` that fits `width`, with an ellipsis when something is lost.

    Args:
        text: One line.
        width: Space there is, in the units of `measure`.
        measure: Width of a text.
    """
    if measure(text) <= width:
        return text
    kept = len(text)
    while kept > 0 and measure(text[:kept] + "…") > width:
        kept -= 1
    return text[:kept].rstrip() + "…"
