"""Colours and spacing: a dark and a light theme of neutral grey with one accent.

The pictures should be the only saturated things on the screen. The accent marks active controls,
and four colours, safe for colour-blind eyes, tell apart the things that the program compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from imgui_bundle import imgui, implot

from gui_utils.colours import DIM, SERIES, STAGE, TEXT

ThemeName = Literal["dark", "light"]
Colour = tuple[float, float, float]


def _rgb(code: str) -> Colour:
    red, green, blue = bytes.fromhex(code)
    return red / 255, green / 255, blue / 255


@dataclass(frozen=True)
class Palette:
    """The colours of a theme, each (red, green, blue) in 0…1."""

    window: Colour
    """Background of panels."""
    stage: Colour
    """Background behind pictures and between panels."""
    bar: Colour
    """Background of menu, tabs and status bar."""
    popup: Colour
    frame: Colour
    """Background of fields, sliders and buttons that are not hovered."""
    frame_hovered: Colour
    frame_active: Colour
    line: Colour
    """Separators and borders."""
    text: Colour
    dim: Colour
    """Text of labels, units and hints."""
    accent: Colour
    warning: Colour
    error: Colour
    series: tuple[Colour, Colour, Colour, Colour]
    """Blue, orange, green, magenta: each compared thing keeps its colour everywhere."""


PALETTES: dict[ThemeName, Palette] = {
    "dark": Palette(
        window=_rgb("262626"),
        stage=_rgb(STAGE),
        bar=_rgb("202020"),
        popup=_rgb("2c2c2c"),
        frame=_rgb("3a3a3a"),
        frame_hovered=_rgb("464646"),
        frame_active=_rgb("505050"),
        line=_rgb("3a3a3a"),
        text=_rgb(TEXT),
        dim=_rgb(DIM),
        accent=_rgb("8f86e8"),
        warning=_rgb("e0b34a"),
        error=_rgb("f0776c"),
        series=(_rgb(SERIES[0]), _rgb(SERIES[1]), _rgb(SERIES[2]), _rgb(SERIES[3])),
    ),
    "light": Palette(
        window=_rgb("f3f3f3"),
        stage=_rgb("d2d2d2"),
        bar=_rgb("e7e7e7"),
        popup=_rgb("fafafa"),
        frame=_rgb("dfdfdf"),
        frame_hovered=_rgb("d3d3d3"),
        frame_active=_rgb("c8c8c8"),
        line=_rgb("cdcdcd"),
        text=_rgb("1f1f1f"),
        dim=_rgb("555555"),
        accent=_rgb("6257c8"),
        warning=_rgb("8a6100"),
        error=_rgb("a51d16"),
        series=(_rgb("1a6fb5"), _rgb("b35f00"), _rgb("1a7d55"), _rgb("a83f8c")),
    ),
}


def vec4(colour: Colour, alpha: float = 1.0) -> imgui.ImVec4:
    """Convert a colour for Dear ImGui's style."""
    return imgui.ImVec4(*colour, alpha)


def u32(colour: Colour, alpha: float = 1.0) -> int:
    """Convert a colour for draw lists."""
    return imgui.color_convert_float4_to_u32(vec4(colour, alpha))


def hex_code(colour: Colour) -> str:
    """Format a colour for plots and web pages, like `#1a6fb5`."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)


def mix(first: Colour, second: Colour, amount: float) -> Colour:
    """Blend two colours: `first` at 0, `second` at 1."""
    red, green, blue = (a + (b - a) * amount for a, b in zip(first, second, strict=True))
    return red, green, blue


def apply_theme(name: ThemeName, scale: float) -> Palette:
    """Set the colours and spacing of Dear ImGui and ImPlot to those of a theme.

    Args:
        name: Name of the theme.
        scale: Size of text and widgets; 1 at 96 dpi.

    Returns:
        The colours of the theme, for everything that panels draw themselves.
    """
    palette = PALETTES[name]
    style = imgui.get_style()
    _set_spacing(style, scale)
    _set_colours(style, palette)
    _set_plots(palette, scale)
    return palette


def _set_spacing(style: imgui.Style, scale: float) -> None:
    def vec2(x: float, y: float) -> imgui.ImVec2:
        return imgui.ImVec2(round(x * scale), round(y * scale))

    def px(size: float) -> float:
        return float(round(size * scale))

    style.font_scale_dpi = scale
    style.window_padding = vec2(12, 8)
    style.frame_padding = vec2(8, 3)
    style.item_spacing = vec2(8, 6)
    style.item_inner_spacing = vec2(6, 4)
    style.cell_padding = vec2(6, 3)
    style.indent_spacing = px(16)
    style.scrollbar_size = px(10)
    style.grab_min_size = px(8)
    style.window_min_size = vec2(64, 32)
    style.separator_text_padding = vec2(0, 4)
    style.docking_separator_size = max(1.0, px(2))
    style.tab_min_width_base = px(1)
    style.tab_min_width_shrink = px(40)
    style.tab_bar_overline_size = px(2)
    for rounding in ("frame_rounding", "grab_rounding", "tab_rounding", "scrollbar_rounding"):
        setattr(style, rounding, px(3))
    style.popup_rounding = px(4)
    style.window_rounding = px(4)
    style.child_rounding = 0.0
    style.window_border_size = 0.0
    style.child_border_size = 0.0
    style.popup_border_size = 1.0
    style.frame_border_size = 0.0
    style.tab_border_size = 0.0
    style.tab_bar_border_size = 0.0
    style.separator_text_border_size = 1.0
    style.window_menu_button_position = imgui.Dir.none
    style.hover_delay_normal = 0.5
    style.hover_stationary_delay = 0.2
    tooltips = imgui.HoveredFlags_
    style.hover_flags_for_tooltip_mouse = int(
        tooltips.stationary | tooltips.delay_normal | tooltips.allow_when_disabled
    )
    style.disabled_alpha = 0.45


def _set_colours(style: imgui.Style, palette: Palette) -> None:
    imgui.style_colors_dark()
    clear = (palette.window, 0.0)
    strong = mix(palette.accent, palette.text, 0.15)
    colours: dict[imgui.Col_, Colour | tuple[Colour, float]] = {
        imgui.Col_.text: palette.text,
        imgui.Col_.text_disabled: palette.dim,
        imgui.Col_.text_link: palette.accent,
        imgui.Col_.text_selected_bg: (palette.accent, 0.4),
        imgui.Col_.input_text_cursor: palette.text,
        imgui.Col_.window_bg: palette.window,
        imgui.Col_.child_bg: clear,
        imgui.Col_.popup_bg: palette.popup,
        imgui.Col_.border: palette.line,
        imgui.Col_.border_shadow: clear,
        imgui.Col_.frame_bg: palette.frame,
        imgui.Col_.frame_bg_hovered: palette.frame_hovered,
        imgui.Col_.frame_bg_active: palette.frame_active,
        imgui.Col_.title_bg: palette.bar,
        imgui.Col_.title_bg_active: palette.bar,
        imgui.Col_.title_bg_collapsed: palette.bar,
        imgui.Col_.menu_bar_bg: palette.bar,
        imgui.Col_.scrollbar_bg: clear,
        imgui.Col_.scrollbar_grab: palette.frame_hovered,
        imgui.Col_.scrollbar_grab_hovered: palette.frame_active,
        imgui.Col_.scrollbar_grab_active: palette.accent,
        imgui.Col_.check_mark: palette.accent,
        imgui.Col_.checkbox_selected_bg: palette.frame,
        imgui.Col_.slider_grab: palette.accent,
        imgui.Col_.slider_grab_active: strong,
        imgui.Col_.button: palette.frame,
        imgui.Col_.button_hovered: palette.frame_hovered,
        imgui.Col_.button_active: palette.frame_active,
        imgui.Col_.header: (palette.accent, 0.30),
        imgui.Col_.header_hovered: palette.frame_hovered,
        imgui.Col_.header_active: palette.frame_active,
        imgui.Col_.separator: palette.line,
        imgui.Col_.separator_hovered: palette.accent,
        imgui.Col_.separator_active: palette.accent,
        imgui.Col_.resize_grip: clear,
        imgui.Col_.resize_grip_hovered: palette.frame_hovered,
        imgui.Col_.resize_grip_active: palette.accent,
        imgui.Col_.tab: palette.bar,
        imgui.Col_.tab_hovered: palette.frame_hovered,
        imgui.Col_.tab_selected: palette.window,
        imgui.Col_.tab_selected_overline: palette.accent,
        imgui.Col_.tab_dimmed: palette.bar,
        imgui.Col_.tab_dimmed_selected: palette.window,
        imgui.Col_.tab_dimmed_selected_overline: palette.line,
        imgui.Col_.docking_preview: (palette.accent, 0.4),
        imgui.Col_.docking_empty_bg: palette.stage,
        imgui.Col_.plot_lines: palette.text,
        imgui.Col_.plot_lines_hovered: palette.accent,
        imgui.Col_.plot_histogram: palette.accent,
        imgui.Col_.plot_histogram_hovered: strong,
        imgui.Col_.table_header_bg: palette.window,
        imgui.Col_.table_border_strong: palette.line,
        imgui.Col_.table_border_light: palette.line,
        imgui.Col_.table_row_bg: clear,
        imgui.Col_.table_row_bg_alt: clear,
        imgui.Col_.drag_drop_target: palette.accent,
        imgui.Col_.nav_cursor: palette.accent,
        imgui.Col_.nav_windowing_highlight: (palette.accent, 0.7),
        imgui.Col_.nav_windowing_dim_bg: (palette.stage, 0.5),
        imgui.Col_.modal_window_dim_bg: (palette.stage, 0.6),
    }
    for slot, colour in colours.items():
        flat, alpha = colour if len(colour) == 2 else (colour, 1.0)
        style.set_color_(slot, vec4(flat, alpha))


def _set_plots(palette: Palette, scale: float) -> None:
    style = implot.get_style()
    style.plot_padding = imgui.ImVec2(6 * scale, 6 * scale)
    style.label_padding = imgui.ImVec2(4 * scale, 4 * scale)
    style.plot_border_size = 1.0
    style.minor_alpha = 0.0
    style.major_grid_size = imgui.ImVec2(1.0, 1.0)
    style.major_tick_len = imgui.ImVec2(4 * scale, 4 * scale)
    style.minor_tick_len = imgui.ImVec2(0.0, 0.0)
    for slot, colour, alpha in (
        (implot.Col_.frame_bg, palette.window, 0.0),
        (implot.Col_.plot_bg, palette.stage, 1.0),
        (implot.Col_.plot_border, palette.line, 1.0),
        (implot.Col_.legend_bg, palette.popup, 0.85),
        (implot.Col_.legend_border, palette.line, 0.0),
        (implot.Col_.legend_text, palette.text, 1.0),
        (implot.Col_.title_text, palette.text, 1.0),
        (implot.Col_.inlay_text, palette.text, 1.0),
        (implot.Col_.axis_text, palette.dim, 1.0),
        (implot.Col_.axis_grid, palette.line, 0.6),
        (implot.Col_.axis_tick, palette.dim, 0.6),
        (implot.Col_.axis_bg, palette.window, 0.0),
        (implot.Col_.axis_bg_hovered, palette.frame_hovered, 0.5),
        (implot.Col_.axis_bg_active, palette.frame_active, 0.5),
        (implot.Col_.selection, palette.accent, 1.0),
        (implot.Col_.crosshairs, palette.text, 0.5),
    ):
        style.set_color_(slot, vec4(colour, alpha))
