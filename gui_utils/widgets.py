"""All controls in one class, which the panels receive."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.sliders import Sliders
from gui_utils.theme import mix, u32, vec4

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gui_utils.host import GuiHost

T = TypeVar("T")

HOLD_S = 0.8
"""How long a button is held that must not be pressed by accident."""


class Widgets(Sliders):
    """Controls in the style of one `GuiHost`.

    Args:
        host: The host.
        unfolded: Whether each section is unfolded, by its title; changed when one is clicked.
    """

    def __init__(self, host: GuiHost, unfolded: dict[str, bool] | None = None) -> None:
        super().__init__(host)
        self._unfolded = {} if unfolded is None else unfolded
        self._held: tuple[int, float] | None = None
        """The button that is being held, and since when, on the window's clock."""

    def section(
        self,
        title: str,
        *,
        on_reset: Callable[[], None] | None = None,
        unfolded_at_first: bool = True,
    ) -> bool:
        """Draw a bold header that shows or hides the section below it.

        Args:
            title: Title of the section.
            on_reset: Called when the reset button in the header is pressed; None for no button.
            unfolded_at_first: True if the section is open before the first click.

        Returns:
            Whether it is unfolded.
        """
        host, palette = self.host, self.host.palette
        unfolded = self._unfolded.get(title, unfolded_at_first)
        where, width = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
        height, padding = host.px(26), host.px(4)
        draw = imgui.get_window_draw_list()
        imgui.set_next_item_allow_overlap()
        reachable = imgui.ButtonFlags_.enable_nav
        if imgui.invisible_button(f"##{title}", (width, height), reachable):
            unfolded = not unfolded
            self._unfolded[title] = unfolded
        hovered = imgui.is_item_hovered()
        after = imgui.get_cursor_screen_pos()
        middle = where.y + (height - imgui.get_text_line_height()) / 2
        with host.fonts.heading():
            draw.add_text((where.x, middle), u32(palette.text), title)
        chevron = icons.DOWN if unfolded else icons.LEFT
        chevron_width = imgui.calc_text_size(icons.DOWN).x
        right = where.x + width
        with host.fonts.small():
            colour = u32(palette.text if hovered else palette.dim)
            draw.add_text((right - chevron_width, middle + host.px(1)), colour, chevron)
        if on_reset is not None:
            side = imgui.get_frame_height()
            imgui.set_cursor_screen_pos(
                (right - chevron_width - side - padding, where.y + (height - side) / 2)
            )
            imgui.push_style_color(imgui.Col_.button, vec4(palette.window, 0.0))
            imgui.push_style_color(imgui.Col_.text, vec4(palette.dim))
            tip = f"Reset everything under {title} to its default."
            pressed = self.icon_button(icons.RESET, f"reset {title}", tip=tip)
            imgui.pop_style_color(2)
            if pressed:
                on_reset()
        imgui.set_cursor_screen_pos((after.x, after.y - imgui.get_style().item_spacing.y))
        imgui.dummy((0, 0))
        return unfolded

    @contextmanager
    def disabled(self, reason: str) -> Iterator[None]:
        """Grey out the controls of the block while `reason` is not empty; it is their tooltip."""
        imgui.begin_disabled(bool(reason))
        try:
            yield
        finally:
            imgui.end_disabled()
            if reason:
                self.tip(reason, even_disabled=True)

    def choice(self, label: str, value: T, options: Sequence[tuple[T, str]], *, tip: str) -> T:
        """Draw a choice as a row of equally wide buttons, the chosen one filled; return it."""
        self.label(label)
        gap = self.host.px(2)
        width = (imgui.get_content_region_avail().x - gap * (len(options) - 1)) / len(options)
        for index, (option, name) in enumerate(options):
            if index:
                imgui.same_line(0, gap)
            if self.chip(f"{name}##{label}", option == value, width):
                value = option
            self.tip(tip)
        return value

    def hold_button(self, text: str, width: float = 0.0) -> bool:
        """Draw a button that acts once it has been held for `HOLD_S`, by mouse or keyboard.

        A fill shows how long it has been held.

        Returns:
            True in the one frame in which it acts.
        """
        imgui.button(text, (width, 0))
        identity = imgui.get_item_id()
        if not imgui.is_item_active():
            if self._held is not None and self._held[0] == identity:
                self._held = None
            return False
        now = self.host.window.now_s
        if self._held is None or self._held[0] != identity:
            self._held = identity, now
        share = min((now - self._held[1]) / HOLD_S, 1.0)
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        imgui.get_window_draw_list().add_rect_filled(
            low,
            (low.x + share * (high.x - low.x), high.y),
            u32(self.host.palette.warning, 0.5),
            imgui.get_style().frame_rounding,
        )
        if share < 1.0:
            self.host.window.request_frames(2)  # this one and the next
            return False
        self._held = identity, math.inf
        imgui.internal.clear_active_id()
        return True

    def chip(self, text: str, active: bool, width: float = 0.0) -> bool:
        """Draw a button that is filled while `active`; return True if it was pressed."""
        palette = self.host.palette
        if active:
            imgui.push_style_color(
                imgui.Col_.button, vec4(mix(palette.frame, palette.accent, 0.45))
            )
        if width:  # leave the room to the name
            padding = imgui.get_style().frame_padding
            imgui.push_style_var(
                imgui.StyleVar_.frame_padding, (min(padding.x, self.host.px(2)), padding.y)
            )
        pressed = imgui.button(text, (width, 0))
        if width:
            imgui.pop_style_var()
        if active:
            imgui.pop_style_color()
        return bool(pressed)
