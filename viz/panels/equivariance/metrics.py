"""The metrics EQ-T, EQ-T_frac and EQ-R over many latents, measured in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import DASH, number_text
from viz.export.charts import Axis, Chart, Curve
from viz.panels.common import controls
from viz.panels.common.charts import draw_chart
from viz.panels.common.job_progress import time_text
from viz.protocol.equivariance_tasks import Figure, MetricFigures, MetricTask
from viz.protocol.names import LETTERS

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.jobs import JobReport
    from viz.state.app_state import AppState
    from viz.state.instruments import EquivarianceState

NAMES = ("EQ-T", "EQ-T_frac", "EQ-R")
TIPS = (
    "Translation by whole pixels, by up to an eighth of the width.",
    "Translation by any distance. The reference is interpolated with Lanczos' kernel, whose own "
    "errors limit it: about 48 dB for pictures with fine texture.",
    "Rotation by any angle.",
)
HIGHEST_DB = 90.0
FEWEST, MOST = 16, 50_000

LEAST_PLOT = 66
"""Least height of the bars, at a scale of 1."""


def measure(state: AppState, ctx: PanelContext) -> None:
    """Start to measure the networks on the stage."""
    wanted = state.equivariance
    sources = tuple(dict.fromkeys(network.source for network in state.networks))
    ctx.model.jobs.start(MetricTask(sources, wanted.samples, wanted.seed, state.performance.device))


def measuring_disabled_reason(state: AppState, ctx: PanelContext) -> str:
    """Return the reason why `measure` is disabled; empty if it is not."""
    if not state.networks:
        return "There is no network to measure."
    report = ctx.model.jobs.newest(MetricTask)
    if report is not None and report.at_work:
        return "A measurement is under way; cancel it first."
    return ""


def draw_metrics(state: EquivarianceState, ctx: PanelContext) -> None:
    """Draw settings, progress and results of the measurement."""
    report = ctx.model.jobs.newest(MetricTask)
    at_work = report is not None and report.at_work
    with ctx.ui.disabled("Cancel the measurement to change this." if at_work else ""):
        _draw_settings(state, report, ctx)
    _draw_progress(report, ctx)
    metrics: tuple[MetricFigures, ...] = report.result or () if report is not None else ()
    by_source = {one.source: one for one in metrics}
    found = {
        slot: by_source[network.source]
        for slot, network in enumerate(ctx.state.networks)
        if network.source in by_source
    }
    _draw_table(found, ctx)
    _draw_plot(found, ctx)


def _draw_settings(state: EquivarianceState, report: JobReport | None, ctx: PanelContext) -> None:
    """Draw number and seed of the samples and, unless it is at work, the button that measures."""
    controls.slide(
        ctx,
        state,
        "samples",
        "Samples",
        "Number of random latents, each shifted twice and turned once; the paper uses 50,000.",
        low=FEWEST,
        high=MOST,
        logarithmic=True,
    )
    idle, gap = report is None or not report.at_work, ctx.host.px(4)
    width = imgui.calc_text_size("Measure").x + 2 * imgui.get_style().frame_padding.x
    state.seed = ctx.ui.integer(
        "Seed",
        state.seed,
        0,
        2**32 - 1,
        default=0,
        reserve=width + gap if idle else 0.0,
        tip="Seed of all latents, shifts and angles: the same seed gives the same results.",
    )
    if not idle:
        return
    imgui.same_line(0, gap)
    with ctx.ui.disabled(measuring_disabled_reason(ctx.state, ctx)):
        if imgui.button("Measure", (width, 0)):
            measure(ctx.state, ctx)
    ctx.ui.tip("Measure all networks on the stage in the background, between the pictures.")


def _draw_progress(report: JobReport | None, ctx: PanelContext) -> None:
    """Draw the buttons that pause, continue and cancel, and the progress, while there is any."""
    if report is None or not report.at_work:
        if report is not None and report.state != "done":
            ctx.ui.text(f"{report.state}, {_samples_done(report)}", ctx.host.palette.dim)
        return
    paused = report.state == "paused"
    icon, tip = (icons.PLAY, "Continue.") if paused else (icons.PAUSE, "Pause.")
    if ctx.ui.icon_button(icon, "pause metric", tip=tip):
        ctx.model.jobs.control(report.id, "resume" if paused else "pause")
    imgui.same_line(0, ctx.host.px(2))
    if ctx.ui.icon_button(icons.CLOSE, "cancel metric", tip="Cancel; the results so far are kept."):
        ctx.model.jobs.control(report.id, "cancel")
    imgui.same_line()
    imgui.align_text_to_frame_padding()
    left = "paused" if paused else f"{time_text(report.seconds_left)} left"
    with ctx.host.fonts.mono():
        ctx.ui.text(f"{_samples_done(report)}   {left}", ctx.host.palette.dim)


def _samples_done(report: JobReport) -> str:
    return f"{report.done:,.0f} of {report.total:,.0f} samples"


def _draw_table(found: dict[int, MetricFigures], ctx: PanelContext) -> None:
    flags = imgui.TableFlags_.sizing_stretch_same | imgui.TableFlags_.no_saved_settings
    if not imgui.begin_table("metrics", 4, flags):
        return
    imgui.table_setup_column("network", imgui.TableColumnFlags_.width_fixed, ctx.host.px(22))
    imgui.table_next_row()
    for column, (name, tip) in enumerate(zip(NAMES, TIPS, strict=True), start=1):
        imgui.table_set_column_index(column)
        with ctx.host.fonts.small():
            ctx.ui.text(f"{name}, dB", ctx.host.palette.dim)
        ctx.ui.tip(tip)
    for slot in range(len(ctx.state.networks)):
        imgui.table_next_row()
        imgui.table_set_column_index(0)
        with ctx.host.fonts.heading():
            ctx.ui.text(LETTERS[slot], ctx.colour(slot))
        ctx.ui.tip(ctx.model.label(slot))
        for column, metric in enumerate(_values_of(found.get(slot)), start=1):
            imgui.table_set_column_index(column)
            with ctx.host.fonts.mono():
                imgui.text_unformatted(_interval_text(metric))
            if metric is not None:
                samples = found[slot].samples
                ctx.ui.tip(
                    f"{metric.low_db:.2f} to {metric.high_db:.2f} dB with 95 % confidence, from "
                    f"{samples:,} samples."
                )
    imgui.end_table()


def _values_of(found: MetricFigures | None) -> tuple[Figure | None, ...]:
    if found is None:
        return (None, None, None)
    return found.eq_t, found.eq_t_frac, found.eq_r


def _interval_text(metric: Figure | None) -> str:
    if metric is None:
        return f"{DASH:>4} ±{DASH:>3}"
    half = (metric.high_db - metric.low_db) / 2
    return f"{number_text(metric.db, 1, 4)} ±{number_text(half, 1, 3)}"


def _draw_plot(found: dict[int, MetricFigures], ctx: PanelContext) -> None:
    """Draw a bar for each metric of each network, with its confidence interval."""
    space = imgui.get_content_region_avail()
    width = 0.8 / max(len(ctx.state.networks), 1)
    chart = Chart(
        "metrics",
        Axis("metric", "", -0.5, 2.5),
        Axis("", "dB", 0.0, HIGHEST_DB, decimals=2),
        tuple(
            _bars(slot, metrics, -0.4 + (slot + 0.5) * width, 0.85 * width, ctx)
            for slot, metrics in found.items()
        ),
        places=NAMES,
    )
    draw_chart(
        chart,
        (space.x, max(space.y, ctx.host.px(LEAST_PLOT))),
        ctx,
        legend=False,
        notes=lambda _pointer: _notes(found),
        x_ticks=((0.0, 1.0, 2.0), NAMES),
        x_words="ticks",
    )


def _bars(
    slot: int, metrics: MetricFigures, offset: float, width: float, ctx: PanelContext
) -> Curve:
    values = _values_of(metrics)
    known = [index for index, one in enumerate(values) if one is not None]
    figures = [one for one in values if one is not None]
    return Curve(
        LETTERS[slot],
        np.array(known, np.float64),
        np.array([one.db for one in figures]),
        ctx.colour(slot),
        kind="bars",
        offset=offset,
        width=width,
        interval=(
            np.array([one.low_db for one in figures]),
            np.array([one.high_db for one in figures]),
        ),
    )


def _notes(found: dict[int, MetricFigures]) -> list[str]:
    counts = {one.samples for one in found.values()}
    return [f"95 % intervals, from {count:,} samples" for count in sorted(counts)]
