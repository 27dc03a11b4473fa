"""The Power page: the power spectrum of a picture or layer, compared, averaged, saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.labels import number_text
from viz.panels.common.controls import choose, slide
from viz.panels.spectrum.power_map import SWITCHES, SpectrumMap
from viz.panels.spectrum.radial_curves import Curve, draw_curves
from viz.panels.spectrum.sources import SourceControls
from viz.protocol.names import LETTERS
from viz.protocol.spectra import edges

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.request import StepName
    from viz.protocol.result import LayerRow, Spectrum
    from viz.state.instruments import SpectrumState

PADDINGS = ((1, "1×"), (2, "2×"), (4, "4×"), (8, "8×"))
STEPS: dict[StepName, str] = {
    "input": "Waves",
    "conv": "Conv",
    "upsample": "Up",
    "nonlinearity": "ReLU",
    "downsample": "Filter",
}
TIPS = {
    "cutoff": "Cutoff of the layer's low-pass filter: up to here the signal is kept.",
    "stopband": "Stopband: from here on the filter keeps everything down.",
    "nyquist": "Half the layer's sampling rate: its samples hold nothing above.",
    "inner": "Half the temporary sampling rate inside the layer's nonlinearity. The axes then"
    " reach as far.",
}
NAMES = {"cutoff": "f_c", "stopband": "f_t", "nyquist": "s/2", "inner": "inside"}


class SpectrumPage:
    """The power spectrum of the chosen signal, and its comparison."""

    def __init__(self) -> None:
        self.map = SpectrumMap()
        self._sources = SourceControls()

    def free(self) -> None:
        """Free the texture."""
        self.map.free()

    def draw(self, state: SpectrumState, ctx: PanelContext) -> None:
        """Draw the page."""
        row = _chosen_row(ctx)
        self._draw_choice(state, row, ctx)
        spectra = ctx.model.spectra.shown()
        slot = ctx.model.layer_slot
        spectrum = spectra.get(slot)
        if spectrum is None:
            self._sources.explain_missing(state, ctx)
        else:
            other, name = ctx.model.spectra.other()
            self.map.draw(spectrum, other, state, ctx)
            _draw_switches(spectrum, state, ctx)
            _draw_outside(spectra, ctx)
            curves = [
                Curve(LETTERS[index], ctx.colour(index), one) for index, one in spectra.items()
            ]
            if other is not None and state.against != "network":
                colour = ctx.colour(slot) if state.against == "frozen" else ctx.host.palette.dim
                curves.append(Curve(name, colour, other, fainter=True))
            draw_curves(curves, spectrum, state, ctx)
        self._sources.draw(state, ctx)
        if ctx.ui.section("Window", unfolded_at_first=False):
            _draw_window(state, ctx)

    @staticmethod
    def _draw_choice(state: SpectrumState, row: LayerRow | None, ctx: PanelContext) -> None:
        layer = ctx.state.layers.layer
        choose(
            ctx,
            state,
            "of",
            "Signal",
            (("image", "Picture"), ("layer", f"Layer {layer.split('_')[0]}".strip())),
            "The picture's spectrum, or that of the layer chosen under Layers ([ and ]). For the"
            " other networks, the most similar layer is taken.",
        )
        if state.of == "layer" and row is not None:
            _draw_layer_choice(state, row, ctx)
        choose(
            ctx,
            state,
            "taken",
            "Source",
            (("now", "Live"), ("average", "Average")),
            "The spectrum of what is drawn now, or averaged over many latents (see Average below).",
        )


def _chosen_row(ctx: PanelContext) -> LayerRow | None:
    summary = ctx.model.summary_of(ctx.model.layer_slot)
    rows = summary.layers if summary is not None else ()
    return next((row for row in rows if row.name == ctx.state.layers.layer), None)


def _draw_layer_choice(state: SpectrumState, row: LayerRow, ctx: PanelContext) -> None:
    layers = ctx.state.layers
    first = min(layers.first_channel, row.channels - 1)
    last = min(first + layers.channel_count, row.channels) - 1
    shown = f"{first}–{last}" if last > first else f"{first}"
    choose(
        ctx,
        state,
        "shown_channels",
        "Channels",
        ((False, f"All {row.channels}"), (True, shown)),
        "Averaged over all channels of the layer (at most 64, evenly taken), or over those that"
        " the Layers panel shows.",
    )
    options: list[tuple[StepName | None, str]] = [(None, "Output")]
    options += [(step, STEPS[step]) for step in row.steps if len(row.steps) > 1]
    if state.step is not None and state.step not in row.steps:
        state.step = None
    choose(
        ctx,
        state,
        "step",
        "Step",
        options,
        "The layer's output; or the signal inside it after convolution, upsampling, nonlinearity"
        " or low-pass filter, before samples are dropped.",
    )


def _draw_switches(spectrum: Spectrum, state: SpectrumState, ctx: PanelContext) -> None:
    """Draw one button for each frequency that can be marked, with its value."""
    known = dict(edges(spectrum))
    gap = ctx.host.px(2)
    width = (imgui.get_content_region_avail().x - 3 * gap) / 4
    for index, (name, field) in enumerate(SWITCHES.items()):
        if index:
            imgui.same_line(0, gap)
        at = known.get(name)
        text = f"{NAMES[name]} {number_text(at, 1)}"
        missing = "" if at is not None else _why_missing(name, spectrum)
        with ctx.ui.disabled(missing):
            if ctx.ui.chip(f"{text}##{name}", at is not None and getattr(state, field), width):
                setattr(state, field, not getattr(state, field))
        if at is not None:
            ctx.ui.tip(f"{TIPS[name]}\n\n{at:.2f} cycles/picture. Click to draw its line.")


def _why_missing(name: str, spectrum: Spectrum) -> str:
    if not spectrum.layer:
        return "Only layers have this; choose Layer as the signal."
    if name == "stopband":
        return "StyleGAN2's filters have no stopband."
    return "This layer has no nonlinearity."


def _draw_outside(spectra: dict[int, Spectrum], ctx: PanelContext) -> None:
    """Draw the energy outside the pass band of every network."""
    ctx.ui.label("Outside f_c")
    for slot, spectrum in spectra.items():
        ctx.ui.text(LETTERS[slot], ctx.colour(slot))
        imgui.same_line(0, ctx.host.px(4))
        with ctx.host.fonts.mono():
            imgui.text_unformatted(number_text(spectrum.outside_db, 1, 6))
        shape = "disc" if spectrum.radial else "square"
        of = f"layer {spectrum.layer}" if spectrum.layer else "the picture"
        reason = (
            f"Energy outside the pass band of {of}, a {shape}, over all of it but the mean."
            if spectrum.outside_db is not None
            else f"The pass band of {of} holds every frequency its samples have."
        )
        ctx.ui.tip(reason)
        imgui.same_line(0, ctx.host.px(10))
    ctx.ui.text("dB", ctx.host.palette.dim)


def _draw_window(state: SpectrumState, ctx: PanelContext) -> None:
    """Draw the settings of the window function."""
    slide(
        ctx,
        state,
        "beta",
        "Kaiser β",
        "Shape of the Kaiser window: more hides the picture's borders and blurs the spectrum.",
        decimals=1,
    )
    choose(
        ctx,
        state,
        "pad",
        "Padding",
        PADDINGS,
        "Pad the picture with zeros, so that the spectrum is sampled more finely.",
    )
