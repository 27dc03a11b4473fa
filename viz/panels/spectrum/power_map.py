"""The two-dimensional power spectrum with its axes and marked frequencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui, implot

from gui_utils.colormaps import ColormapName, colourise
from gui_utils.colour_scale import colour_scale
from gui_utils.keyboard_focus import arrow_steps, has_focus, kept_keys
from gui_utils.texture import Texture
from gui_utils.theme import vec4
from viz.panels.common.chart_keys import FINE_STEP, STEP, Focus
from viz.panels.common.context import PanelContext, within
from viz.panels.common.controls import default_of
from viz.protocol.spectra import difference, edges, outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.protocol.result import Spectrum
    from viz.state.instruments import SpectrumState

ZOOM_STEP = 1.25
"""How much closer Page up looks."""
SMALLEST_SPAN = 0.02
"""Least span of an axis, in cycles per pixel."""
TENTHS_BELOW = 8.0
"""Cycles per picture on an axis below which its numbers have a decimal."""
SMALLEST, LARGEST = 170, 420
"""Side of the map, in pixels at a scale of 1."""

SWITCHES = {
    "cutoff": "show_cutoff",
    "stopband": "show_stopband",
    "nyquist": "show_nyquist",
    "inner": "show_inner",
}
"""Field of the state that switches the line of each frequency."""
SIGNS = {"cutoff": "f_c", "stopband": "f_t", "nyquist": "s/2", "inner": "inside"}
STRENGTHS = {"cutoff": 0.95, "stopband": 0.6, "nyquist": 0.8, "inner": 0.6}
"""Opacity of the lines, 0…1."""
CORNERS = {"cutoff": (-1, 1), "stopband": (1, -1), "nyquist": (-1, -1), "inner": (1, 1)}
"""Corner of each line's label: (left or right, up or down)."""


class SpectrumMap:
    """A map of a spectrum, or of its difference from another."""

    def __init__(self) -> None:
        self._texture: Texture | None = None
        self._painted: tuple[object, ...] = ()
        self._frame = (40.0, 40.0)
        """Width and height of the axes around the spectrum, measured in the last frame."""
        self._read = (0.0, 0.0)
        """Frequency that the keyboard reads, in cycles per pixel."""
        self._half = 0.5
        """Highest frequency that the axes could show in the last frame, in cycles per pixel."""
        self.seen = ((-0.5, 0.5), (-0.5, 0.5))
        """Frequencies on both axes in the last frame, in cycles per pixel."""

    def draw(
        self,
        spectrum: Spectrum,
        other: Spectrum | None,
        state: SpectrumState,
        ctx: PanelContext,
    ) -> None:
        """Draw a spectrum with its colour scale.

        Args:
            spectrum: The spectrum to draw.
            other: The spectrum to compare with: the map then shows the difference.
            state: Range of the colours, and which frequencies are marked; the range is set here.
            ctx: Model, commands and widgets.
        """
        values = spectrum.power_db if other is None else self._paint_difference(spectrum, other)
        name: ColormapName = "magma" if other is None else "diverging"
        low, high = state.low_db, state.high_db
        if other is not None:
            low, high = -state.difference_db, state.difference_db
        self._paint(values, low, high, name, (spectrum, other))
        self._draw_axes(spectrum, values, state, ctx)
        self._draw_scale(state, other is not None, ctx)

    def free(self) -> None:
        """Free the texture."""
        if self._texture is not None:
            self._texture.free()
            self._texture, self._painted = None, ()

    def _paint_difference(self, spectrum: Spectrum, other: Spectrum) -> NDArray[np.float32]:
        of = (spectrum, other)
        if not self._painted or self._painted[0] != of:
            self._difference = difference(spectrum, other)
        return self._difference

    def _paint(
        self,
        values: NDArray[np.float32],
        low: float,
        high: float,
        name: ColormapName,
        of: tuple[Spectrum, Spectrum | None],
    ) -> None:
        if self._texture is None:
            self._texture = Texture()
        painted = (of, low, high)
        if self._painted != painted:
            self._texture.update(colourise(values, low, high, name))
            self._painted = painted

    def _draw_axes(
        self,
        spectrum: Spectrum,
        values: NDArray[np.float32],
        state: SpectrumState,
        ctx: PanelContext,
    ) -> None:
        texture = self._texture
        if texture is None:
            return
        space = imgui.get_content_region_avail()
        wide, high = self._frame
        side = min(space.x - wide, ctx.host.px(LARGEST))
        side = max(min(side, 0.45 * imgui.get_window_height()), ctx.host.px(SMALLEST))
        flags = (
            implot.Flags_.no_legend
            | implot.Flags_.no_menus
            | implot.Flags_.no_mouse_text
            | implot.Flags_.no_box_select
        )
        axis = implot.AxisFlags_.no_grid_lines | implot.AxisFlags_.no_menus
        imgui.set_cursor_pos_x(imgui.get_cursor_pos_x() + max(0.0, (space.x - wide - side) / 2))
        half = seen_half(spectrum, state)
        size = (side + wide, side + high)
        focus = Focus("spectrum", size)
        focused, wanted = has_focus(), self.seen
        if focused:
            closer, away = kept_keys(imgui.Key.page_up, imgui.Key.page_down)
            self._walk(half)
            factor, (across, up) = ZOOM_STEP ** (away - closer), self.seen
            wanted = (
                axis_around(across, self._read[0], factor, half),
                axis_around(up, self._read[1], factor, half),
            )
        imgui.push_item_flag(imgui.ItemFlags_.no_nav, True)
        if not implot.begin_plot("##spectrum", size, flags):
            imgui.pop_item_flag()
            return
        if half != self._half:
            wanted = ((-half, half), (-half, half))
        again = implot.Cond_.always if wanted != self.seen else implot.Cond_.once
        self._half = half
        rate = spectrum.rate
        implot.setup_axes("cycles/px", "", axis, axis)
        implot.setup_axis(
            implot.ImAxis_.x2,
            "cycles/picture",
            axis | implot.AxisFlags_.opposite | implot.AxisFlags_.lock,
        )
        for which, ends in zip((implot.ImAxis_.x1, implot.ImAxis_.y1), wanted, strict=True):
            implot.setup_axis_limits(which, *ends, again)
            implot.setup_axis_limits_constraints(which, -half, half)
            implot.setup_axis_ticks(which, *ends, 5)
        low, high = (end * rate for end in wanted[0])
        implot.setup_axis_limits(implot.ImAxis_.x2, low, high, implot.Cond_.always)
        implot.setup_axis_ticks(implot.ImAxis_.x2, low, high, 5)
        within_picture = "%.0f" if high - low > TENTHS_BELOW else "%.1f"
        implot.setup_axis_format(implot.ImAxis_.x2, within_picture)
        implot.plot_image("##power", texture.ref, implot.Point(-0.5, -0.5), implot.Point(0.5, 0.5))
        self._draw_edges(spectrum, state, ctx)
        if focused:
            self._mark_read()
            _explain_point(spectrum, values, *self._read)
        elif implot.is_plot_hovered():
            pointer = implot.get_plot_mouse_pos()
            _explain_point(spectrum, values, pointer.x, pointer.y)
        limits = implot.get_plot_limits()
        self.seen = (limits.x.min, limits.x.max), (limits.y.min, limits.y.max)
        inner = implot.get_plot_size()
        self._frame = (side + wide - inner.x, side + high - inner.y)
        implot.end_plot()
        imgui.pop_item_flag()
        focus.draw()

    def _walk(self, half: float) -> None:
        """Move the frequency that is read by the arrows, finely with Shift."""
        right, down = arrow_steps()
        step = half * (FINE_STEP if imgui.get_io().key_shift else STEP)
        x, y = self._read[0] + step * right, self._read[1] - step * down
        self._read = min(max(x, -half), half), min(max(y, -half), half)

    def _mark_read(self) -> None:
        white = imgui.ImVec4(1, 1, 1, 1)
        x, y = (np.array([one]) for one in self._read)
        look = implot.Spec(marker=implot.Marker_.cross, marker_size=5.0, marker_line_color=white)
        implot.plot_scatter("##read", x, y, look)

    @staticmethod
    def _draw_edges(spectrum: Spectrum, state: SpectrumState, ctx: PanelContext) -> None:
        background, gap = vec4(ctx.host.palette.popup, 0.85), ctx.host.px(9)
        half = seen_half(spectrum, state)
        for name, cycles in edges(spectrum):
            at = cycles / spectrum.rate
            if not getattr(state, SWITCHES[name]) or at > half:
                continue
            white = imgui.ImVec4(1, 1, 1, STRENGTHS[name])
            radial = spectrum.radial and name in ("cutoff", "stopband")
            implot.plot_line(f"##{name}", *outline(at, radial), implot.Spec(line_color=white))
            corner = at * (0.5**0.5 if radial else 1.0)
            across, up = CORNERS[name]
            towards = gap if at < 0.95 * half else -gap  # outside the circle if there is room
            place, offset = (across * corner, up * corner), (across * towards, -up * towards)
            implot.annotation(*place, background, offset, True, SIGNS[name])

    @staticmethod
    def _draw_scale(state: SpectrumState, compares: bool, ctx: PanelContext) -> None:
        if compares:
            usual = default_of(state, "difference_db")
            _low, high = colour_scale(
                ctx.ui,
                "difference",
                (-state.difference_db, state.difference_db),
                "diverging",
                default=(-usual, usual),
                unit="dB",
                decimals=0,
                symmetric=True,
                tip="How far the spectrum is above (brown) or below (blue) the one it is compared"
                " with.",
            )
            state.difference_db = within(state, "difference_db", high)
            return
        low, high = colour_scale(
            ctx.ui,
            "power",
            (state.low_db, state.high_db),
            "magma",
            default=(default_of(state, "low_db"), default_of(state, "high_db")),
            unit="dB",
            decimals=0,
            tip="Power of the whitened signal at each frequency.",
        )
        state.low_db, state.high_db = within(state, "low_db", low), within(state, "high_db", high)


def axis_around(
    ends: tuple[float, float], at: float, factor: float, half: float
) -> tuple[float, float]:
    """Return an axis stretched by a factor about a place, which stays in sight.

    Args:
        ends: The axis.
        at: The place.
        factor: Above 1 shows more.
        half: Ends of what there is, to either side.
    """
    low, high = ends
    if factor != 1:
        span = min(max((high - low) * factor, SMALLEST_SPAN), 2 * half)
        share = (at - low) / (high - low) if low <= at <= high else 0.5
        low, high = at - share * span, at + (1 - share) * span
    span = high - low
    # Moved no farther than it must be to show the place.
    low += min(at - low, 0) + max(at - high, 0)
    low = min(max(low, -half), half - span)
    return low, low + span


def seen_half(spectrum: Spectrum, state: SpectrumState) -> float:
    """Return the highest frequency on the axes in cycles/px: over ½ if the inner rate is shown."""
    if not state.show_inner or not spectrum.inner_rate:
        return 0.5
    return max(0.5, spectrum.inner_rate / 2 / spectrum.rate)


def _explain_point(spectrum: Spectrum, values: NDArray[np.float32], x: float, y: float) -> None:
    """Show the power at a frequency, in cycles per pixel."""
    rows, columns = values.shape
    column, row = int((x + 0.5) * columns), int((0.5 - y) * rows)
    if 0 <= column < columns and 0 <= row < rows:
        imgui.set_tooltip(
            f"{x:+.3f}, {y:+.3f} cycles/px\n"
            f"{np.hypot(x, y) * spectrum.rate:.1f} cycles/picture\n"
            f"{values[row, column]:.1f} dB"
        )
