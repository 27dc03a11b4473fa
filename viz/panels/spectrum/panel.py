"""The Spectrum tab: the power spectrum, aliasing step by step, and a layer's filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common import layout
from viz.panels.common.actions import Action, Run, go_to
from viz.panels.common.controls import choose
from viz.panels.layers.panel import choose_slot
from viz.panels.spectrum.aliasing_meter import AliasingPage
from viz.panels.spectrum.filters import FiltersPage
from viz.panels.spectrum.power import SpectrumPage

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState
    from viz.state.instruments import SpectrumPage as PageName
    from viz.state.instruments import SpectrumState

PAGES: tuple[tuple[PageName, str], ...] = (
    ("spectrum", "Spectrum"),
    ("aliasing", "Aliasing"),
    ("filters", "Filters"),
)


class SpectrumPanel:
    """Power spectra, aliasing and filters."""

    title = "Spectrum"

    def __init__(self) -> None:
        self.spectrum = SpectrumPage()
        self.aliasing = AliasingPage()
        self.filters = FiltersPage()

    def draw(self, state: SpectrumState, ctx: PanelContext) -> None:
        """Draw the chosen page."""
        choose_slot(ctx.state.layers, ctx)
        choose(
            ctx,
            state,
            "page",
            "Show",
            PAGES,
            "Power spectrum of picture or layer; energy above the band limit after every step of"
            " every layer; the low-pass filters of the chosen layer.",
        )
        imgui.spacing()
        match state.page:
            case "spectrum":
                self.spectrum.draw(state, ctx)
            case "aliasing":
                self.aliasing.draw(state, ctx)
            case "filters":
                self.filters.draw(ctx)

    def free(self) -> None:
        """Free the textures."""
        self.spectrum.free()
        self.filters.free()


def _turn_to(page: PageName) -> Run:
    def run(state: AppState, _ctx: PanelContext) -> None:
        state.spectrum.page = page
        imgui.set_window_focus(layout.SPECTRUM)

    return run


def _freeze(_state: AppState, ctx: PanelContext) -> None:
    ctx.commands.window.freeze_spectra()


ACTIONS = (
    go_to(layout.SPECTRUM),
    Action(
        "Power spectrum",
        "Show the power spectrum of the pictures, or of the chosen layer.",
        _turn_to("spectrum"),
    ),
    Action(
        "Aliasing meter",
        "Energy above the band limit after every step of every layer: where high frequencies are"
        " made, and where they are removed.",
        _turn_to("aliasing"),
    ),
    Action(
        "Filters of the layer",
        "Show taps and frequency response of the chosen layer's low-pass filters.",
        _turn_to("filters"),
    ),
    Action(
        "Freeze spectra",
        "Keep the spectra as they are now, and compare new ones with them.",
        _freeze,
    ),
)
