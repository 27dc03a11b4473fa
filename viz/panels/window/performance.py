"""The Performance tab: times, and where the networks run."""

from __future__ import annotations

import math
import os
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from gui_utils.labels import DASH, number_text, shortened
from viz.export.charts import Axis, Chart, Curve
from viz.model.compute import host_of
from viz.model.timings import HISTORY
from viz.panels.common import controls, layout
from viz.panels.common.actions import go_to
from viz.panels.common.charts import draw_chart
from viz.protocol.names import LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.panels.common.context import PanelContext
    from viz.state.app_state import PerformanceState


COLUMN_PX = 216
"""Least width of a column, at a scale of 1."""


class PerformancePanel:
    """Times, device, precision and limits."""

    title = "Performance"

    def __init__(self) -> None:
        self._typed = ""

    def draw(self, state: PerformanceState, ctx: PanelContext) -> None:
        """Draw the times and the settings, in as many columns as there is room for."""
        parts: tuple[Callable[[], None], ...] = (
            partial(_draw_speed, ctx),
            partial(self._draw_networks, ctx),
            partial(self._draw_settings, state, ctx),
            partial(_draw_tiles, ctx),
        )
        room = imgui.get_content_region_avail().x
        count = min(max(int(room // ctx.host.px(COLUMN_PX)), 1), len(parts))
        if not imgui.begin_table("columns", count, imgui.TableFlags_.sizing_stretch_same):
            return
        imgui.table_next_row()
        for index, part in enumerate(parts):
            # The last ones share a column; in two, two each.
            column = index * count // len(parts) if count < 3 else min(index, count - 1)
            imgui.table_set_column_index(column)
            part()
            imgui.spacing()
        imgui.end_table()

    def _draw_networks(self, ctx: PanelContext) -> None:
        ctx.ui.heading("Networks")
        flags = imgui.TableFlags_.sizing_fixed_fit | imgui.TableFlags_.pad_outer_x
        if not imgui.begin_table("times", 3, flags):
            return
        imgui.table_setup_column("network", imgui.TableColumnFlags_.width_stretch)
        imgui.table_next_row()
        for column, name in enumerate(("", "mapping ms", "synthesis ms")):
            imgui.table_set_column_index(column)
            ctx.ui.text(name, ctx.host.palette.dim)
        for slot in range(len(ctx.state.networks)):
            result = ctx.model.result_of(slot)
            known = result is not None and result.picture is not None
            imgui.table_next_row()
            imgui.table_set_column_index(0)
            ctx.ui.text(LETTERS[slot], ctx.colour(slot))
            imgui.same_line()
            label = ctx.model.label(slot)
            room = imgui.get_content_region_avail().x
            ctx.ui.text(shortened(label, room, lambda text: imgui.calc_text_size(text).x))
            ctx.ui.tip(label)
            for column, value in (
                (1, result.mapping_ms if result and known else None),
                (2, result.synthesis_ms if result and known else None),
            ):
                imgui.table_set_column_index(column)
                with ctx.host.fonts.mono():
                    imgui.text_unformatted(number_text(value, 1, 7))
        imgui.end_table()
        self._draw_history(ctx)

    def _draw_history(self, ctx: PanelContext) -> None:
        timings, palette = ctx.model.timings, ctx.host.palette
        latency = np.array(timings.latency_history_ms, np.float64)
        render = np.array(timings.render_history_ms, np.float64)
        usual = float(np.percentile(latency, 90)) if len(latency) else 0.0
        top = 10.0 * math.ceil(max(1.7 * usual, 10.0) / 10.0)
        chart = Chart(
            "times",
            Axis("picture", "", 0.0, float(HISTORY), decimals=0),
            Axis("", "ms", 0.0, top, decimals=1),
            tuple(
                Curve(name, np.arange(len(values), dtype=np.float64), values, colour)
                for name, values, colour in (
                    ("latency", latency, palette.dim),
                    ("render", render, palette.accent),
                )
            ),
        )
        size = (imgui.get_content_region_avail().x, ctx.host.px(140))
        draw_chart(chart, size, ctx, x_words="none")

    def _draw_machine(self, ctx: PanelContext) -> None:
        ui, place = ctx.ui, ctx.model.compute
        ui.label("Machine")
        imgui.set_next_item_width(-1)
        if imgui.begin_combo("##machine", host_of(place.command) or "This one"):
            for command in ("", *place.remembered):
                text = host_of(command) or "This one"
                if imgui.selectable(f"{text}##{command}", command == place.command)[0]:
                    ctx.commands.compute.use(command)
                ui.tip(command or "The worker is a process beside this window.")
            imgui.separator()
            self._draw_command(ctx)
            imgui.end_combo()
        ui.tip(
            "Compute on another machine: a command whose standard input and output lead to a "
            "worker there, mostly ssh."
        )
        if place.command:
            _draw_line(ctx)

    def _draw_command(self, ctx: PanelContext) -> None:
        imgui.set_next_item_width(ctx.host.px(420))
        hint = "ssh gpu-box afv/.venv/bin/python afv/visualizer.py --serve"
        flags = imgui.InputTextFlags_.enter_returns_true
        entered, self._typed = imgui.input_text_with_hint("##command", hint, self._typed, flags)
        imgui.same_line()
        imgui.begin_disabled(not self._typed.strip())
        if (imgui.button("Connect") or entered) and self._typed.strip():
            ctx.commands.compute.use(self._typed.strip())
            self._typed = ""
            imgui.close_current_popup()
        imgui.end_disabled()

    def _draw_settings(self, state: PerformanceState, ctx: PanelContext) -> None:
        ui = ctx.ui
        ui.heading("Computed on")
        self._draw_machine(ctx)
        device = ctx.model.result.device if ctx.model.result and ctx.model.result.device else DASH
        ui.row("Device", device, tip="Device on which the worker computes.")
        missing = ctx.model.result.missing_kernels if ctx.model.result else ""
        served = "PyTorch's operations" if missing else "native"
        ui.row(
            "Kernels",
            served if ctx.model.result else DASH,
            tip=missing or "Kernels compiled for this device.",
        )
        ui.label("Window")
        drawn_by = ctx.host.window.renderer
        room = imgui.get_content_region_avail().x
        ui.text(shortened(drawn_by, room, lambda text: imgui.calc_text_size(text).x))
        ui.tip(f"This window is drawn by {drawn_by}.")
        controls.choose(
            ctx,
            state,
            "precision",
            "Precision",
            (("fp32", "fp32"), ("bf16", "bf16")),
            "Precision of the synthesis; bf16 is coarser, but faster if the hardware supports it.",
        )
        controls.check(
            ctx,
            state,
            "draft",
            "Draft while dragging",
            "While you drag, draw in the precision that is faster here, and slow StyleGAN3 networks"
            " by a thin copy of them; afterwards, in full. Nothing is measured on drafts.",
        )
        controls.slide(
            ctx,
            state,
            "max_rate",
            "At most",
            "Highest number of new pictures per second while something moves.",
            unit="/s",
            decimals=0,
            logarithmic=True,
        )
        cores = os.cpu_count() or 1
        state.threads = ui.whole_slider(
            "Threads",
            state.threads,
            0,
            cores,
            default=0,
            text="chosen by itself" if state.threads == 0 else f"{state.threads}",
            tip="CPU threads of the worker.",
            menu=controls.menu_of(ctx, state, "threads"),
        )


def _draw_speed(ctx: PanelContext) -> None:
    timings = ctx.model.timings
    ctx.ui.heading("Speed")
    for label, value, unit, tip in (
        (
            "Pictures",
            timings.rate(ctx.host.window.now_s),
            "/s",
            "New pictures from the worker per second.",
        ),
        (
            "Latency",
            timings.latency_ms,
            "ms",
            "Time from the request of a picture to its arrival.",
        ),
        (
            "Render",
            timings.render_ms,
            "ms",
            "Time for all networks, maps and spectra in the worker.",
        ),
        ("Window", timings.frame_ms, "ms", "Time to draw one frame of this window."),
    ):
        _figure_row(ctx, label, value, 1, unit, tip)


def _draw_tiles(ctx: PanelContext) -> None:
    ctx.ui.heading("Tiles of the atlas")
    controls.slide(
        ctx,
        ctx.state.atlas,
        "memory_mb",
        "Memory",
        "Memory for tiles in this window; those unused for longest are removed first.",
        low=16,
        high=4096,
        unit="MB",
        logarithmic=True,
    )
    controls.slide(
        ctx,
        ctx.state.atlas,
        "disk_mb",
        "Disk",
        "Keep so much of them in the cache folder as well, beyond the end of the program; 0: "
        "none. Tiles from disk come without seams.",
        low=0,
        high=4096,
        unit="MB",
    )


def _draw_line(ctx: PanelContext) -> None:
    """Draw what the line to the other machine carries."""
    traffic = ctx.model.compute.traffic
    trip = 1e3 * traffic.round_trip_s if traffic and traffic.round_trip_s is not None else None
    tip = "Shortest time of the last messages to the other machine and back."
    _figure_row(ctx, "Line", trip, 1, "ms", tip)
    received = traffic.received_bytes / 1e6 if traffic else None
    _figure_row(ctx, "Received", received, 1, "MB", "What has come over the line so far.")


def _figure_row(
    ctx: PanelContext, label: str, value: float | None, decimals: int, unit: str, tip: str
) -> None:
    imgui.begin_group()
    ctx.ui.row(label, number_text(value, decimals, 7))
    imgui.same_line(0, ctx.host.px(4))
    ctx.ui.text(unit, ctx.host.palette.dim)
    imgui.end_group()
    ctx.ui.tip(tip)


ACTIONS = (go_to(layout.PERFORMANCE),)
