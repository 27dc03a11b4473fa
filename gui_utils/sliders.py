"""Bars to drag and numbers to type.

Each explains itself on hover, takes a typed number after Ctrl+click, goes back to its default on a
double click, and offers reset, copy and paste on a right click.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import LABEL_WIDTH, Labels
from gui_utils.theme import u32, vec4


class Sliders(Labels):
    """Numbers, each on a line of its own behind its label."""

    def slider(
        self,
        label: str,
        value: float,
        low: float,
        high: float,
        *,
        default: float,
        unit: str = "",
        decimals: int = 2,
        tip: str,
        logarithmic: bool = False,
        origin: float | None = None,
    ) -> float:
        """A bar to drag.

        Args:
            label: Shown left of the bar; unique within the panel.
            value: Shown and returned, in `unit`.
            low, high: Ends of the bar. A typed value may lie outside; callers that mind clamp it.
            default: What a double click gives.
            unit: Shown behind the number.
            decimals: Digits behind the point.
            tip: What it does; the unit and the gestures are added.
            logarithmic: Equal ratios for equal distances.
            origin: Where the bar's filling starts; None means at `low`.

        Returns:
            The value after this frame.
        """
        self.label(label)
        return self._slide(
            f"##{label}",
            value,
            low,
            high,
            width=imgui.get_content_region_avail().x,
            default=default,
            unit=unit,
            decimals=decimals,
            tip=tip,
            logarithmic=logarithmic,
            origin=origin,
        )

    def switched_slider(
        self,
        label: str,
        on: bool,
        value: float,
        low: float,
        high: float,
        *,
        default: float,
        unit: str,
        decimals: int = 2,
        tip: str,
        slider_tip: str,
        logarithmic: bool = False,
        origin: float | None = None,
    ) -> tuple[bool, float]:
        """A check box in the labels' column that switches what the bar beside it sets.

        Arguments as in `slider`; `tip` belongs to the check box.

        Returns:
            (on, value) after this frame.
        """
        left = imgui.get_cursor_pos_x()
        _changed, on = imgui.checkbox(label, on)
        self.tip(tip)
        imgui.same_line(left + self.host.px(LABEL_WIDTH))
        value = self._slide(
            f"##{label} amount",
            value,
            low,
            high,
            width=imgui.get_content_region_avail().x,
            default=default,
            unit=unit,
            decimals=decimals,
            tip=slider_tip,
            logarithmic=logarithmic,
            origin=origin,
        )
        return bool(on), value

    def slider_pair(
        self,
        label: str,
        values: tuple[float, float],
        low: float,
        high: float,
        *,
        default: float,
        unit: str,
        decimals: int = 2,
        tips: tuple[str, str],
        origin: float | None = None,
    ) -> tuple[float, float]:
        """Two bars of the same kind on one line, as for x and y; arguments as in `slider`."""
        self.label(label)
        gap = self.host.px(4)
        width = (imgui.get_content_region_avail().x - gap) / 2
        moved: list[float] = []
        for index, (value, tip) in enumerate(zip(values, tips, strict=True)):
            if index:
                imgui.same_line(0, gap)
            moved.append(
                self._slide(
                    f"##{label}{index}",
                    value,
                    low,
                    high,
                    width=width,
                    default=default,
                    unit=unit,
                    decimals=decimals,
                    tip=tip,
                    origin=origin,
                )
            )
        return moved[0], moved[1]

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
    ) -> int:
        """A whole number with a button to either side.

        Args:
            label: Shown left of it; unique within the panel.
            value: Shown and returned.
            low, high: The range kept to.
            default: What a double click gives.
            tip: What it does.
            shortcut: Keys that press the two buttons.
            reserve: Width in pixels left free behind it.

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
        with self.host.fonts.figure():
            _changed, typed = imgui.input_text(f"##{label}", str(value), flags)
        number = _as_number(typed)
        if imgui.is_item_deactivated_after_edit() and number is not None:
            value = round(number)
        value = round(self._reset_copy_paste(f"##{label}", value, default, 0))
        self.tip(f"{tip}\n\nClick to type; double click resets.")
        imgui.same_line(0, gap)
        if self.icon_button(icons.RIGHT, f"{label} more", tip=f"One more{keys}."):
            value += 1
        return min(max(value, low), high)

    def whole_slider(
        self, label: str, value: int, low: int, high: int, *, default: int, text: str, tip: str
    ) -> int:
        """A bar of whole steps that shows `text` instead of the number.

        Returns:
            The value after this frame, within [low, high].
        """
        self.label(label)
        where, height = imgui.get_cursor_screen_pos(), imgui.get_frame_height()
        width = imgui.get_content_region_avail().x
        self._bar(where, imgui.ImVec2(width, height), 0.0, _fraction(value, low, high, False))
        with self._see_through(), self.host.fonts.figure():
            imgui.set_next_item_width(width)
            _changed, value = imgui.slider_int(
                f"##{label}", value, low, high, text.replace("%", "%%")
            )
        value = round(self._reset_copy_paste(f"##{label}", value, default, 0))
        self.tip(f"{tip}\n\nDouble click resets, Ctrl+click types a number.")
        return min(max(value, low), high)

    def _slide(
        self,
        identity: str,
        value: float,
        low: float,
        high: float,
        *,
        width: float,
        default: float,
        unit: str,
        decimals: int,
        tip: str,
        logarithmic: bool = False,
        origin: float | None = None,
    ) -> float:
        where, height = imgui.get_cursor_screen_pos(), imgui.get_frame_height()
        start = low if origin is None else origin
        self._bar(
            where,
            imgui.ImVec2(width, height),
            _fraction(start, low, high, logarithmic),
            _fraction(value, low, high, logarithmic),
        )
        suffix = f" {unit}".replace("%", "%%") if unit else ""
        flags = imgui.SliderFlags_.logarithmic if logarithmic else imgui.SliderFlags_.none
        with self._see_through(), self.host.fonts.figure():
            imgui.set_next_item_width(width)
            changed, moved = imgui.slider_float(
                identity, value, low, high, f"%.{decimals}f{suffix}", flags
            )
        value = moved if changed else value  # untouched, it is not even rounded to single precision
        value = self._reset_copy_paste(identity, value, default, decimals)
        self.tip(f"{tip}\n\nDouble click resets, Ctrl+click types a number.")
        return value

    def _bar(self, where: imgui.ImVec2, size: imgui.ImVec2, start: float, end: float) -> None:
        palette, rounding = self.host.palette, imgui.get_style().frame_rounding
        corner = imgui.ImVec2(where.x + size.x, where.y + size.y)
        draw = imgui.get_window_draw_list()
        hovered = imgui.is_mouse_hovering_rect(where, corner) and imgui.is_window_hovered()
        draw.add_rect_filled(
            where, corner, u32(palette.frame_hovered if hovered else palette.frame), rounding
        )
        # All of it along the lower edge, below the figure.
        line, reach = self.host.px(2), self.host.px(4)
        left, right = where.x + min(start, end) * size.x, where.x + max(start, end) * size.x
        draw.add_rect_filled(
            (left, corner.y - line), (right, corner.y), u32(palette.accent, 1.0 if hovered else 0.8)
        )
        handle = min(max(where.x + end * size.x, where.x + reach), corner.x - reach)
        draw.add_rect_filled(
            (handle - reach, corner.y - 1.5 * line), (handle + reach, corner.y), u32(palette.text)
        )

    @contextmanager
    def _see_through(self) -> Iterator[None]:
        """Let the bar drawn before shine through a slider."""
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
        self, identity: str, value: float, default: float, decimals: int
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
            imgui.end_popup()
        return value


def _fraction(value: float, low: float, high: float, logarithmic: bool) -> float:
    if logarithmic:
        value, low, high = (math.log(max(v, 1e-9)) for v in (value, low, high))
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _as_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
