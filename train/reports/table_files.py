"""The table of results on disk: Markdown, CSV and a plot, the paper's figures beside one's own."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Plot

from generator.ablation.paper_figures import MAIN_TABLE, SYSTEMS, PaperFigures
from train.progress import duration_text
from train.reports.table import METRIC_TITLES, ResultTable, Row, paper_order

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from generator.equivariance.metrics import Score
    from train.metrics.measure import MetricValue

SUFFIXES = (".md", ".csv", ".png")
COLOURS = {"stylegan2": "#b35f00", "stylegan3-t": "#1a6fb5", "stylegan3-r": "#1a7d55"}
"""Colours of the systems, in every plot of results."""
_MISSING = "–"


def write_table(path: Path, table: ResultTable) -> None:
    """Write a table to a file of the kind that its ending says: .md, .csv or .png.

    Raises:
        ValueError: another ending.
        OSError: the file cannot be written.
    """
    match path.suffix:
        case ".md":
            path.write_text(markdown(table), encoding="utf-8")
        case ".csv":
            _write_csv(path, table)
        case ".png":
            _plot(table).savefig(path, dpi=150)
        case other:
            raise ValueError(f"tables are written to {', '.join(SUFFIXES)}, got {other or path}")


def markdown(table: ResultTable) -> str:
    """Write the table, what it shows, and the paper's own, in Markdown."""
    headings = ["network"]
    headings += [f"{table.metric}, {Path(data).stem}" for data in table.data]
    for title in METRIC_TITLES.values():
        headings += [f"{title}, dB", "*paper*"]
    headings += ["parameters", "time per picture", "trained", "time per kimg"]
    lines = [_line(headings), _line(["---", *["--:"] * (len(headings) - 1)])]
    lines += [_line(_cells(row)) for row in table.rows]
    text = "\n".join(lines)
    notes = [
        f"{table.samples} latents for the equivariance (95 % intervals), {table.pictures} pictures "
        f"for {table.metric} (± the deviation over its subsets), seed {table.seed}, ψ 1, fp32, "
        f"threads: {table.threads}. *paper*: the system's figure in the paper's ablation, "
        "FFHQ-U at 256²."
    ]
    for data, yardstick in zip(table.data, table.yardsticks, strict=False):
        if yardstick is not None:
            notes.append(
                f"For comparison, {table.metric} of real pictures ({Path(yardstick.data).name}) "
                f"against {Path(data).name}: {yardstick.sharp} as they are, {yardstick.blurred} "
                f"blurred with σ = {yardstick.sigma_px:g} px."
            )
    text += "\n\n" + "\n\n".join(notes) + "\n"
    if orders := paper_order(table.rows):
        text += "\nWhat the paper's table shows, here:\n\n" + "".join(
            f"- {order.statement}: {'yes' if order.holds else 'no'}.\n" for order in orders
        )
    return text + "\n" + _paper_table()


def _cells(row: Row) -> list[str]:
    paper = SYSTEMS[row.kind]
    result = row.equivariance
    cells = [row.name, *map(_distance, row.distances)]
    for name in METRIC_TITLES:
        cells += [_score(getattr(result, name)), f"*{_paper_db(paper, name)}*"]
    return [
        *cells,
        f"{row.parameters / 1e6:.2f} M",
        f"{row.seconds_per_picture * 1000:.1f} ms",
        _MISSING if row.kimg is None else f"{row.kimg:.1f} kimg",
        _MISSING if row.seconds_per_kimg is None else duration_text(row.seconds_per_kimg),
    ]


def _paper_table() -> str:
    """Write the paper's main table."""
    headings = ["the paper's: FID / EQ-T / EQ-R", "StyleGAN2", "StyleGAN3-T", "StyleGAN3-R"]
    lines = [_line(headings), _line(["---", *["--:"] * 3])]
    for data, systems in MAIN_TABLE.items():
        figures = (f"*{one.fid:.2f} / {one.eq_t:.2f} / {one.eq_r:.2f}*" for one in systems)
        lines.append(_line([data, *figures]))
    return "\n".join(lines) + "\n"


def _write_csv(path: Path, table: ResultTable) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        columns = ["network", "kind", "resolution"]
        for data in table.data:
            label = f"{table.metric}:{Path(data).name}"
            columns += [label, f"{label}_deviation"]
        for name in METRIC_TITLES:
            columns += [f"{name}_db", f"{name}_low_db", f"{name}_high_db", f"{name}_paper_db"]
        columns += ["parameters", "seconds_per_picture", "kimg", "seconds_per_kimg"]
        out.writerow([*columns, "samples", "pictures", "seed", "threads"])
        for row in table.rows:
            paper = SYSTEMS[row.kind]
            cells: list[object] = [row.name, row.kind, _size_text(row.size)]
            for one in row.distances:
                cells += ["", ""] if one is None else [one.value, one.deviation]
            for name in METRIC_TITLES:
                score = getattr(row.equivariance, name)
                cells += [score.db, score.low_db, score.high_db, getattr(paper, name)]
            cells += [row.parameters, row.seconds_per_picture, row.kimg, row.seconds_per_kimg]
            out.writerow([*cells, table.samples, table.pictures, table.seed, table.threads])


def _size_text(size: tuple[int, int]) -> str:
    """Write the side of square pictures, width and height of others."""
    height, width = size
    return str(width) if width == height else f"{width}x{height}"


def _plot(table: ResultTable) -> Plot:
    """Plot equivariance with intervals and the paper's figures; beside it the distances."""
    shown = [i for i in range(len(table.data)) if any(row.distances[i] for row in table.rows)]
    width = 6.5 + 2.6 * len(shown)
    figure = Plot(figsize=(width, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    widths = [2.6, *[1.0] * len(shown)]
    axes = figure.subplots(1, len(widths), width_ratios=widths, squeeze=False)
    _plot_equivariance(axes[0, 0], table)
    for index, one in zip(shown, axes[0, 1:], strict=True):
        _plot_distance(one, table, index)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def _plot_equivariance(axes: Axes, table: ResultTable) -> None:
    step = 0.8 / len(table.rows)
    for index, row in enumerate(table.rows):
        for place, name in enumerate(METRIC_TITLES):
            score: Score = getattr(row.equivariance, name)
            at = place + (index - (len(table.rows) - 1) / 2) * step
            if not math.isfinite(score.db):
                axes.annotate("∞", (at, 0), ha="center", va="bottom")
                continue
            axes.bar(
                at,
                score.db,
                0.9 * step,
                yerr=[[score.db - score.low_db], [score.high_db - score.db]],
                color=COLOURS[row.kind],
                label=row.name if place == 0 else None,
                capsize=2,
                error_kw={"linewidth": 0.8},
            )
            first = index == 0 and place == 0
            paper = getattr(SYSTEMS[row.kind], name)
            axes.plot(at, paper, "kD", ms=4, mfc="white", label="paper" if first else None)
    axes.set_xticks(range(len(METRIC_TITLES)), list(METRIC_TITLES.values()))
    axes.set_ylabel("dB, more is better")
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _plot_distance(axes: Axes, table: ResultTable, index: int) -> None:
    for place, row in enumerate(table.rows):
        if (one := row.distances[index]) is not None:
            axes.bar(place, one.value, 0.7, yerr=one.deviation, color=COLOURS[row.kind], capsize=2)
    yardstick = table.yardsticks[index] if index < len(table.yardsticks) else None
    if yardstick is not None:
        blurred = f"real, blurred {yardstick.sigma_px:g} px"
        for value, name in ((yardstick.sharp, "real"), (yardstick.blurred, blurred)):
            axes.axhline(value.value, color="0.35", linewidth=0.8, linestyle="--")
            within = ("axes fraction", "data")
            box = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none"}
            axes.annotate(name, (0.02, value.value), xycoords=within, fontsize=7, bbox=box)
    axes.set_xticks([])
    axes.set_title(f"{table.metric}, {Path(table.data[index]).stem}\nless is better", fontsize=8)
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _score(score: Score) -> str:
    if not math.isfinite(score.db):
        return "∞"
    return f"{score.db:.2f} ({score.low_db:.1f}…{score.high_db:.1f})"


def _distance(value: MetricValue | None) -> str:
    return _MISSING if value is None else str(value)


def _paper_db(paper: PaperFigures, name: str) -> str:
    value = getattr(paper, name)
    return _MISSING if value is None else f"{value:.2f}"
