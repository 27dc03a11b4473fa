"""Curves of trainings on disk: a plot over kimg, and every value in a CSV beside it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Plot

from train.metrics.measure import LOWER_IS_BETTER
from train.reports.table_files import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from train.reports.curves import Curve

_DASHES = ("-", "--", ":", "-.")


def write_curves(
    path: Path, curves: Sequence[Curve], *, metric: str, data: str, samples: int, seed: int
) -> Path:
    """Write a plot, and the values under the same name with the ending .csv.

    Args:
        path: Picture to write, ending in .png.
        curves: Curves to draw; each system has its colour, its trainings differ by their dashes.
        metric: Name of the metric.
        data: Name of the pictures it was measured against.
        samples: Pictures generated for each value.
        seed: Decided them.

    Returns:
        The CSV file.

    Raises:
        OSError: a file cannot be written.
    """
    _plot(curves, f"{metric}, {data}", metric in LOWER_IS_BETTER).savefig(path, dpi=150)
    table = path.with_suffix(".csv")
    with table.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(
            ["run", "kind", "network", "kimg", metric, "deviation", "data", "samples", "seed"]
        )
        for curve in curves:
            for point in curve.points:
                value = (point.metric.value, point.metric.deviation)
                network = (curve.name, curve.kind, point.network, point.kimg)
                out.writerow([*network, *value, data, samples, seed])
    return table


def _plot(curves: Sequence[Curve], title: str, lower_is_better: bool) -> Plot:
    figure = Plot(figsize=(7.0, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for index, curve in enumerate(curves):
        before = sum(other.kind == curve.kind for other in curves[:index])
        style = {"color": COLOURS[curve.kind], "linestyle": _DASHES[before % len(_DASHES)]}
        kimg = [point.kimg for point in curve.points]
        values = [point.metric.value for point in curve.points]
        axes.plot(kimg, values, marker="o", ms=3, linewidth=1.2, label=curve.name, **style)
        spread = [point.metric.deviation or 0.0 for point in curve.points]
        low = [value - one for value, one in zip(values, spread, strict=True)]
        high = [value + one for value, one in zip(values, spread, strict=True)]
        axes.fill_between(kimg, low, high, color=COLOURS[curve.kind], alpha=0.15, linewidth=0)
    axes.set_xlim(left=0)
    if lower_is_better:
        axes.set_ylim(bottom=0)
    axes.set_xlabel("kimg, thousands of pictures seen")
    axes.set_title(f"{title}\n{'less' if lower_is_better else 'more'} is better", fontsize=9)
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)
    return figure
