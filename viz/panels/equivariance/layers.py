"""Equivariance of every layer of a network, and of every channel of the chosen layer, in dB."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui, implot

from gui_utils.keyboard_focus import asks_for_context
from gui_utils.labels import number_text, shortened
from gui_utils.theme import mix, u32, vec4
from viz.export.charts import Axis, Chart, Curve
from viz.panels.common import layout
from viz.panels.common.charts import draw_chart, offer_chart
from viz.panels.common.follow import follow
from viz.panels.common.latent_count import choose_latents
from viz.protocol.equivariance_tasks import (
    LayerLevel,
    LayersTask,
    for_random_latents,
    latents_only,
)
from viz.protocol.names import LETTERS
from viz.state.to_request import move_of, request_for

if TYPE_CHECKING:
    from viz.panels.common.chart_keys import Pointed
    from viz.panels.common.context import PanelContext
    from viz.protocol.result import LayerRow
    from viz.state.app_state import AppState

HIGHEST_DB = 80.0
ROW_PX = 18
FIGURE_WIDTH = 58
LEAST_ROWS = 2
CHANNELS_PX, LEAST_CHANNELS_PX = 130, 72
NAMED_CHANNELS_PX = 110
"""Height from which there is room for the name of their axis."""
CHANNELS_SHARE = 0.7
"""Share of the height that the channels have where there is little."""
"""Smallest height of the plot of channels."""
MOST_GAPS = 48
"""Bars of more channels than these touch each other."""
EXPLAINED = (
    "Each map of the unmoved input, moved at the layer's own sampling rate and with its margins, "
    "against the map of the moved input. The peak is four of the layer's deviations."
)


class EquivarianceLayers:
    """Bars for the layers of the inspected network."""

    def draw(self, state: AppState, ctx: PanelContext) -> None:
        """Draw the bars; a click chooses a layer, a double click shows its maps under Layers."""
        slot = ctx.model.layer_slot
        summary = ctx.model.summary_of(slot)
        if summary is None:
            ctx.ui.dim("The layers are listed once the network has been loaded.")
            return
        request = latents_only(request_for(state, maps=False, spectrum=False))
        latents = state.equivariance.latents
        if latents > 1:
            request = for_random_latents(request)
        task = LayersTask(request, slot, move_of(state), latents)
        report = follow(ctx.model.layer_scores, task, ctx)
        levels: dict[str, LayerLevel] = {}
        if report is not None and isinstance(report.task, LayersTask) and report.task.slot == slot:
            levels = {one.layer: one for one in report.result or ()}
        if not levels.keys() <= {row.name for row in summary.layers}:
            levels = {}  # a result of the network that was in this slot before
        done = min((one.latents for one in levels.values()), default=0)
        choose_latents(state.equivariance, done, ctx)
        self._draw_rows(summary.layers, levels, state, ctx)
        chosen = levels.get(state.layers.layer)
        _draw_channels(chosen, state, ctx)

    def _draw_rows(
        self,
        rows: tuple[LayerRow, ...],
        levels: dict[str, LayerLevel],
        state: AppState,
        ctx: PanelContext,
    ) -> None:
        height = ctx.host.px(ROW_PX)
        space = imgui.get_content_region_avail().y
        room = space - min(ctx.host.px(CHANNELS_PX), CHANNELS_SHARE * space)
        whole = min(len(rows), max(int(room / height), LEAST_ROWS))
        imgui.push_style_var(imgui.StyleVar_.item_spacing, (0, 0))
        imgui.begin_child("bars", (0, whole * height))
        if imgui.is_window_appearing():
            names = [row.name for row in rows]
            at = names.index(state.layers.layer) if state.layers.layer in names else 0
            imgui.set_scroll_y(max(0, at - whole // 2) * height)
        names_width = max(imgui.calc_text_size(row.name).x for row in rows) + ctx.host.px(8)
        names_width = min(names_width, 0.4 * imgui.get_content_region_avail().x)
        asked = False
        for row in rows:
            asked |= _draw_row(row, levels.get(row.name), names_width, height, state, ctx)
        imgui.end_child()
        offer_chart(_chart(rows, levels, ctx), ctx, asked=asked)
        imgui.pop_style_var()


def _draw_row(
    row: LayerRow,
    level: LayerLevel | None,
    names_width: float,
    height: float,
    state: AppState,
    ctx: PanelContext,
) -> bool:
    """Draw name, bar and value of one layer; is the menu asked for by keyboard?"""
    host, palette, draw = ctx.host, ctx.host.palette, imgui.get_window_draw_list()
    chosen = row.name == state.layers.layer
    where, width = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
    if imgui.invisible_button(f"##{row.name}", (width, height), imgui.ButtonFlags_.enable_nav):
        state.layers.layer, state.layers.first_channel = row.name, 0
        state.equivariance.of = "layer"
    asked = asks_for_context()
    hovered = imgui.is_item_hovered()
    if hovered and imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
        imgui.set_window_focus(layout.LAYERS)
    if chosen or hovered:
        back = palette.frame if chosen else mix(palette.window, palette.frame, 0.5)
        draw.add_rect_filled(where, (where.x + width, where.y + height), u32(back))
    middle = where.y + (height - imgui.get_text_line_height()) / 2
    name = shortened(row.name, names_width - host.px(8), lambda one: imgui.calc_text_size(one).x)
    colour = palette.text if chosen else palette.dim
    draw.add_text((where.x + host.px(4), middle), u32(colour), name)
    left, right = where.x + names_width + host.px(4), where.x + width - host.px(FIGURE_WIDTH)
    db = level.db if level is not None else math.nan
    if not math.isnan(db):
        share = min(max(db / HIGHEST_DB, 0.0), 1.0)
        inset = host.px(4)
        draw.add_rect_filled(
            (left, where.y + inset),
            (left + share * (right - left), where.y + height - inset),
            u32(ctx.colour(ctx.model.layer_slot), 1.0 if chosen or hovered else 0.75),
        )
        if level is not None and level.latents > 1:
            _draw_whisker(level.interval, left, right, where.y + height / 2, ctx)
    with host.fonts.mono():
        text = ("    ∞" if math.isinf(db) else number_text(db, 1, 5)) + " dB"
        draw.add_text(
            (where.x + width - imgui.calc_text_size(text).x - host.px(2), middle),
            u32(colour),
            text,
        )
    ctx.ui.tip(_row_tip(row, level))
    return asked


def _draw_whisker(
    interval: tuple[float, float], left: float, right: float, y: float, ctx: PanelContext
) -> None:
    """Draw the confidence interval of a bar that lies between two edges."""
    draw, half, width = imgui.get_window_draw_list(), ctx.host.px(3), ctx.host.px(1)
    shares = (min(max(db / HIGHEST_DB, 0.0), 1.0) for db in interval)
    low, high = (left + share * (right - left) for share in shares)
    colour = u32(ctx.host.palette.text)
    draw.add_line((low, y), (high, y), colour, width)
    for x in (low, high):
        draw.add_line((x, y - half), (x, y + half), colour, width)


def _chart(rows: tuple[LayerRow, ...], levels: dict[str, LayerLevel], ctx: PanelContext) -> Chart:
    """Make the chart of the rows, to copy and save."""
    known = [index for index, row in enumerate(rows) if row.name in levels]
    found = [levels[rows[index].name] for index in known]
    slot = ctx.model.layer_slot
    low, high = (np.array([one.interval[end] for one in found], np.float64) for end in (0, 1))
    curve = Curve(
        LETTERS[slot],
        np.array(known, np.float64),
        np.array([one.db for one in found], np.float64),
        ctx.colour(slot),
        kind="bars",
        interval=(low, high) if any(one.latents > 1 for one in found) else None,
    )
    return Chart(
        "layers",
        Axis("layer", "", -0.6, len(rows) - 0.4),
        Axis("", "dB", 0.0, HIGHEST_DB, decimals=1),
        (curve,),
        places=tuple(row.name for row in rows),
    )


def _row_tip(row: LayerRow, level: LayerLevel | None) -> str:
    lines = [f"{row.name}: {row.width} px at {row.sampling_rate:.0f} samples per picture."]
    if level is None:
        lines.append("Not measured yet.")
    elif level.valid_share == 0:
        lines.append("The map is too small: no sample has its whole filter inside it.")
    else:
        lines.append(f"{100 * level.valid_share:.0f} % of the samples are compared.")
    if level is not None and level.latents > 1:
        low, high = level.interval
        lines.append(f"{low:.1f} to {high:.1f} dB with 95 % confidence.")
        lines.append(f"Over {level.latents} latents.")
    return "\n".join([*lines, "", EXPLAINED, "", "Click: compare its channels above and below.",
                      "Double click: show its maps under Layers."])  # fmt: skip


def _draw_channels(level: LayerLevel | None, state: AppState, ctx: PanelContext) -> None:
    """Draw a bar for every channel of the chosen layer; a click shows it in the pictures above."""
    space = imgui.get_content_region_avail()
    levels = level.channel_db.astype(np.float64) if level is not None else np.full(1, np.nan)
    slot, name = ctx.model.layer_slot, state.layers.layer
    chart = Chart(
        "channels",
        Axis(f"Channel of {name}", "", -0.7, len(levels) - 0.3, decimals=0),
        Axis("", "dB", 0.0, HIGHEST_DB, decimals=1),
        (
            Curve(
                LETTERS[slot],
                np.arange(len(levels), dtype=np.float64),
                levels,
                ctx.colour(slot),
                kind="bars",
                # Gaps narrower than a pixel would make stripes that are not there.
                width=0.7 if len(levels) <= MOST_GAPS else 1.0,
                # Of more channels the whiskers would hide the bars.
                interval=level.channel_interval if level and len(levels) <= MOST_GAPS else None,
            ),
        ),
    )

    def choose_channel(pointed: Pointed | None) -> None:
        shown = state.layers.first_channel
        if state.equivariance.of == "layer" and shown < len(levels) and np.isfinite(levels[shown]):
            look = implot.Spec(
                fill_color=vec4(ctx.host.palette.text), line_color=vec4(ctx.colour(slot), 0.0)
            )
            implot.plot_bars("##chosen", np.array([float(shown)]), levels[[shown]], 0.7, look)
        if level is not None and pointed is not None and pointed.chosen:
            channel = min(max(round(pointed.x), 0), len(levels) - 1)
            state.layers.first_channel, state.equivariance.of = channel, "layer"

    draw_chart(
        chart,
        (space.x, max(space.y, ctx.host.px(LEAST_CHANNELS_PX))),
        ctx,
        over=choose_channel,
        x_words="all" if space.y >= ctx.host.px(NAMED_CHANNELS_PX) else "ticks",
        notes=lambda _pointer: ("Against the channel's own range. Click to see it above.",),
    )
