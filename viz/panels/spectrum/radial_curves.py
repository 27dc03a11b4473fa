"""Power over frequency: the radial profiles of all networks, and those they are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui, implot

from gui_utils.theme import Colour, vec4
from viz.panels.spectrum.power_map import SIGNS, SWITCHES
from viz.protocol.result import Spectrum
from viz.protocol.spectra import edges, frequencies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.panels.common.context import PanelContext
    from viz.state.instruments import SpectrumState

HEIGHT = 168


@dataclass(frozen=True)
class Curve:
    """A spectrum drawn as a line."""

    name: str
    colour: Colour
    spectrum: Spectrum
    fainter: bool = False
    """True for the spectrum that others are compared with."""


def draw_curves(
    curves: Sequence[Curve], inspected: Spectrum, state: SpectrumState, ctx: PanelContext
) -> None:
    """Draw radial profiles over cycles per picture.

    Args:
        curves: All curves.
        inspected: The spectrum whose frequencies are marked, and whose width is shown.
        state: The marked frequencies and the range of power.
        ctx: Model, commands and widgets.
    """
    flags = implot.Flags_.no_menus | implot.Flags_.no_box_select | implot.Flags_.no_mouse_text
    if len(curves) < 2:
        flags |= implot.Flags_.no_legend
    axis = implot.AxisFlags_.no_menus | implot.AxisFlags_.lock
    width = imgui.get_content_region_avail().x
    if not implot.begin_plot("##profile", (width, ctx.host.px(HEIGHT)), flags):
        return
    furthest = max(curve.spectrum.rate / 2 for curve in curves)
    if state.show_inner:
        furthest = max(furthest, inspected.inner_rate / 2)
    implot.setup_axes("cycles/picture", "dB", axis, axis)
    implot.setup_axis_limits(implot.ImAxis_.x1, 0.0, furthest, implot.Cond_.always)
    lowest, highest = state.low_db, state.high_db
    implot.setup_axis_limits(implot.ImAxis_.y1, lowest, highest, implot.Cond_.always)
    implot.setup_legend(implot.Location_.north_east)
    for index, curve in enumerate(curves):
        look = implot.Spec(
            line_color=vec4(curve.colour, 0.55 if curve.fainter else 1.0),
            line_weight=ctx.host.px(1) if curve.fainter else 1.5 * ctx.host.px(1),
        )
        power = curve.spectrum.radial_db.astype(np.float64)
        implot.plot_line(f"{curve.name}##{index}", frequencies(curve.spectrum), power, look)
    for place, (name, at) in enumerate(edges(inspected)):
        if getattr(state, SWITCHES[name]) and at <= furthest:
            colour = vec4(ctx.host.palette.dim, 1.0 if name == "cutoff" else 0.6)
            implot.plot_inf_lines(f"##{name}", np.array([at]), implot.Spec(line_color=colour))
            # The labels are stacked because some frequencies coincide.
            level = lowest + (0.09 + 0.13 * place) * (highest - lowest)
            implot.plot_text(SIGNS[name], at, level, (ctx.host.px(12), 0))
    _explain(curves)
    implot.end_plot()


def _explain(curves: Sequence[Curve]) -> None:
    if not implot.is_plot_hovered():
        return
    at = implot.get_plot_mouse_pos().x
    lines = [f"{at:.1f} cycles/picture"]
    for curve in curves:
        known = frequencies(curve.spectrum)
        if 0 <= at <= curve.spectrum.rate / 2:
            power = float(np.interp(at, known, curve.spectrum.radial_db))
            lines.append(f"{curve.name}   {power:6.1f} dB")
    imgui.set_tooltip("\n".join(lines))
