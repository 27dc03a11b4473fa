"""The power spectrum of the picture or of the chosen layer, with the layer's cutoff drawn in."""

from __future__ import annotations

import numpy as np
from imgui_bundle import imgui, implot

from gui_utils.colormaps import colourise
from gui_utils.colour_scale import colour_scale
from gui_utils.texture import Texture
from gui_utils.theme import vec4
from viz.panels import layout
from viz.panels.actions import go_to
from viz.panels.context import LETTERS, PanelContext, within
from viz.panels.layers import choose_slot
from viz.protocol import Spectrum
from viz.state import SpectrumState, limits

PROFILE_HEIGHT = 150
PADDINGS = (1, 2, 4, 8)


class SpectrumPanel:
    title = "Spectrum"

    def __init__(self) -> None:
        self._texture: Texture | None = None
        self._shown: tuple[Spectrum, float, float] | None = None
        self._frame = (40.0, 40.0)
        """Width and height that axes take around the spectrum, as measured in the last frame."""

    def draw(self, state: SpectrumState, ctx: PanelContext) -> None:
        """Draw the spectrum and its profile, and set how they are taken and shown."""
        choose_slot(ctx.state.layers, ctx)
        layer = ctx.state.layers.layer
        state.of = ctx.ui.choice(
            "Of",
            state.of,
            (("image", "Picture"), ("layer", f"Layer {layer}".strip())),
            tip="The picture's spectrum, or that of the layer chosen under Layers ([ and ]).",
        )
        result = ctx.result_of(ctx.layer_slot)
        spectrum = result.spectrum if result is not None else None
        if spectrum is None:
            ctx.ui.dim("Waiting for the spectrum …")
            return
        self._draw_map(spectrum, state, ctx)
        self._draw_scale(state, ctx)
        self._draw_window(state, ctx)
        self._draw_profiles(state, ctx)

    def free(self) -> None:
        """Give the texture back."""
        if self._texture is not None:
            self._texture.free()
            self._texture = None

    def _draw_map(self, spectrum: Spectrum, state: SpectrumState, ctx: PanelContext) -> None:
        texture = self._updated(spectrum, state)
        space = imgui.get_content_region_avail()
        below = ctx.host.px(PROFILE_HEIGHT + 94)
        wide, high = self._frame
        side = max(min(space.x - wide, space.y - below - high), ctx.host.px(120))
        flags = (
            implot.Flags_.no_legend
            | implot.Flags_.no_menus
            | implot.Flags_.no_mouse_text
            | implot.Flags_.no_box_select
        )
        axis = implot.AxisFlags_.no_grid_lines | implot.AxisFlags_.no_menus
        imgui.set_cursor_pos_x(imgui.get_cursor_pos_x() + max(0.0, (space.x - wide - side) / 2))
        if not implot.begin_plot("##spectrum", (side + wide, side + high), flags):
            return
        implot.setup_axes("cycles/px", "", axis, axis)
        implot.setup_axes_limits(-0.5, 0.5, -0.5, 0.5)
        for which in (implot.ImAxis_.x1, implot.ImAxis_.y1):
            implot.setup_axis_limits_constraints(which, -0.5, 0.5)
            implot.setup_axis_ticks(which, -0.5, 0.5, 5)
        implot.plot_image("##power", texture.ref, implot.Point(-0.5, -0.5), implot.Point(0.5, 0.5))
        if state.show_cutoff:
            self._draw_cutoff(spectrum, ctx)
        self._explain_point(spectrum)
        inner = implot.get_plot_size()
        self._frame = (side + wide - inner.x, side + high - inner.y)
        implot.end_plot()

    def _draw_cutoff(self, spectrum: Spectrum, ctx: PanelContext) -> None:
        radial = self._is_radial(spectrum, ctx)
        background, gap = vec4(ctx.host.palette.popup, 0.85), ctx.host.px(8)
        for name, at in edges(spectrum):
            strong = name == "cutoff"
            white = imgui.ImVec4(1, 1, 1, 0.9 if strong else 0.5)
            implot.plot_line(f"##{name}", *outline(at, radial), implot.Spec(line_color=white))
            corner, side = at * (0.5**0.5 if radial else 1.0), -1 if strong else 1
            offset = (side * gap, side * gap)
            implot.annotation(side * corner, -side * corner, background, offset, True, name)

    @staticmethod
    def _is_radial(spectrum: Spectrum, ctx: PanelContext) -> bool:
        """Whether the layer's filter is round: those of StyleGAN3-R that are not critical."""
        summary = ctx.summary_of(ctx.layer_slot)
        if summary is None or summary.kind != "stylegan3-r":
            return False
        return any(row.name == spectrum.layer and not row.critical for row in summary.layers)

    @staticmethod
    def _explain_point(spectrum: Spectrum) -> None:
        if not implot.is_plot_hovered():
            return
        point = implot.get_plot_mouse_pos()
        count = spectrum.power_db.shape[0]
        column = int((point.x + 0.5) * count)
        row = int((0.5 - point.y) * count)
        if 0 <= column < count and 0 <= row < count:
            imgui.set_tooltip(
                f"{point.x:+.3f}, {point.y:+.3f} cycles/px\n"
                f"{np.hypot(point.x, point.y) * spectrum.rate:.1f} cycles/picture\n"
                f"{spectrum.power_db[row, column]:.1f} dB"
            )

    def _draw_scale(self, state: SpectrumState, ctx: PanelContext) -> None:
        fresh = SpectrumState()
        low, high = colour_scale(
            ctx.ui,
            "power",
            (state.low_db, state.high_db),
            "magma",
            default=(fresh.low_db, fresh.high_db),
            unit="dB",
            decimals=0,
            tip="Power of the whitened picture at each frequency.",
        )
        state.low_db, state.high_db = within(state, "low_db", low), within(state, "high_db", high)

    @staticmethod
    def _draw_window(state: SpectrumState, ctx: PanelContext) -> None:
        """How the spectrum is taken."""
        beta = ctx.ui.slider(
            "Window β",
            state.beta,
            *limits(state, "beta"),
            default=SpectrumState().beta,
            decimals=1,
            tip="Shape of the Kaiser window: more hides the picture's borders and blurs the "
            "spectrum.",
        )
        state.beta = within(state, "beta", beta)
        state.pad = ctx.ui.choice(
            "Padding",
            state.pad,
            tuple((factor, f"{factor}×") for factor in PADDINGS),
            tip="Zeros around the picture, so that the spectrum is sampled more finely.",
        )

    def _draw_profiles(self, state: SpectrumState, ctx: PanelContext) -> None:
        """Power over frequency, averaged over all directions: every network's, in its colour."""
        curves = [
            (slot, result.spectrum)
            for slot in range(len(ctx.state.networks))
            if (result := ctx.result_of(slot)) is not None and result.spectrum is not None
        ]
        height = max(imgui.get_content_region_avail().y, ctx.host.px(110))
        flags = implot.Flags_.no_menus | implot.Flags_.no_box_select | implot.Flags_.no_mouse_text
        if len(curves) < 2:
            flags |= implot.Flags_.no_legend
        axis = implot.AxisFlags_.no_menus
        if not implot.begin_plot("##profile", (imgui.get_content_region_avail().x, height), flags):
            return
        implot.setup_axes("cycles/px", "dB", axis, axis)
        implot.setup_axis_limits(implot.ImAxis_.x1, 0.0, 0.5, implot.Cond_.always)
        implot.setup_axis_limits(
            implot.ImAxis_.y1, state.low_db, state.high_db, implot.Cond_.always
        )
        implot.setup_legend(implot.Location_.north_east)
        for slot, spectrum in curves:
            count = len(spectrum.radial_db)
            frequencies = (np.arange(count) + 0.5) / count / 2
            look = implot.Spec(line_color=vec4(ctx.colour(slot)), line_weight=1.5)
            implot.plot_line(
                f"{LETTERS[slot]}##profile{slot}",
                frequencies,
                spectrum.radial_db.astype(np.float64),
                look,
            )
            for name, at in edges(spectrum) if state.show_cutoff else ():
                colour = vec4(ctx.host.palette.dim, 1.0 if name == "cutoff" else 0.5)
                implot.plot_inf_lines(
                    f"##{name}{slot}", np.array([at]), implot.Spec(line_color=colour)
                )
        implot.end_plot()

    def _updated(self, spectrum: Spectrum, state: SpectrumState) -> Texture:
        shown = (spectrum, state.low_db, state.high_db)
        if self._texture is None:
            self._texture = Texture()
        same = self._shown is not None and self._shown[0] is spectrum
        if not same or self._shown != shown:
            self._texture.update(colourise(spectrum.power_db, state.low_db, state.high_db, "magma"))
            self._shown = shown
        return self._texture


def edges(spectrum: Spectrum) -> list[tuple[str, float]]:
    """Where the layer's low-pass filter cuts and where it stops, as (name, cycles/px).

    Those that lie within the spectrum: the picture has none, and StyleGAN2 no stopband.
    """
    found = (("cutoff", spectrum.cutoff), ("stopband", spectrum.stopband))
    return [
        (name, at / spectrum.rate)
        for name, at in found
        if at is not None and 0 < at < spectrum.rate / 2
    ]


def outline(at: float, radial: bool) -> tuple[np.ndarray, np.ndarray]:
    """The closed curve, x and y, where a low-pass filter cuts: a square, or a disc's rim."""
    if radial:
        angle = np.linspace(0, 2 * np.pi, 97)
        return at * np.cos(angle), at * np.sin(angle)
    return at * np.array([-1.0, 1, 1, -1, -1]), at * np.array([-1.0, -1, 1, 1, -1])


ACTIONS = (go_to(layout.SPECTRUM),)
