"""Look of the monitor: a dark neutral grey, one accent, a colour for every run."""

import importlib.util
from pathlib import Path

import dearpygui.dearpygui as dpg

BODY_PX = 16
RGB = tuple[int, int, int]

TEXT, DIM, ACCENT = (222, 222, 222), (154, 154, 154), (143, 134, 232)
WARNING, ERROR = (224, 179, 74), (240, 119, 108)
_WINDOW, _STAGE, _FRAME = (38, 38, 38), (28, 28, 28), (54, 54, 54)
_HOVERED, _ACTIVE, _LINE = (65, 65, 65), (74, 74, 74), (58, 58, 58)
# Okabe and Ito's colours, safe for colour-blind eyes; the first four are the visualizer's.
RUN_COLOURS: tuple[RGB, ...] = (
    (86, 160, 233),
    (240, 150, 40),
    (30, 175, 130),
    (220, 110, 180),
    (240, 228, 66),
    (120, 200, 255),
    (213, 94, 0),
    (180, 180, 180),
)


def use_look(scale: float) -> None:
    """Set colours, spacing and typeface for everything that is drawn."""
    with dpg.theme() as theme:
        with dpg.theme_component(dpg.mvAll):
            _add_look(scale)
        with dpg.theme_component(dpg.mvButton, enabled_state=False):
            for slot in (dpg.mvThemeCol_Button, dpg.mvThemeCol_ButtonHovered):
                dpg.add_theme_color(slot, (*_WINDOW, 255))
            dpg.add_theme_color(dpg.mvThemeCol_Text, (112, 112, 112, 255))
    dpg.bind_theme(theme)
    font = _font_file()
    if font is not None:
        with dpg.font_registry():
            dpg.bind_font(dpg.add_font(str(font), round(BODY_PX * scale)))


def _add_look(scale: float) -> None:
    """Add colours and spacing to the theme that is being made."""
    colours = {
        dpg.mvThemeCol_Text: TEXT,
        dpg.mvThemeCol_TextDisabled: DIM,
        dpg.mvThemeCol_WindowBg: _WINDOW,
        dpg.mvThemeCol_ChildBg: _WINDOW,
        dpg.mvThemeCol_PopupBg: (44, 44, 44),
        dpg.mvThemeCol_Border: _LINE,
        dpg.mvThemeCol_FrameBg: _FRAME,
        dpg.mvThemeCol_FrameBgHovered: _HOVERED,
        dpg.mvThemeCol_FrameBgActive: _ACTIVE,
        dpg.mvThemeCol_Button: _FRAME,
        dpg.mvThemeCol_ButtonHovered: _HOVERED,
        dpg.mvThemeCol_ButtonActive: _ACTIVE,
        dpg.mvThemeCol_Header: (72, 68, 104),
        dpg.mvThemeCol_HeaderHovered: _HOVERED,
        dpg.mvThemeCol_HeaderActive: _ACTIVE,
        dpg.mvThemeCol_CheckMark: ACCENT,
        dpg.mvThemeCol_SliderGrab: ACCENT,
        dpg.mvThemeCol_SliderGrabActive: ACCENT,
        dpg.mvThemeCol_Tab: _WINDOW,
        dpg.mvThemeCol_TabHovered: _HOVERED,
        dpg.mvThemeCol_TabActive: (72, 68, 104),
        dpg.mvThemeCol_ScrollbarBg: _WINDOW,
        dpg.mvThemeCol_TableRowBgAlt: (43, 43, 43),
        dpg.mvThemeCol_TableHeaderBg: _STAGE,
    }
    for slot, colour in colours.items():
        dpg.add_theme_color(slot, (*colour, 255), category=dpg.mvThemeCat_Core)
    plot = {dpg.mvPlotCol_PlotBg: _STAGE, dpg.mvPlotCol_FrameBg: _WINDOW}
    for slot, colour in plot.items():
        dpg.add_theme_color(slot, (*colour, 255), category=dpg.mvThemeCat_Plots)
    for style, x, y in (
        (dpg.mvStyleVar_FrameRounding, 3, -1),
        (dpg.mvStyleVar_FramePadding, 8 * scale, 4 * scale),
        (dpg.mvStyleVar_ItemSpacing, 8 * scale, 6 * scale),
        (dpg.mvStyleVar_WindowPadding, 12 * scale, 10 * scale),
    ):
        dpg.add_theme_style(style, x, y, category=dpg.mvThemeCat_Core)


def line_theme(colour: RGB, *, faint: bool = False, light: bool = False, dots: bool = False) -> int:
    """Make a theme for a curve.

    Args:
        colour: Colour of the run.
        faint: True for the curve behind the smoothed one.
        light: The second figure of a run in the same plot.
        dots: Points where there are few values.
    """
    shade = tuple((part + 235) // 2 for part in colour) if light else colour
    with dpg.theme() as theme, dpg.theme_component(dpg.mvAll):
        plots = {"category": dpg.mvThemeCat_Plots}
        dpg.add_theme_color(dpg.mvPlotCol_Line, (*shade, 70 if faint else 255), **plots)
        dpg.add_theme_style(dpg.mvPlotStyleVar_LineWeight, 1.0 if faint else 1.8, **plots)
        if dots:
            dpg.add_theme_style(dpg.mvPlotStyleVar_Marker, dpg.mvPlotMarker_Circle, **plots)
            dpg.add_theme_style(dpg.mvPlotStyleVar_MarkerSize, 3.0, **plots)
            dpg.add_theme_color(dpg.mvPlotCol_MarkerFill, (*shade, 255), **plots)
            dpg.add_theme_color(dpg.mvPlotCol_MarkerOutline, (*shade, 255), **plots)
    return int(theme)


def _font_file() -> Path | None:
    """Find the typeface of the visualizer, if imgui-bundle is installed."""
    found = importlib.util.find_spec("imgui_bundle")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        path = Path(folder) / "assets" / "fonts" / "Roboto" / "Roboto-Regular.ttf"
        if path.is_file():
            return path
    return None
