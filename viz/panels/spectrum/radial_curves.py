"""Power over frequency: the radial profiles of all networks, and those they are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from gui_utils.theme import Colour
from viz.export import charts
from viz.export.charts import Axis, Chart, Mark
from viz.panels.common.charts import draw_chart
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
    furthest = max(curve.spectrum.rate / 2 for curve in curves)
    if state.show_inner:
        furthest = max(furthest, inspected.inner_rate / 2)
    chart = Chart(
        "power-spectrum",
        Axis("", "cycles/picture", 0.0, furthest, decimals=1),
        Axis("", "dB", state.low_db, state.high_db, decimals=1),
        tuple(
            charts.Curve(
                curve.name,
                frequencies(curve.spectrum),
                curve.spectrum.radial_db.astype(np.float64),
                curve.colour,
                fainter=curve.fainter,
            )
            for curve in curves
        ),
        marks=tuple(
            Mark(at, SIGNS[name])
            for name, at in edges(inspected)
            if getattr(state, SWITCHES[name]) and at <= furthest
        ),
    )
    draw_chart(chart, (imgui.get_content_region_avail().x, ctx.host.px(HEIGHT)), ctx)
