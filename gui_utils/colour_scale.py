"""A legend of a colour map on which the user can also set its range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.colormaps import TABLES, ColormapName
from gui_utils.keyboard_focus import arrow_steps
from gui_utils.labels import number_text
from gui_utils.theme import u32

if TYPE_CHECKING:
    from gui_utils.widgets import Widgets

STEPS = 32
ARROW_STEP = 0.05
"""Step of an arrow, as a fraction of the range."""


def colour_scale(
    ui: Widgets,
    identity: str,
    value: tuple[float, float],
    name: ColormapName,
    *,
    default: tuple[float, float],
    unit: str = "",
    decimals: int = 1,
    symmetric: bool = False,
    tip: str,
) -> tuple[float, float]:
    """Draw a strip of colours over its two end values; dragging it changes them.

    Dragging the left third moves the low end, the right third the high end, and the middle both;
    a symmetric scale grows or shrinks about zero wherever it is dragged.

    Args:
        ui: The widgets to draw with.
        identity: Unique within the panel.
        value: Values of the first and the last colour.
        name: The colour map.
        default: Value after a double click.
        unit: Shown after the numbers.
        decimals: Digits after the decimal point.
        symmetric: Keep -low equal to high.
        tip: Meaning of the colours; an explanation of the gestures is added.

    Returns:
        (low, high) after this frame, low < high.
    """
    host = ui.host
    origin, width = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
    bar = host.px(10)
    imgui.invisible_button(f"##scale {identity}", (width, bar), imgui.ButtonFlags_.enable_nav)
    right, down = arrow_steps()
    hovered, active = imgui.is_item_hovered(), imgui.is_item_active()
    ui.tip(
        f"{tip}\n\nDrag its ends to set the range, its middle to move it; with the focus, Left and "
        "Right move it, Up and Down widen and narrow it."
    )
    if hovered or active:
        imgui.set_mouse_cursor(imgui.MouseCursor_.resize_ew)
    double_clicked = hovered and imgui.is_mouse_double_clicked(imgui.MouseButton_.left)
    if double_clicked or ui.reset_menu(identity):
        value = default
    elif right or down:
        value = _stepped(value, right, -down, symmetric)
    elif active and not imgui.is_item_activated() and imgui.get_io().mouse_delta.x:
        dragged = imgui.get_mouse_drag_delta(imgui.MouseButton_.left, 0.0).x
        grip = (imgui.get_mouse_pos().x - dragged - origin.x) / width
        value = _dragged(value, grip, imgui.get_io().mouse_delta.x / width, symmetric)
    _paint(ui, origin, width, bar, name, outlined=hovered or active)
    _write(ui, origin, width, bar, value, unit, decimals)
    return value


def _stepped(
    value: tuple[float, float], right: int, wider: int, symmetric: bool
) -> tuple[float, float]:
    """Return the range after steps of the arrows: moved, and widened about its middle."""
    low, high = value
    span = high - low
    if symmetric:
        high *= (1 + ARROW_STEP) ** (right + wider)
        return -high, high
    shift, grow = right * ARROW_STEP * span, span * ((1 + ARROW_STEP) ** wider - 1) / 2
    return low + shift - grow, high + shift + grow


def _dragged(
    value: tuple[float, float], grip: float, by: float, symmetric: bool
) -> tuple[float, float]:
    """Return the range after a drag of `by` from `grip`, both in fractions of the width."""
    low, high = value
    span = high - low
    if symmetric:
        outwards = by if grip >= 0.5 else -by
        high *= max(0.5, 1 + 2 * outwards)
        return -high, high
    shift = by * span
    if grip < 1 / 3:
        return min(low + shift, high - 1e-3), high
    if grip > 2 / 3:
        return low, max(high + shift, low + 1e-3)
    return low - shift, high - shift


def _paint(
    ui: Widgets, origin: imgui.ImVec2, width: float, bar: float, name: ColormapName, outlined: bool
) -> None:
    draw, table = imgui.get_window_draw_list(), TABLES[name]

    def colour(step: int) -> int:
        red, green, blue = (int(part) / 255 for part in table[round(255 * step / STEPS)])
        return u32((red, green, blue))

    for step in range(STEPS):
        left, right = colour(step), colour(step + 1)
        draw.add_rect_filled_multi_color(
            (origin.x + width * step / STEPS, origin.y),
            (origin.x + width * (step + 1) / STEPS, origin.y + bar),
            left,
            right,
            right,
            left,
        )
    if outlined:
        draw.add_rect(origin, (origin.x + width, origin.y + bar), u32(ui.host.palette.accent))


def _write(
    ui: Widgets,
    origin: imgui.ImVec2,
    width: float,
    bar: float,
    value: tuple[float, float],
    unit: str,
    decimals: int,
) -> None:
    low, high = value
    suffix = f" {unit}" if unit else ""
    with ui.host.fonts.small_mono():
        line = imgui.get_text_line_height()
        draw, colour = imgui.get_window_draw_list(), u32(ui.host.palette.dim)
        for at, number in ((0.0, low), (0.5, (low + high) / 2), (1.0, high)):
            text = number_text(number, decimals) + suffix
            room = imgui.calc_text_size(text).x
            x = origin.x + at * (width - room)
            draw.add_text((x, origin.y + bar + ui.host.px(2)), colour, text)
        imgui.dummy((width, line - ui.host.px(2)))
