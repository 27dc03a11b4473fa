"""Sliders and number fields.

Each has a tooltip, takes a typed number after Ctrl+click, returns to its default on a double
click, and has a context menu with reset, copy, paste and the entries that its owner adds.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Required, TypedDict, Unpack

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import LABEL_WIDTH, Labels
from gui_utils.theme import u32, vec4
from gui_utils.tooltips import show_tooltip

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

LOCKED = "Locked: right click unlocks it."


class Look(TypedDict, total=False):
    """Properties of a slider except its range."""

    default: Required[float]
    """Value after a double click."""
    tip: Required[str]
    """Tooltip."""
    unit: str
    """Unit shown after the number."""
    decimals: int
    """Digits after the decimal point; 2 if not given."""
    logarithmic: bool
    """True for a logarithmic scale."""
    origin: float
    """Value from which the slider is filled; the low end if not given."""
    badge: str
    """Icon at the right end of the slider."""
    locked: bool
    """True if the value cannot be changed; the context menu still opens."""
    menu: Callable[[], None]
    """Draws more entries in the context menu."""


class Sliders(Labels):
    """Number controls, each on a line of its own after its label."""

    def slider(
        self, label: str, value: float, low: float, high: float, **look: Unpack[Look]
    ) -> float:
        """Draw a slider.

        Args:
            label: Shown left of the slider; unique within the panel.
            value: Current value, in the unit of `look`.
            low, high: Ends of the slider. A typed value may lie outside; callers may clamp it.
            look: Other properties; see `Look`.

        Returns:
            The value after this frame.
        """
        self.label(label)
        width = imgui.get_content_region_avail().x
        return self._slide(f"##{label}", value, low, high, width, **look)

    def bare_slider(
        self, name: str, value: float, low: float, high: float, width: float, **look: Unpack[Look]
    ) -> float:
        """Draw a slider `width` pixels wide without a label; otherwise like `slider`."""
        return self._slide(f"##{name}", value, low, high, width, **look)

    def switched_slider(
        self,
        label: str,
        on: bool,
        value: float,
        low: float,
        high: float,
        *,
        slider_tip: str,
        **look: Unpack[Look],
    ) -> tuple[bool, float]:
        """Draw a check box in the label column, and beside it the slider that it switches on.

        Arguments as in `slider`; `tip` belongs to the check box, `slider_tip` to the slider.

        Returns:
            (on, value) after this frame.
        """
        left = imgui.get_cursor_pos_x()
        _changed, on = imgui.checkbox(label, on)
        self.tip(look["tip"])
        self.column(left + self.host.px(LABEL_WIDTH))
        look["tip"] = slider_tip
        width = imgui.get_content_region_avail().x
        return bool(on), self._slide(f"##{label} amount", value, low, high, width, **look)

    def slider_pair(
        self,
        label: str,
        values: tuple[float, float],
        low: float,
        high: float,
        *,
        looks: tuple[Look, Look],
    ) -> tuple[float, float]:
        """Draw two sliders of one kind on one line, as for x and y; arguments as in `slider`."""
        self.label(label)
        gap = self.host.px(4)
        width = (imgui.get_content_region_avail().x - gap) / 2
        first = self._slide(f"##{label}0", values[0], low, high, width, **looks[0])
        imgui.same_line(0, gap)
        return first, self._slide(f"##{label}1", values[1], low, high, width, **looks[1])

    def integer(
        self,
        label: str,
        value: int,
        low: int,
        high: int,
        *,
        default: int,
        tip: str,
        shortcut: str = "",
        reserve: float = 0.0,
        menu: Callable[[], None] | None = None,
    ) -> int:
        """Draw a whole number with a button on each side.

        Args:
            label: Shown left of the number; unique within the panel.
            value: Current value.
            low, high: Range to which the value is clamped.
            default: Value after a double click.
            tip: What the number does.
            shortcut: Keys that do the same as the two buttons, for the tooltip.
            reserve: Width left free to the right, in pixels.
            menu: Draws more entries in the context menu.

        Returns:
            The value after this frame.
        """
        self.label(label)
        size = imgui.get_frame_height()
        gap = self.host.px(2)
        keys = f" ({shortcut})" if shortcut else ""
        if self.icon_button(icons.LEFT, f"{label} less", tip=f"One less{keys}."):
            value -= 1
        imgui.same_line(0, gap)
        imgui.set_next_item_width(imgui.get_content_region_avail().x - size - gap - reserve)
        flags = imgui.InputTextFlags_.chars_decimal | imgui.InputTextFlags_.auto_select_all
        with self.host.fonts.mono():
            _changed, typed = imgui.input_text(f"##{label}", str(value), flags)
        number = _as_number(typed)
        if imgui.is_item_deactivated_after_edit() and number is not None:
            value = round(number)
        value = round(self._reset_copy_paste(f"##{label}", value, default, 0, menu))
        self.tip(tip)
        imgui.same_line(0, gap)
        if self.icon_button(icons.RIGHT, f"{label} more", tip=f"One more{keys}."):
            value += 1
        return min(max(value, low), high)

    def whole_slider(
        self,
        label: str,
        value: int,
        low: int,
        high: int,
        *,
        default: int,
        text: str,
        tip: str,
        menu: Callable[[], None] | None = None,
    ) -> int:
        """Draw a slider over whole numbers that shows `text` instead of the number.

        Returns:
            The value after this frame, within [low, high].
        """
        self.label(label)
        width = imgui.get_content_region_avail().x
        value = self._slide_whole(f"##{label}", value, low, high, width, default, text, menu)
        self.tip(tip)
        return value

    def bare_whole_slider(
        self,
        name: str,
        value: int,
        low: int,
        high: int,
        width: float,
        *,
        default: int,
        text: str,
        tip: str,
        marks: Collection[int] = (),
    ) -> int:
        """Draw a slider `width` pixels wide without a label; otherwise like `whole_slider`.

        Args:
            name: Its identity within the panel.
            value, low, high, default, text, tip: As `whole_slider` takes them.
            width: Width in pixels.
            marks: Values that get a dot on the line below the text.
        """
        where = imgui.get_cursor_screen_pos()
        value = self._slide_whole(f"##{name}", value, low, high, width, default, text, None)
        self.tip(tip)
        radius, height = self.host.px(3), imgui.get_frame_height()
        for marked in marks:
            middle = where.x + _fraction(marked, low, high, False) * width
            middle = min(max(middle, where.x + radius), where.x + width - radius)
            imgui.get_window_draw_list().add_circle_filled(
                (middle, where.y + height - self.host.px(1)), radius, u32(self.host.palette.warning)
            )
        return value

    def _slide_whole(
        self,
        identity: str,
        value: int,
        low: int,
        high: int,
        width: float,
        default: int,
        text: str,
        menu: Callable[[], None] | None,
    ) -> int:
        where, height = imgui.get_cursor_screen_pos(), imgui.get_frame_height()
        self._bar(where, imgui.ImVec2(width, height), 0.0, _fraction(value, low, high, False))
        with self._see_through(), self.host.fonts.mono():
            imgui.set_next_item_width(width)
            _changed, value = imgui.slider_int(identity, value, low, high, text.replace("%", "%%"))
        value = round(self._reset_copy_paste(identity, value, default, 0, menu))
        return min(max(value, low), high)

    def _slide(
        self,
        identity: str,
        value: float,
        low: float,
        high: float,
        width: float,
        **look: Unpack[Look],
    ) -> float:
        where, height = imgui.get_cursor_screen_pos(), imgui.get_frame_height()
        logarithmic, decimals = look.get("logarithmic", False), look.get("decimals", 2)
        badge, locked = look.get("badge", ""), look.get("locked", False)
        self._bar(
            where,
            imgui.ImVec2(width, height),
            _fraction(look.get("origin", low), low, high, logarithmic),
            _fraction(value, low, high, logarithmic),
            locked=locked,
        )
        unit = look.get("unit", "")
        suffix = f" {unit}".replace("%", "%%") if unit else ""
        flags = imgui.SliderFlags_.logarithmic if logarithmic else imgui.SliderFlags_.none
        with self._see_through(), self.host.fonts.mono(), self._refusing(locked):
            imgui.set_next_item_width(width)
            changed, moved = imgui.slider_float(
                identity, value, low, high, f"%.{decimals}f{suffix}", flags
            )
        if badge:
            self._badge(badge, where, width)
        moved = moved if changed else value  # if untouched, not even rounded to single precision
        menu = look.get("menu")
        moved = self._reset_copy_paste(identity, moved, look["default"], decimals, menu)
        if locked and imgui.is_item_active():  # at once, not after a rest
            show_tooltip(self.host, LOCKED)
        else:
            self.tip(f"{look['tip']}\n\n{LOCKED}" if locked else look["tip"])
        return value if locked else moved

    def _badge(self, icon: str, where: imgui.ImVec2, width: float) -> None:
        """Draw an icon at the right end of a slider."""
        with self.host.fonts.small():
            size = imgui.calc_text_size(icon)
            at = (
                where.x + width - size.x - self.host.px(5),
                where.y + (imgui.get_frame_height() - size.y) / 2,
            )
            imgui.get_window_draw_list().add_text(at, u32(self.host.palette.accent), icon)

    @contextmanager
    def _refusing(self, locked: bool) -> Iterator[None]:
        """Draw the next slider dim while it is locked, so that it does not take hold."""
        if not locked:
            yield
            return
        imgui.push_item_flag(imgui.internal.ItemFlagsPrivate_.read_only, True)
        imgui.push_style_color(imgui.Col_.text, vec4(self.host.palette.dim))
        try:
            yield
        finally:
            imgui.pop_style_color()
            imgui.pop_item_flag()
        if imgui.is_item_hovered():
            imgui.set_mouse_cursor(imgui.MouseCursor_.not_allowed)

    def _bar(
        self,
        where: imgui.ImVec2,
        size: imgui.ImVec2,
        start: float,
        end: float,
        *,
        locked: bool = False,
    ) -> None:
        palette, rounding = self.host.palette, imgui.get_style().frame_rounding
        corner = imgui.ImVec2(where.x + size.x, where.y + size.y)
        draw = imgui.get_window_draw_list()
        hovered = imgui.is_mouse_hovering_rect(where, corner) and imgui.is_window_hovered()
        hovered = hovered and not locked
        filled, handle_colour = (
            (palette.frame_active, palette.dim) if locked else (palette.accent, palette.text)
        )
        draw.add_rect_filled(
            where, corner, u32(palette.frame_hovered if hovered else palette.frame), rounding
        )
        # The filled part runs along the lower edge, below the number.
        line, reach = self.host.px(2), self.host.px(4)
        left, right = where.x + min(start, end) * size.x, where.x + max(start, end) * size.x
        draw.add_rect_filled(
            (left, corner.y - line), (right, corner.y), u32(filled, 1.0 if hovered else 0.8)
        )
        handle = min(max(where.x + end * size.x, where.x + reach), corner.x - reach)
        draw.add_rect_filled(
            (handle - reach, corner.y - 1.5 * line), (handle + reach, corner.y), u32(handle_colour)
        )

    @contextmanager
    def _see_through(self) -> Iterator[None]:
        """Draw the next slider transparent, so that the bar drawn before stays visible."""
        slots = (
            imgui.Col_.frame_bg,
            imgui.Col_.frame_bg_hovered,
            imgui.Col_.frame_bg_active,
            imgui.Col_.slider_grab,
            imgui.Col_.slider_grab_active,
        )
        for slot in slots:
            imgui.push_style_color(slot, vec4(self.host.palette.frame, 0.0))
        try:
            yield
        finally:
            imgui.pop_style_color(len(slots))

    def _reset_copy_paste(
        self,
        identity: str,
        value: float,
        default: float,
        decimals: int,
        menu: Callable[[], None] | None,
    ) -> float:
        if imgui.is_item_hovered() and imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
            imgui.internal.clear_active_id()
            value = default
        if imgui.begin_popup_context_item(f"menu{identity}"):
            if imgui.menu_item_simple("Reset"):
                value = default
            if imgui.menu_item_simple("Copy"):
                imgui.set_clipboard_text(f"{value:.{decimals}f}")
            pasted = _as_number(imgui.get_clipboard_text())
            if imgui.menu_item_simple("Paste", enabled=pasted is not None) and pasted is not None:
                value = pasted
            if menu is not None:
                imgui.separator()
                menu()
            imgui.end_popup()
        return value


def _fraction(value: float, low: float, high: float, logarithmic: bool) -> float:
    if logarithmic:
        value, low, high = (math.log(max(v, 1e-9)) for v in (value, low, high))
    span = high - low
    return min(max((value - low) / span, 0.0), 1.0) if span else 0.0


def _as_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
