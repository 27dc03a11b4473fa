"""PSNR against shift or angle: one curve for every network, in its colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui, implot

from gui_utils.labels import number_text
from gui_utils.theme import vec4
from viz.panels.common import controls
from viz.panels.common.context import PanelContext, within
from viz.panels.common.follow import follow
from viz.panels.common.lengths import picture_width
from viz.protocol.equivariance_tasks import SWEEP_PX, SWEEP_STEPS, Sweep, SweepTask, latents_only
from viz.protocol.names import LETTERS
from viz.state.to_request import request_for

if TYPE_CHECKING:
    from viz.protocol.equivariance import SweepDirection
    from viz.state.instruments import EquivarianceState

HIGHEST_DB = 90.0
DIRECTIONS: tuple[tuple[SweepDirection, str], ...] = (
    ("right", "Right"),
    ("down", "Down"),
    ("diagonal", "Both"),
)
AXES: dict[SweepDirection, str] = {
    "right": "shift to the right in px",
    "down": "shift downwards in px",
    "diagonal": "shift to the right and downwards in px",
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
                "Along",
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
        flags = implot.Flags_.no_menus | implot.Flags_.no_box_select | implot.Flags_.no_mouse_text
        size = (space.x, max(space.y, ctx.host.px(120)))
        if not implot.begin_plot("##sweep", size, flags):
            return
        self._set_up(turning, along)
        if sweep is not None:
            _plot(sweep, ctx)
        width = picture_width(ctx) or 1
        shift = {"right": state.x, "down": state.y, "diagonal": (state.x + state.y) / 2}[along]
        here = math.degrees(state.angle_rad) if turning else shift * width
        marker = implot.Spec(line_color=vec4(ctx.host.palette.dim, 0.8))
        implot.plot_inf_lines("##here", np.array([here if turning else abs(here)]), marker)
        if implot.is_plot_hovered():
            _explain(sweep, turning, ctx)
            if imgui.is_mouse_down(imgui.MouseButton_.left):
                _set_amount(state, implot.get_plot_mouse_pos().x, turning, ctx)
        implot.end_plot()

    @staticmethod
    def _set_up(turning: bool, along: SweepDirection) -> None:
        axis = implot.AxisFlags_.no_menus
        implot.setup_axes("angle in °" if turning else AXES[along], "dB", axis, axis)
        low, high = (-180.0, 180.0) if turning else (0.0, float(SWEEP_PX))
        implot.setup_axis_limits(implot.ImAxis_.x1, low, high, implot.Cond_.always)
        implot.setup_axis_limits(implot.ImAxis_.y1, 0.0, HIGHEST_DB, implot.Cond_.always)
        implot.setup_axis_ticks(implot.ImAxis_.x1, low, high, 9)
        implot.setup_legend(implot.Location_.north_east, implot.LegendFlags_.horizontal)


def _plot(sweep: Sweep, ctx: PanelContext) -> None:
    for slot, levels in enumerate(sweep.psnr_db):
        known = np.isfinite(levels)
        look = implot.Spec(line_color=vec4(ctx.colour(slot)), line_weight=1.5)
        shown = np.minimum(levels[known], 2 * HIGHEST_DB)
        implot.plot_line(f"{LETTERS[slot]}##sweep{slot}", sweep.amounts[known], shown, look)


def _explain(sweep: Sweep | None, turning: bool, ctx: PanelContext) -> None:
    """Show the values of all networks at the point nearest to the pointer."""
    lines = []
    if sweep is not None:
        index = int(np.abs(sweep.amounts - implot.get_plot_mouse_pos().x).argmin())
        unit = "°" if turning else " px"
        lines.append(f"{sweep.amounts[index]:.{0 if turning else 3}f}{unit}")
        for slot, levels in enumerate(sweep.psnr_db):
            level = "∞".rjust(5) if np.isinf(levels[index]) else number_text(levels[index], 1, 5)
            lines.append(f"{LETTERS[slot]} {level} dB")
    what = "angle" if turning else "shift"
    lines += ["", f"PSNR of the latent shown against the {what}. Click to choose a value."]
    if not turning:
        lines.append("It dips between whole pixels, where the moved output is interpolated.")
    imgui.set_tooltip("\n".join(lines).lstrip())


def _set_amount(state: EquivarianceState, amount: float, turning: bool, ctx: PanelContext) -> None:
    width = picture_width(ctx)
    if turning:
        state.angle_rad = within(state, "angle_rad", math.radians(amount))
    elif width:
        right, down = SWEEP_STEPS[state.along]
        state.x = within(state, "x", right * amount / width)
        state.y = within(state, "y", down * amount / width)
