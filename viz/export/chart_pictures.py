"""Charts as files: PNG pictures and SVG drawings, made by Matplotlib."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generator.files.atomic_files import write_atomically
from viz.export.charts import Chart, Colour, Curve, clipped, ends
from viz.export.codecs import write_png

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE_IN, DPI = (7.2, 4.0), 200
"""Size of a picture in inches, and its pixels per inch."""
MOST_NAMES = 8
"""Names of places written along an axis at most."""


@dataclass(frozen=True)
class Look:
    """Colours of a chart's picture."""

    back: Colour
    text: Colour
    line: Colour


def write_chart(path: Path, chart: Chart, look: Look, *, free: bool, session: str) -> None:
    """Write a chart to a `.png` file, with its session, or to a `.svg` file.

    Args:
        path: The file; its ending says what kind.
        chart: The chart.
        look: Its colours.
        free: Fit its axes to the curves.
        session: The session, as in `session_text`.

    Raises:
        OSError: The file cannot be written.
    """
    # Matplotlib takes most of a second to load: only those who save wait for it.
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(SIZE_IN, DPI, facecolor=look.back, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    _draw(figure, chart, look, free=free)
    if path.suffix == ".svg":
        drawn = io.StringIO()
        with rc_context({"svg.fonttype": "none"}):  # text stays text
            figure.savefig(drawn, format="svg", metadata={"Date": None})
        write_atomically(path, drawn.getvalue())
    else:
        canvas.draw()
        write_png(path, np.asarray(canvas.buffer_rgba())[..., :3], session)


def _draw(figure: Figure, chart: Chart, look: Look, *, free: bool) -> None:
    axes = figure.subplots()
    axes.set_facecolor(look.back)
    axes.spines[:].set_color(look.line)
    axes.tick_params(colors=look.text)
    axes.grid(axis="y" if chart.places else "both", color=look.line, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel(chart.x.title, color=look.text)
    axes.set_ylabel(chart.y.title, color=look.text)
    low, high = ends(chart.y, chart.heights, free=free)
    left, right = ends(chart.x, [one.x for one in chart.curves])
    if chart.places:
        left, right = -0.6, len(chart.places) - 0.4
        shown = range(0, len(chart.places), -(-len(chart.places) // MOST_NAMES))
        axes.set_xticks(shown, [chart.places[at] for at in shown])
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    for curve in chart.curves:
        _draw_curve(axes, curve, low, high, look)
    for mark in chart.marks:
        axes.axvline(mark.at, color=look.text, linewidth=0.8)
        axes.annotate(
            mark.name,
            (mark.at, 1.0),
            (3, -3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            color=look.text,
            va="top",
        )
    if len(chart.curves) > 1:
        figure.legend(
            loc="outside upper right",
            ncols=len(chart.curves),
            frameon=False,
            labelcolor=look.text,
        )


def _draw_curve(axes: Axes, curve: Curve, low: float, high: float, look: Look) -> None:
    y = clipped(curve.y, low, high)
    x, known, name = curve.x + curve.offset, ~np.isnan(y), curve.name
    match curve.kind:
        case "line":
            weight = 0.75 * curve.weight
            marker = "o" if known.sum() == 1 else ""
            axes.plot(x, y, marker=marker, color=curve.colour, linewidth=weight, label=name)
        case "stems":
            base = low if low > 0 or high <= 0 else 0.0
            axes.vlines(x[known], base, y[known], color=curve.colour, linewidth=1.0)
            axes.plot(x[known], y[known], "o", color=curve.colour, markersize=3, label=name)
        case "bars":
            heights = y[known] - low
            axes.bar(x[known], heights, curve.width, low, color=curve.colour, label=name)
    if curve.interval is None:
        return
    below, above = (clipped(one, low, high) for one in curve.interval)
    if curve.kind == "line":
        axes.fill_between(x, below, above, color=curve.colour, alpha=0.25, linewidth=0)
    else:
        reach = np.stack([y - below, above - y])[:, known]
        axes.errorbar(x[known], y[known], reach, ls="", ecolor=look.text, elinewidth=1, capsize=2)
