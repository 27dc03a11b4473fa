"""Labelled controls that all behave alike.

Each says on hover what it does, takes a typed number after Ctrl+click, goes back to its default on
a double click, and offers reset, copy and paste on a right click.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.host import GuiHost
from gui_utils.theme import Colour, mix, u32, vec4

LABEL_WIDTH = 76
DASH = "–"

T = TypeVar("T")


class Widgets:
    """The controls, in the look of one `GuiHost`."""

    def __init__(self, host: GuiHost) -> None:
        self.host = host

    # -- text

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

    def figure(self, value: float | None, decimals: int, unit: str, *, width: int = 0) -> None:
        """A number with its unit in equally wide characters; a dash while it is unknown."""
        with self.host.fonts.figure():
            imgui.text_unformatted(figure_text(value, decimals, width))
        if unit:
            imgui.same_line(0, self.host.px(4))
            self.text(unit, self.host.palette.dim)

    def row(self, label: str, value: str, *, tip: str = "") -> None:
        """A label and a text beside it, aligned with the controls."""
        self._label(label)
        with self.host.fonts.figure():
            imgui.text_unformatted(value)
        self.tip(tip)

    def heading(self, text: str) -> None:
        """A bold line."""
        with self.host.fonts.heading():
            imgui.text_unformatted(text)

    # -- structure

    def section(self, title: str, *, on_reset: Callable[[], None] | None = None) -> bool:
        """A bold header that folds what follows.

        Args:
            title: What follows.
            on_reset: Called when the reset button at the header's end is pressed; None: no button.

        Returns:
            Whether it is unfolded.
        """
        host, palette = self.host, self.host.palette
        storage, key = imgui.get_state_storage(), imgui.get_id(f"unfolded {title}")
        unfolded = storage.get_bool(key, True)
        where, width = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
        height, padding = host.px(26), host.px(4)
        draw = imgui.get_window_draw_list()
        imgui.set_next_item_allow_overlap()
        if imgui.invisible_button(f"##{title}", (width, height)):
            unfolded = not unfolded
            storage.set_bool(key, unfolded)
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
            tip = f"Everything under {title} back to its default."
            pressed = self.icon_button(icons.RESET, f"reset {title}", tip=tip)
            imgui.pop_style_color(2)
            if pressed:
                on_reset()
        imgui.set_cursor_screen_pos((after.x, after.y - imgui.get_style().item_spacing.y))
        imgui.dummy((0, 0))
        return unfolded

    @contextmanager
    def disabled(self, because: str) -> Iterator[None]:
        """Grey out the controls of the block while `because` is not empty."""
        imgui.begin_disabled(bool(because))
        try:
            yield
        finally:
            imgui.end_disabled()
            if because:
                self.tip(because, even_disabled=True)

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

    # -- controls

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
        self._label(label)
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
        self._label(label)
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
            _changed, value = imgui.slider_float(
                identity, value, low, high, f"%.{decimals}f{suffix}", flags
            )
        value = self._reset_copy_paste(identity, value, default, decimals)
        self.tip(f"{tip}\n\nDouble click resets, Ctrl+click types a number.")
        return value

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
        self._label(label)
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
        self._label(label)
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

    def toggle(self, label: str, on: bool, *, tip: str) -> bool:
        """A check box in the controls' column."""
        self._label("")
        _changed, on = imgui.checkbox(label, on)
        self.tip(tip)
        return bool(on)

    def choice(self, label: str, value: T, options: Sequence[tuple[T, str]], *, tip: str) -> T:
        """One of a few, as a row of equally wide buttons; the chosen one is filled."""
        self._label(label)
        gap = self.host.px(2)
        width = (imgui.get_content_region_avail().x - gap * (len(options) - 1)) / len(options)
        for index, (option, name) in enumerate(options):
            if index:
                imgui.same_line(0, gap)
            if self.chip(f"{name}##{label}", option == value, width):
                value = option
            self.tip(tip)
        return value

    def chip(self, text: str, active: bool, width: float = 0.0) -> bool:
        """A button that shows whether it is the active one; returns whether it was pressed."""
        palette = self.host.palette
        if active:
            imgui.push_style_color(
                imgui.Col_.button, vec4(mix(palette.frame, palette.accent, 0.45))
            )
        pressed = imgui.button(text, (width, 0))
        if active:
            imgui.pop_style_color()
        return bool(pressed)

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

    def dot(self, colour: Colour) -> None:
        """A filled disc as high as the text, followed on the same line."""
        radius = self.host.px(4)
        where = imgui.get_cursor_screen_pos()
        middle = imgui.ImVec2(where.x + radius, where.y + imgui.get_text_line_height() / 2)
        imgui.get_window_draw_list().add_circle_filled(middle, radius, u32(colour))
        imgui.dummy((2 * radius, imgui.get_text_line_height()))
        imgui.same_line(0, self.host.px(6))

    def _label(self, label: str) -> None:
        """Leave the column of labels, so that the next control starts where all others do."""
        left = imgui.get_cursor_pos_x()
        imgui.align_text_to_frame_padding()
        self.text(label, self.host.palette.dim)
        imgui.same_line(left + self.host.px(LABEL_WIDTH))

    def _bar(self, where: imgui.ImVec2, size: imgui.ImVec2, start: float, end: float) -> None:
        palette, rounding = self.host.palette, imgui.get_style().frame_rounding
        corner = imgui.ImVec2(where.x + size.x, where.y + size.y)
        draw = imgui.get_window_draw_list()
        hovered = imgui.is_mouse_hovering_rect(where, corner) and imgui.is_window_hovered()
        draw.add_rect_filled(
            where, corner, u32(palette.frame_hovered if hovered else palette.frame), rounding
        )
        left, right = where.x + min(start, end) * size.x, where.x + max(start, end) * size.x
        draw.add_rect_filled(
            (left, where.y),
            (right, corner.y),
            u32(palette.accent, 0.36 if hovered else 0.26),
            rounding,
        )
        # Along the lower edge only, where it does not cross the figure.
        line = self.host.px(2)
        notch = min(max(where.x + end * size.x, where.x + line), corner.x - line)
        draw.add_rect_filled((left, corner.y - line), (right, corner.y), u32(palette.accent))
        draw.add_rect_filled(
            (notch - line / 2, corner.y - 2.5 * line),
            (notch + line / 2, corner.y),
            u32(palette.accent),
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
