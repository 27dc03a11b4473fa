"""PSNR against shift or angle: one curve for every network, in its colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from viz.export.charts import Axis, Chart, Curve, Mark, ends
from viz.panels.common import controls
from viz.panels.common.charts import draw_chart
from viz.panels.common.context import PanelContext, within
from viz.panels.common.follow import follow
from viz.panels.common.lengths import picture_width
from viz.protocol.equivariance_tasks import SWEEP_PX, SWEEP_STEPS, Sweep, SweepTask, latents_only
from viz.protocol.names import LETTERS
from viz.state.to_request import request_for

if TYPE_CHECKING:
    from viz.panels.common.chart_keys import Pointed
    from viz.protocol.equivariance import SweepDirection
    from viz.state.instruments import EquivarianceState

HIGHEST_DB = 90.0
DIRECTIONS: tuple[tuple[SweepDirection, str], ...] = (
    ("right", "Right"),
    ("down", "Down"),
    ("diagonal", "Both"),
)
AXES: dict[SweepDirection, str] = {
    "right": "Shift to the right",
    "down": "Shift downwards",
    "diagonal": "Shift to the right and downwards",
}


class EquivarianceCurves:
    """A sweep at the current latent, and its plot."""

    def draw(self, state: EquivarianceState, ctx: PanelContext) -> None:
        """Draw the curves in the rest of the panel; a click sets the shift or the angle."""
        turning = state.kind == "rotation"
        request = latents_only(request_for(ctx.state, maps=False, spectrum=False))
        if not turning:
            controls.choose(
                ctx,
                state,
                "along",
                "Direction",
                DIRECTIONS,
                "Direction of the shifts: to the right, downwards, or equally in both.",
            )
        along: SweepDirection = "right" if turning else state.along
        report = follow(ctx.model.sweep, SweepTask(request, turning, along), ctx)
        sweep: Sweep | None = None
        if report is not None and isinstance(report.task, SweepTask):
            same = report.task.request.networks == request.networks
            same &= (report.task.turning, report.task.along) == (turning, along)
            sweep = report.result if same else None
        space = imgui.get_content_region_avail()
        width = picture_width(ctx) or 1
        shift = {"right": state.x, "down": state.y, "diagonal": (state.x + state.y) / 2}[along]
        here = math.degrees(state.angle_rad) if turning else abs(shift * width)

        def choose_amount(pointed: Pointed | None) -> None:
            if pointed is not None and pointed.held:
                _set_amount(state, pointed.x, turning, ctx)

        axis = _axis(turning, along)
        ticks = [float(at) for at in np.linspace(*ends(axis, ()), 9)]
        draw_chart(
            _chart(sweep, axis, here, ctx),
            (space.x, max(space.y, ctx.host.px(120))),
            ctx,
            over=choose_amount,
            notes=lambda _pointer: _notes(turning),
            x_ticks=(ticks, [f"{at:g}" for at in ticks]),
        )


def _axis(turning: bool, along: SweepDirection) -> Axis:
    if turning:
        return Axis("Angle", "°", -180.0, 180.0, decimals=0)
    return Axis(AXES[along], "px", 0.0, float(SWEEP_PX), decimals=3)


def _chart(sweep: Sweep | None, axis: Axis, here: float, ctx: PanelContext) -> Chart:
    levels = sweep.psnr_db if sweep is not None else ()
    return Chart(
        "equivariance",
        axis,
        Axis("PSNR", "dB", 0.0, HIGHEST_DB, decimals=1),
        tuple(
            Curve(
                LETTERS[slot],
                np.asarray(sweep.amounts, np.float64),
                np.asarray(db, np.float64),
                ctx.colour(slot),
            )
            for slot, db in enumerate(levels)
            if sweep is not None
        ),
        marks=(Mark(here),),
    )


def _notes(turning: bool) -> list[str]:
    what = "angle" if turning else "shift"
    lines = [f"PSNR of the latent shown against the {what}. Click to choose a value."]
    if not turning:
        lines.append("It dips between whole pixels, where the moved output is interpolated.")
    return lines


def _set_amount(state: EquivarianceState, amount: float, turning: bool, ctx: PanelContext) -> None:
    width = picture_width(ctx)
    if turning:
        state.angle_rad = within(state, "angle_rad", math.radians(amount))
    elif width:
        right, down = SWEEP_STEPS[state.along]
        state.x = within(state, "x", right * amount / width)
        state.y = within(state, "y", down * amount / width)
