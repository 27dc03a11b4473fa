"""The Filters page: taps, frequency response and measurements of the chosen layer's filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui, implot

from gui_utils.colormaps import ColormapName, colourise
from gui_utils.labels import number_text
from gui_utils.resample import for_display
from gui_utils.texture import Texture
from gui_utils.theme import Colour, vec4
from viz.export.charts import Axis, Chart, Curve, Mark
from viz.panels.common.charts import draw_chart

if TYPE_CHECKING:
    from viz.panels.common.chart_keys import Pointed
    from viz.panels.common.context import PanelContext
    from viz.protocol.result import FilterView, LayerFilters

LOWEST_DB, HIGHEST_DB = -90.0, 6.0
RESPONSE_PX, TAPS_PX = 150, 84


class FiltersPage:
    """The filters before and after the nonlinearity."""

    def __init__(self) -> None:
        self._pictures: dict[str, tuple[Texture, object]] = {}

    def free(self) -> None:
        """Free the textures."""
        for texture, _of in self._pictures.values():
            texture.free()
        self._pictures.clear()

    def draw(self, ctx: PanelContext) -> None:
        """Draw the filters of the layer that is chosen under Layers."""
        layer = ctx.state.layers.layer
        ctx.ui.heading(f"Layer {layer}".strip())
        ctx.ui.tip("Chosen under Layers, or with [ and ].")
        result = ctx.model.result_of(ctx.model.layer_slot)
        filters = result.filters if result is not None else None
        if filters is None or filters.layer != layer:
            ctx.ui.dim("Waiting for the filters …")
            return
        if filters.up is None and filters.down is None:
            ctx.ui.dim(_why_none(filters, ctx))
            _offer_another(layer, ctx)
            return
        for name, view in (("up", filters.up), ("down", filters.down)):
            if view is not None:
                self._draw_filter(name, view, ctx)
        if filters.down is None:
            imgui.spacing()
            ctx.ui.dim("No filter follows the nonlinearity: what it makes above half the")
            ctx.ui.dim("sampling rate folds back.")

    def _draw_filter(self, name: str, view: FilterView, ctx: PanelContext) -> None:
        ui, colour = ctx.ui, ctx.colour(ctx.model.layer_slot)
        sides = "×".join(str(side) for side in view.taps.shape)
        does = f"Upsampling ×{view.factor}" if name == "up" else f"Downsampling ÷{view.factor}"
        imgui.spacing()
        if not ui.section(does):
            return
        imgui.push_id(name)
        kind = "radial" if view.taps.ndim == 2 else "separable"
        ui.row("Taps", f"{sides}, {kind}", tip="Coefficients of the filter; they sum to 1.")
        ui.row(
            "Runs at",
            f"{view.rate:g} samples/picture",
            tip="The temporary sampling rate inside the layer.",
        )
        _draw_measured(view, ctx)
        if view.map_db is not None:
            self._draw_planes(name, view, view.map_db, ctx)
        else:
            _draw_taps(name, view, colour, ctx)
        _draw_response(name, view, colour, ctx)
        imgui.pop_id()

    def _draw_planes(
        self, name: str, view: FilterView, response: np.ndarray, ctx: PanelContext
    ) -> None:
        """Draw taps and response of a radial filter, side by side."""
        gap = imgui.get_style().item_spacing.x
        side = min((imgui.get_content_region_avail().x - gap) / 2, ctx.host.px(200))
        largest = float(np.abs(view.taps).max())
        taps = for_display(colourise(view.taps, -largest, largest, "diverging"), side)
        middle = response.shape[0] // 2
        tip = f"The taps, {view.taps.shape[0]}×{view.taps.shape[1]}, ±{largest:.4f}; white is 0."
        self._picture(f"{name} taps", taps, view, side)
        ctx.ui.tip(tip)
        imgui.same_line(0, gap)
        magma: ColormapName = "magma"
        gain = colourise(response, LOWEST_DB, 0.0, magma)
        self._picture(f"{name} gain", gain, view, side)
        ctx.ui.tip(
            f"Gain over both frequencies, ±{view.rate / 2:g} cycles/picture, from {LOWEST_DB:g}"
            f" (dark) to 0 dB. Along x {response[middle, middle]:.1f} dB in the middle."
        )

    def _picture(self, name: str, pixels: np.ndarray, of: object, side: float) -> None:
        texture, shown = self._pictures.get(name, (None, None))
        texture = texture or Texture()
        if shown is not of or texture.size != pixels.shape[1::-1]:
            texture.update(pixels)
        self._pictures[name] = texture, of
        imgui.image(texture.ref, (side, side))


def _why_none(filters: LayerFilters, ctx: PanelContext) -> str:
    summary = ctx.model.summary_of(ctx.model.layer_slot)
    if summary is not None and summary.kind == "stylegan2":
        return "StyleGAN2 filters where it upsamples only: conv0 of 8 and above."
    if filters.layer == "input":
        return "The input is a sum of waves; nothing is filtered."
    return "Colours are computed from features pixel by pixel; nothing is filtered."


def _offer_another(layer: str, ctx: PanelContext) -> None:
    """Draw the button that goes to the nearest layer with a filter."""
    summary = ctx.model.summary_of(ctx.model.layer_slot)
    names = [row.name for row in summary.layers] if summary is not None else []
    filtered = [row.name for row in summary.layers if row.up * row.down > 1] if summary else []
    if layer not in names or not filtered:
        return
    here = names.index(layer)
    nearest = min(filtered, key=lambda name: abs(names.index(name) - here))
    if imgui.button(f"Show {nearest}###another"):
        ctx.state.layers.layer = nearest
    ctx.ui.tip("The nearest layer with a filter.")


def _draw_measured(view: FilterView, ctx: PanelContext) -> None:
    """Draw the measured values beside the designed ones."""
    ui = ctx.ui
    ui.row(
        "Cutoff",
        f"{number_text(view.cutoff, 2)}  (design {view.designed_cutoff:.2f}) cycles/picture",
        tip="Where half the amplitude is left (−6 dB), measured on the taps and as designed.",
    )
    ui.row(
        "Transition",
        f"{number_text(view.passed_to, 2)} – {number_text(view.stopped_from, 2)}"
        f"  (to {view.stop_edge:.2f})",
        tip="From −1 dB to where the attenuation is reached, in cycles/picture; in brackets the"
        " edge from which on frequencies are meant to be stopped.",
    )
    promised = view.designed_attenuation_db
    by_formula = f"  (design {promised:.1f})" if promised is not None else ""
    ui.row(
        "Attenuation",
        f"{number_text(view.attenuation_db, 1)}{by_formula} dB",
        tip="At least so far every frequency from that edge on is kept down; in brackets what"
        " Kaiser's formula promises for that many taps.",
    )


def _draw_taps(name: str, view: FilterView, colour: Colour, ctx: PanelContext) -> None:
    taps = view.taps.astype(np.float64)
    low, high = min(float(taps.min()), 0.0), float(taps.max())
    room = 0.12 * (high - low)
    chart = Chart(
        f"taps-{name}",
        Axis("tap", "", -0.7, len(taps) - 0.3, decimals=0),
        Axis("", "", low - room, high + room, decimals=5),
        (Curve("tap", np.arange(len(taps), dtype=np.float64), taps, colour, kind="stems"),),
        shared=False,
    )
    size = (imgui.get_content_region_avail().x, ctx.host.px(TAPS_PX))
    draw_chart(chart, size, ctx, x_words="none")


def _draw_response(name: str, view: FilterView, colour: Colour, ctx: PanelContext) -> None:
    palette = ctx.host.palette
    known = np.linspace(0, view.rate / 2, len(view.gain_db))
    chart = Chart(
        f"response-{name}",
        Axis("", "cycles/picture", 0.0, view.rate / 2, decimals=2),
        Axis("", "dB", LOWEST_DB, HIGHEST_DB, decimals=1),
        (Curve("gain", known, view.gain_db.astype(np.float64), colour),),
        marks=(Mark(view.designed_cutoff, "f_c"),),
    )

    def draw_design(_pointed: Pointed | None) -> None:
        begin, end = view.passed_to, view.stopped_from
        if begin is not None and end is not None:
            implot.plot_shaded(
                "##transition",
                np.array([begin, end]),
                np.full(2, HIGHEST_DB),
                LOWEST_DB,
                implot.Spec(fill_color=vec4(palette.frame, 0.9)),
            )
        implot.plot_line(
            "##attenuation",
            np.array([view.stop_edge, view.rate / 2]),
            np.full(2, -view.attenuation_db),
            implot.Spec(line_color=vec4(palette.dim)),
        )

    size = (imgui.get_content_region_avail().x, ctx.host.px(RESPONSE_PX))
    draw_chart(chart, size, ctx, under=draw_design)
