"""Charts of all panels: drawn, read out under the pointer or by keyboard, saved from a menu."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from imgui_bundle import imgui, implot

from gui_utils.theme import vec4
from viz.export.charts import Chart, Curve, clipped, ends, read_out
from viz.panels.common.chart_keys import Focus, Pointed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from viz.panels.common.context import PanelContext

LOW = 100
"""Height below which few values are written along y, at a scale of 1."""
AXIS_PX = 60
"""Width of the vertical axis with its label, at a scale of 1."""


def draw_chart(
    chart: Chart,
    size: tuple[float, float],
    ctx: PanelContext,
    *,
    legend: bool = True,
    under: Callable[[Pointed | None], None] | None = None,
    over: Callable[[Pointed | None], None] | None = None,
    notes: Callable[[float], Sequence[str]] | None = None,
    x_ticks: tuple[Sequence[float], Sequence[str]] | None = None,
    x_words: Literal["all", "ticks", "none"] = "all",
    y_words: bool = True,
    link: str = "",
) -> None:
    """Draw a chart, its values under the pointer, and on a right click its menu.

    Args:
        chart: What is drawn.
        size: In pixels.
        ctx: Model, commands and widgets.
        legend: Name the curves, where there are several.
        under: Draws more below the curves; gets the place that is read, by mouse or keyboard, None
            if it is elsewhere.
        over: Likewise above them.
        notes: Returns lines below the values, for a place along x.
        x_ticks: Places and names of the ticks along x; None: chosen by ImPlot.
        x_words: What is written along x; without, there is more room for the curves.
        y_words: Whether anything is written along y.
        link: Charts of one link are over the same axis: all are read where one is pointed at.
    """
    flags = implot.Flags_.no_menus | implot.Flags_.no_box_select | implot.Flags_.no_mouse_text
    if not legend or len(chart.curves) < 2:
        flags |= implot.Flags_.no_legend
    focus = Focus(chart.name, size)
    asked = focus.asks_for_menu
    by_keys = ctx.chart_keys.place(chart, *_ends(chart))
    imgui.push_item_flag(imgui.ItemFlags_.no_nav, True)
    if implot.begin_plot(f"##{chart.name}", size, flags):
        low, high = _set_up(chart, ctx, x_ticks, x_words, y_words=y_words)
        if size[1] < ctx.host.px(LOW):
            heights = few_ticks(low, high)
            implot.setup_axis_ticks(implot.ImAxis_.y1, heights, [f"{at:g}" for at in heights])
        pointed = by_keys if by_keys is not None else _under_pointer()
        pointer = pointed.x if pointed is not None else None
        elsewhere = ctx.chart_links.note(link, chart, pointer) if link else None
        if under is not None:
            under(pointed)
        for index, curve in enumerate(chart.curves):
            _plot(index, curve, low, high, ctx)
        _draw_marks(chart, low, high, ctx)
        shown = elsewhere if by_keys is None else by_keys.x
        if shown is not None:
            look = implot.Spec(line_color=vec4(ctx.host.palette.dim, 0.8))
            implot.plot_inf_lines("##pointed at", np.array([shown]), look)
        if over is not None:
            over(pointed)
        if pointer is not None:
            hovered = implot.is_plot_hovered()
            asked |= hovered and imgui.is_mouse_released(imgui.MouseButton_.right)
            linked = ctx.chart_links.others(link, chart) if link else []
            _explain((chart, *linked), pointer, notes(pointer) if notes else (), ctx)
        implot.end_plot()
        focus.draw()
    imgui.pop_item_flag()
    if asked:
        imgui.open_popup(f"menu of {chart.name}")
    _draw_menu(chart, ctx)


def few_ticks(low: float, high: float) -> list[float]:
    """Return two to four round values between two ends."""
    span = high - low
    if not 0 < span < math.inf:
        return [low]
    power = 10.0 ** math.floor(math.log10(span))
    steps = (power * part for part in (0.4, 0.5, 1.0, 2.0, 4.0))
    step = next(one for one in steps if span / one <= 3)
    return [step * index for index in range(math.ceil(low / step), math.floor(high / step) + 1)]


def offer_chart(chart: Chart, ctx: PanelContext, *, asked: bool = False) -> None:
    """Offer the menu of a chart on a right click on the last drawn item, which shows it.

    Args:
        chart: The chart.
        ctx: Model, commands and widgets.
        asked: True if it is asked for by keyboard.
    """
    inside = imgui.is_mouse_hovering_rect(imgui.get_item_rect_min(), imgui.get_item_rect_max())
    inside = inside and imgui.is_window_hovered(imgui.HoveredFlags_.child_windows)
    if asked or (inside and imgui.is_mouse_released(imgui.MouseButton_.right)):
        imgui.open_popup(f"menu of {chart.name}")
    _draw_menu(chart, ctx)


def _ends(chart: Chart) -> tuple[float, float]:
    """Return the ends of the horizontal axis."""
    return ends(chart.x, [one.x for one in chart.curves])


def _under_pointer() -> Pointed | None:
    """Return the place under the pointer in the plot that is being drawn."""
    if not implot.is_plot_hovered():
        return None
    left = imgui.MouseButton_.left
    chosen, held = imgui.is_mouse_clicked(left), imgui.is_mouse_down(left)
    return Pointed(implot.get_plot_mouse_pos().x, chosen, held)


def _set_up(
    chart: Chart,
    ctx: PanelContext,
    x_ticks: tuple[Sequence[float], Sequence[str]] | None,
    x_words: Literal["all", "ticks", "none"],
    *,
    y_words: bool,
) -> tuple[float, float]:
    """Set the axes up; return the ends of the vertical one."""
    axis = implot.AxisFlags_.no_menus | implot.AxisFlags_.lock
    free = ctx.state.view.free_axes and chart.shared
    low, high = ends(chart.y, chart.heights, free=free)
    left, right = _ends(chart)
    across = axis
    if chart.places:
        across |= implot.AxisFlags_.no_grid_lines
    if chart.places or x_words != "all":
        across |= implot.AxisFlags_.no_label
    if x_words == "none":
        across |= implot.AxisFlags_.no_tick_labels
    up = axis if y_words else axis | implot.AxisFlags_.no_label | implot.AxisFlags_.no_tick_labels
    implot.setup_axes(chart.x.title, chart.y.title, across, up)
    implot.setup_axes_limits(left, right, low, high, implot.Cond_.always)
    if x_ticks is not None:
        implot.setup_axis_ticks(implot.ImAxis_.x1, list(x_ticks[0]), list(x_ticks[1]))
    implot.setup_legend(implot.Location_.north_east, implot.LegendFlags_.horizontal)
    return low, high


def _plot(index: int, curve: Curve, low: float, high: float, ctx: PanelContext) -> None:
    known, height = ~np.isnan(curve.y), high - low
    y = clipped(curve.y, low, high)
    name, unit = f"{curve.name}##{index}", ctx.host.px(1)
    colour = vec4(curve.colour, 0.55 if curve.fainter else 1.0)
    match curve.kind:
        case "line":
            if curve.interval is not None:
                _shade_interval(index, curve, low, high)
            weight = unit if curve.fainter else curve.weight * unit
            look = implot.Spec(line_color=colour, line_weight=weight)
            if len(y) == 1:  # no line yet
                look.marker, look.marker_size = implot.Marker_.circle, 3.0 * unit
                look.marker_fill_color = look.marker_line_color = colour
                implot.plot_scatter(name, curve.x, y, look)
            elif len(y):
                implot.plot_line(name, curve.x, y, look)
        case "stems":
            look = implot.Spec(
                line_color=colour,
                marker=implot.Marker_.circle,
                marker_size=2.5 * unit,
                marker_fill_color=colour,
                marker_line_color=colour,
            )
            implot.plot_stems(name, curve.x[known], y[known], 0.0, look)
        case "bars":
            # ImPlot's bars start at 0, these at the lower end: decibels may end at 0.
            middles, half = curve.x[known] + curve.offset, curve.width / 2
            tops = np.maximum(y[known], low + height / 160)
            sides = np.stack([middles - half, middles - half, middles + half, middles + half], 1)
            heights = np.stack([np.full_like(tops, low), tops, tops, np.full_like(tops, low)], 1)
            if len(middles):
                look = implot.Spec(fill_color=colour)
                implot.plot_shaded(name, sides.ravel(), heights.ravel(), low, look)
                if curve.interval is not None:
                    _draw_whiskers(index, curve, low, high, ctx)


def _shade_interval(index: int, curve: Curve, low: float, high: float) -> None:
    """Draw the confidence interval of a line as a band."""
    assert curve.interval is not None
    below, above = (clipped(one, low, high) for one in curve.interval)
    known = ~np.isnan(below) & ~np.isnan(above)
    look = implot.Spec(fill_color=vec4(curve.colour, 0.22))
    implot.plot_shaded(f"##interval {index}", curve.x[known], below[known], above[known], look)


def _draw_whiskers(index: int, curve: Curve, low: float, high: float, ctx: PanelContext) -> None:
    """Draw the confidence intervals of bars."""
    assert curve.interval is not None
    y, below, above = (clipped(one, low, high) for one in (curve.y, *curve.interval))
    known = ~np.isnan(y) & ~np.isnan(below) & ~np.isnan(above)
    look = implot.Spec(
        line_color=vec4(ctx.host.palette.text),
        size=min(ctx.host.px(6), 0.6 * implot.get_plot_size().x * curve.width
                 / implot.get_plot_limits().x.size()),
    )  # fmt: skip
    implot.plot_error_bars(
        f"##interval {index}",
        (curve.x + curve.offset)[known],
        y[known],
        (y - below)[known],
        (above - y)[known],
        look,
    )


def _draw_marks(chart: Chart, low: float, high: float, ctx: PanelContext) -> None:
    look = implot.Spec(line_color=vec4(ctx.host.palette.dim, 0.8))
    for index, mark in enumerate(chart.marks):
        implot.plot_inf_lines(f"##mark {index}", np.array([mark.at]), look)
        if mark.name:
            # The names are stacked because some marks coincide.
            level = low + (0.09 + 0.13 * index) * (high - low)
            implot.plot_text(mark.name, mark.at, level, (ctx.host.px(12), 0))


def _explain(
    charts: Sequence[Chart], pointer: float, notes: Sequence[str], ctx: PanelContext
) -> None:
    """Show the values under the pointer, each in its curve's colour, and the notes.

    Args:
        charts: The chart that is pointed at, and those linked with it, under their names.
        pointer: The place along x.
        notes: Lines below the values.
        ctx: Model, commands and widgets.
    """
    chart = charts[0]
    found = [(one, read) for one in charts if (read := read_out(one, pointer)) is not None]
    if (not found and not notes) or imgui.is_popup_open(f"menu of {chart.name}"):
        return
    palette = ctx.host.palette
    _stand_aside(ctx)
    imgui.begin_tooltip()
    if found:
        ctx.ui.text(found[0][0].place_text(found[0][1][0]))
        every = [reading for _one, (_at, readings) in found for reading in readings]
        names = max((len(one.name) for one in every), default=0)
        values = max((len(one.text) for one in every), default=0)
        for one, (_at, readings) in found:
            if len(found) > 1:
                ctx.ui.text(one.name.replace("-", " ").capitalize(), palette.dim)
            with ctx.host.fonts.mono():
                for value in readings:
                    text = f"{value.name:{names}}  {value.text:>{values}}"
                    ctx.ui.text(text, value.colour)
    for line in notes:
        ctx.ui.text(line, palette.dim)
    imgui.end_tooltip()


def _stand_aside(ctx: PanelContext) -> None:
    """Place the values beside the chart, on the side with more room, so that they hide no curve."""
    corner, size, view = implot.get_plot_pos(), implot.get_plot_size(), imgui.get_main_viewport()
    left, right = corner.x - view.pos.x, view.pos.x + view.size.x - corner.x - size.x
    if left > right:
        # The axis with its label stands between.
        place, pivot = (corner.x - ctx.host.px(AXIS_PX), corner.y), (1.0, 0.0)
    else:
        place, pivot = (corner.x + size.x + ctx.host.px(12), corner.y), (0.0, 0.0)
    imgui.set_next_window_pos(place, imgui.Cond_.always, pivot)


def _draw_menu(chart: Chart, ctx: PanelContext) -> None:
    if not imgui.begin_popup(f"menu of {chart.name}"):
        return
    export, view = ctx.commands.export, ctx.state.view
    if imgui.menu_item_simple("Copy figures"):
        export.copy_figures(chart)
    ctx.ui.tip("Copy all samples of all curves as CSV.")
    for name, suffix, tip in (
        ("Save figures", ".csv", "Save all samples of all curves as CSV under out/."),
        ("Save picture", ".png", "Save the chart as PNG under out/."),
        ("Save drawing", ".svg", "Save the chart as SVG under out/."),
    ):
        if imgui.menu_item(name, suffix[1:].upper(), False, True)[0]:
            export.chart(chart, suffix)
        ctx.ui.tip(tip)
    if chart.shared:
        imgui.separator()
        if imgui.menu_item("Free axes", "", view.free_axes, True)[0]:
            view.free_axes = not view.free_axes
        ctx.ui.tip("Fit every chart to its own curves; else all networks have the same axes.")
    imgui.end_popup()
