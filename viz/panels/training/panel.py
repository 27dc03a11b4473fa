"""The Training tab: all runs with their progress, and the curves and samples of the chosen run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import DASH, number_text, shortened
from viz.export import charts
from viz.export.charts import Axis, Chart
from viz.model.run_facts import curve
from viz.model.trainings import METRICS, PLOTS, Curve, Run
from viz.panels.common import layout
from viz.panels.common.charts import draw_chart
from viz.panels.common.job_progress import time_text
from viz.panels.training.axes import limits, steps
from viz.panels.training.chosen_run import LOW, ChosenRun, draw_more

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from viz.panels.common.context import PanelContext
    from viz.state.training import TrainingState

STATES: dict[str, tuple[str, str]] = {
    "live": (icons.PLAY, "It is being trained."),
    "waiting": (icons.WAIT, "It waits for its turn."),
    "stopped": (icons.PAUSE, "It was stopped before its end, and can be resumed."),
    "finished": (icons.CHECK, "It has reached its end."),
    "empty": (icons.NONE, "It has not drawn a picture yet, and no trainer is running."),
}
WITH_CURVES = 520
"""Width of the tab, at a scale of 1, from which it has room for curves."""
NARROW = 230
"""Width of the table, at a scale of 1, below which it has only the most important columns."""
ROOMY = 430
"""Width of the table, at a scale of 1, from which it has all columns."""
TICK_PX = 44
"""Smallest distance of labels below the curves, at a scale of 1."""


class TrainingPanel:
    """A table of runs, with curves and samples of the chosen run."""

    title = layout.TRAINING

    def __init__(self) -> None:
        self._chosen_run = ChosenRun()

    def draw(self, training: TrainingState, ctx: PanelContext) -> None:
        """Draw the tab, and apply the user's choice of run."""
        runs = ctx.model.trainings.runs
        run = ctx.model.trainings.chosen(training)
        gap, room = ctx.host.px(16), imgui.get_content_region_avail().x
        if not runs:
            self._draw_runs(training, runs, ctx)
            return
        parts: list[tuple[Callable[[], None], float]] = [
            (lambda: self._draw_runs(training, runs, ctx), 0.46),
            (lambda: _draw_plot(training, run, ctx), 0.25),
            (lambda: self._chosen_run.draw(run, training, ctx), 0.29),
        ]
        if room < ctx.host.px(WITH_CURVES):  # the monitor shows them
            wide = 0.5 if imgui.get_content_region_avail().y >= ctx.host.px(LOW) else 0.55
            parts = [(parts[0][0], 1 - wide), (parts[2][0], wide)]
        gaps = (len(parts) - 1) * gap
        for index, (draw, share) in enumerate(parts):
            if index:
                imgui.same_line(0, gap)
            imgui.begin_child(f"part {index}", (share * (room - gaps), 0))
            draw()
            imgui.end_child()

    def free(self) -> None:
        """Free the texture."""
        self._chosen_run.free()

    def _draw_runs(self, training: TrainingState, runs: tuple[Run, ...], ctx: PanelContext) -> None:
        gap, width = ctx.host.px(6), imgui.get_content_region_avail().x
        at_most = ctx.host.px(176)
        new = "New training …" if width >= ctx.host.px(NARROW) or not runs else "New …"
        if imgui.button(f"{icons.PLUS}  {new}", (min((width - gap) * 0.55, at_most), 0)):
            ctx.commands.training.new()
        ctx.ui.tip("Choose pictures and settings, and start.")
        imgui.same_line(0, gap)
        with ctx.ui.disabled("" if runs else "There is no run yet."):
            if imgui.button("Monitor", (min(imgui.get_content_region_avail().x, at_most), 0)):
                ctx.commands.training.open_monitor(_monitored(training, ctx))
            ctx.ui.tip("Show all curves, grids and settings of the runs in a separate window.")
        if not runs:
            ctx.ui.dim(
                "No runs under runs/ yet. Drop a zip or a folder of pictures on the window, or a "
                "run folder from elsewhere."
            )
            return
        columns = [("", 18.0), ("Run", 0.0), ("kimg", 84.0)]
        columns += [("left", 68.0)] if width >= ctx.host.px(NARROW) else []
        columns += [("pict./s", 60.0), ("score", 84.0)] if width >= ctx.host.px(ROOMY) else []
        flags = (
            imgui.TableFlags_.scroll_y
            | imgui.TableFlags_.row_bg
            | imgui.TableFlags_.no_borders_in_body
        )
        if not imgui.begin_table("runs", len(columns), flags, imgui.get_content_region_avail()):
            return
        for name, column in columns:
            kind = imgui.TableColumnFlags_
            how = kind.width_fixed if column else kind.width_stretch
            imgui.table_setup_column(name, how, ctx.host.px(column))
        imgui.table_setup_scroll_freeze(0, 1)
        imgui.table_headers_row()
        chosen = ctx.model.trainings.chosen(training)
        for run in runs:
            imgui.push_id(str(run.path))
            _draw_row(run, run is chosen, training, len(columns), ctx)
            imgui.pop_id()
        imgui.end_table()


def _draw_row(
    run: Run, is_chosen: bool, training: TrainingState, columns: int, ctx: PanelContext
) -> None:
    palette = ctx.host.palette
    icon, meaning = STATES[run.state]
    imgui.table_next_row()
    imgui.table_next_column()
    live = run.state == "live"
    colour = palette.error if run.problem else palette.accent if live else palette.dim
    with ctx.host.fonts.small():
        ctx.ui.text(icon, colour)
    ctx.ui.tip(run.problem or meaning)
    imgui.table_next_column()
    span = imgui.SelectableFlags_.span_all_columns
    room = imgui.get_content_region_avail().x
    name = shortened(run.name, room, lambda one: imgui.calc_text_size(one).x)
    if imgui.selectable(f"{name}##run", is_chosen, span)[0]:
        training.chosen = str(run.path)
    ctx.ui.tip(
        f"{run.path}\n{meaning}\n{number_text(run.rate, 1)} pictures/s, score {score_text(run)}"
    )
    if imgui.begin_popup_context_item("run"):
        training.chosen = str(run.path)
        draw_more(run, ctx)
        imgui.end_popup()
    total = number_text(run.total_kimg, 0)
    cells = [f"{number_text(run.kimg, 1, 5)}/{total}", _left_text(run)]
    if run.state == "waiting":
        turn = f"turn {ctx.model.trainings.waiting.index(run) + 1}".rjust(9)
        cells = [cells[0], turn] if columns > len(cells) + 1 else [turn]
    cells += [number_text(run.rate, 1, 5), score_text(run)]
    for text in cells[: columns - 2]:
        imgui.table_next_column()
        with ctx.host.fonts.mono():
            ctx.ui.text(text, palette.dim)


def _left_text(run: Run) -> str:
    return DASH.rjust(9) if run.seconds_left is None else f"{time_text(run.seconds_left):>9}"


def score_text(run: Run) -> str:
    """Return the newest score of a run's picture quality, with its name."""
    if not run.quality:
        return DASH
    return f"{run.quality.split('_')[0]} {run.metrics[run.quality][1][-1]:.3g}"


def _draw_plot(training: TrainingState, run: Run | None, ctx: PanelContext) -> None:
    plots = {plot.key: plot for plot in (*PLOTS, METRICS)}
    width = imgui.get_content_region_avail().x
    imgui.set_next_item_width(width * 0.62)
    if imgui.begin_combo("##plot", plots[training.plot].title):
        for key, plot in plots.items():
            if imgui.selectable(plot.title, key == training.plot)[0]:
                training.plot = key  # type: ignore[assignment]
            ctx.ui.tip(plot.tells)
        imgui.end_combo()
    ctx.ui.tip(plots[training.plot].tells)
    imgui.same_line(0, ctx.host.px(4))
    imgui.set_next_item_width(imgui.get_content_region_avail().x)
    moved, smooth = imgui.slider_float("##smooth", training.smooth, 0.0, 0.99, "%.2f")
    ctx.ui.tip("Smoothing: 0 none, 0.9 the mean of about the last ten ticks.")
    if imgui.is_item_hovered() and imgui.is_mouse_double_clicked(0):
        training.smooth = 0.0
    elif moved:
        training.smooth = min(max(smooth, 0.0), 0.99)
    if run is None:
        return
    curves = _curves_of(training, run)
    (left, right), (low, high) = limits([points for _name, points in curves])
    step, count = steps(right, most=max(int(width / ctx.host.px(TICK_PX)), 1))
    ticks = [step * index for index in range(count + 1)]
    chart = Chart(
        f"training-{training.plot}",
        Axis("", "kimg", left, right, decimals=1),
        Axis("", "", low, high),
        tuple(
            charts.Curve(name, at, values, ctx.colour(index))
            for index, (name, (at, values)) in enumerate(curves)
        ),
        shared=False,
    )
    space, names = imgui.get_content_region_avail(), [f"{at:g}" for at in ticks]
    draw_chart(chart, (space.x, space.y), ctx, x_ticks=(ticks, names), x_words="ticks")


def _curves_of(training: TrainingState, run: Run) -> list[tuple[str, tuple[Curve, Curve]]]:
    if training.plot == "metrics":
        return [
            (name, (np.array(at, np.float64), np.array(values, np.float64)))
            for name, (at, values) in sorted(run.metrics.items())
        ]
    names = next(plot.curves for plot in PLOTS if plot.key == training.plot)
    return [(label, curve(run, name, training.smooth)) for name, label in names]


def _monitored(training: TrainingState, ctx: PanelContext) -> list[Path]:
    """Return the folders of the chosen run and of all live runs."""
    chosen = ctx.model.trainings.chosen(training)
    live = [
        run.path for run in ctx.model.trainings.runs if run.state == "live" and run is not chosen
    ]
    return live if chosen is None else [chosen.path, *live]
