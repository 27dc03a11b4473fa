"""Plots of the signal lab: one row of the signals, and how well the operation commutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui, implot

from gui_utils.keyboard_focus import is_shown
from gui_utils.theme import vec4
from viz.export.charts import Axis, Chart, Curve
from viz.panels.common.charts import draw_chart
from viz.panels.common.context import PanelContext, within
from viz.panels.lab import pictures
from viz.panels.lab.figures import lane_colours
from viz.panels.lab.texts import lane_names

if TYPE_CHECKING:
    from viz.panels.common.chart_keys import Pointed
    from viz.protocol.lab import LabCurve, LabCurveTask, LabView, Lane
    from viz.state.lab import LabState

MOST_SAMPLES = 20
"""Largest number of samples drawn in a plot of a row; more stems would hide the curves."""


def draw_cuts(lab: LabState, view: LabView, size: tuple[float, float], ctx: PanelContext) -> None:
    """Plot one row, naive left and filtered right: f(t(z)) with its samples, over t(f(z))."""
    gap = ctx.host.px(6)
    width = (size[0] - gap) / 2
    for index, lane in enumerate(view.lanes):
        if index:
            imgui.same_line(0, gap)
        _draw_cut(index, lab, view, lane, (width, size[1]), ctx)
    white = ctx.host.palette.text[0] > 0.5
    imgui.push_font(ctx.host.fonts.body, 12.0)
    ctx.ui.dim(
        "Along the red line: f(t(z)) and its samples, over t(f(z))"
        f" in {'white' if white else 'black'}; grey: the input"
    )
    imgui.pop_font()


def _draw_cut(
    index: int,
    lab: LabState,
    view: LabView,
    lane: Lane,
    size: tuple[float, float],
    ctx: PanelContext,
) -> None:
    palette, side = ctx.host.palette, len(view.input.samples)
    colour, name = lane_colours(ctx)[index], lane_names(lab)[index]
    low, high = pictures.window(side, max(lab.zoom, side / MOST_SAMPLES))
    x, first = np.linspace(-0.5, side - 0.5, len(view.input.line)), lane.moved_first
    chart = Chart(
        f"{'filtered' if index else 'naive'}-cut",
        Axis("Place", "px", low, high, decimals=2),
        Axis("", "", -1.4, 1.4, decimals=3),
        (
            Curve("input", x, _doubles(view.input.line), palette.dim, fainter=True),
            Curve("t(f(z))", x, _doubles(lane.moved_last), palette.text, weight=3.0),
            Curve("f(t(z))", x, _doubles(first.line), colour),
            Curve("its samples", _doubles(first.places), _doubles(first.row), colour, "stems"),
        ),
    )
    draw_chart(
        chart,
        size,
        ctx,
        legend=False,
        notes=lambda _pointer: (
            f"The row marked in the pictures, {name}.",
            "Where f(t(z)) and t(f(z)) part, detail sticks to the grid.",
        ),
        x_words="none",
        y_words=False,
        link="cuts",
    )


def draw_curve(
    lab: LabState,
    task: LabCurveTask,
    curve: LabCurve,
    size: tuple[float, float],
    ctx: PanelContext,
) -> None:
    """Plot how well the operation commutes over the transform's size, which a drag sets."""
    shift = task.of == "shift"
    factor, unit = (1.0, "px") if shift else (180 / np.pi, "°")
    high = float(curve.moves[-1] * factor)
    ticks = [float(at) for at in np.linspace(0.0, high, 5 if shift else 7)]
    lanes = zip(lane_names(lab), lane_colours(ctx), curve.db, strict=True)
    chart = Chart(
        "commutation",
        Axis("Shift" if shift else "Turn", unit, 0.0, high, decimals=2),
        Axis("", "dB", -8.0, 125.0, decimals=1),
        tuple(
            Curve(name, _doubles(curve.moves * factor), _doubles(db), colour)
            for name, colour, db in lanes
        ),
    )

    def drag_line(pointed: Pointed | None) -> None:
        if lab.move != task.of:
            return
        palette, field = ctx.host.palette, "shift_px" if shift else "turn_rad"
        at = getattr(lab, field) * factor
        moved = implot.drag_line_x(0, at, vec4(palette.text, 0.8), 1.5)
        if moved[0] and moved[1] != at:
            setattr(lab, field, within(lab, field, moved[1] / factor))
        elif pointed is not None and pointed.chosen and is_shown():
            setattr(lab, field, within(lab, field, pointed.x / factor))
        background = vec4(palette.popup, 0.85)
        implot.annotation(at, 118.0, background, (6.0, 0.0), True, f"{at:.2f} {unit}")

    draw_chart(
        chart,
        size,
        ctx,
        legend=False,
        over=drag_line,
        notes=lambda _pointer: (
            "How well the operation commutes with every transform: naive and filtered.",
            "Drag the line to choose the transform.",
        ),
        x_ticks=(ticks, [f"{at:g}" for at in ticks]),
    )


def _doubles(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, np.float64)
