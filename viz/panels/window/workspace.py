"""The content of the window: bars, dockspace and panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common import layout
from viz.panels.common.actions import press_keys
from viz.panels.common.docking import Docking
from viz.panels.common.on_stage import draw_instrument
from viz.panels.equivariance.panel import EquivariancePanel
from viz.panels.inputs.conditions import draw_conditions
from viz.panels.inputs.directions import DirectionsPanel
from viz.panels.inputs.favourites import FavouritesPanel
from viz.panels.inputs.latent import LatentPanel
from viz.panels.inputs.networks import NetworkPanel, choose_target
from viz.panels.inputs.resets import (
    reset_directions,
    reset_latent,
    reset_style_mix,
    reset_transform,
    reset_truncation,
    reset_vector,
)
from viz.panels.inputs.style_mixing import StyleMixPanel
from viz.panels.inputs.transform import TransformPanel
from viz.panels.inputs.truncation import TruncationPanel
from viz.panels.inputs.w_editor import VectorPanel
from viz.panels.lab.panel import LabPanel
from viz.panels.layers.panel import LayersPanel
from viz.panels.recording.panel import RecordingPanel
from viz.panels.recording.slit_scan import SlitScanPanel
from viz.panels.recording.timeline import TimelinePanel
from viz.panels.spectrum.panel import SpectrumPanel
from viz.panels.stage.panel import StagePanel
from viz.panels.training.new_run import TrainingForm
from viz.panels.training.panel import TrainingPanel
from viz.panels.window import key_overlay, menu_and_status
from viz.panels.window.about import draw_about
from viz.panels.window.all_actions import all_actions
from viz.panels.window.command_palette import CommandPalette
from viz.panels.window.file_dialogs import FileDialogs
from viz.panels.window.finder import FinderWindow
from viz.panels.window.performance import PerformancePanel
from viz.panels.window.presets import PresetNaming
from viz.panels.window.published_networks import LibraryWindow
from viz.panels.window.tour import Tour
from viz.panels.window.trust_question import draw_trust_question
from viz.panels.window.worker_files import WorkerFilesWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gui_utils.widgets import Widgets
    from viz.model.window_model import WindowModel
    from viz.model.windows import Windows
    from viz.panels.common.actions import Action
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState
    from viz.storage.layouts import LayoutShelf

FOLDED = (StyleMixPanel.title, VectorPanel.title)
"""Input panels that are folded at first."""


class Workspace:
    """The whole window, drawn once a frame.

    Args:
        model: The model of the window.
        ui: The widgets to draw with.
        layouts: Layouts of earlier runs.
    """

    def __init__(self, model: WindowModel, ui: Widgets, layouts: LayoutShelf) -> None:
        self.docking = Docking(layouts)
        self.networks = NetworkPanel()
        self.latent = LatentPanel()
        self.favourites = FavouritesPanel()
        self.truncation = TruncationPanel()
        self.transform = TransformPanel()
        self.style_mix = StyleMixPanel()
        self.directions = DirectionsPanel()
        self.vector = VectorPanel()
        self.timeline = TimelinePanel()
        self.slit_scan = SlitScanPanel()
        self.recording = RecordingPanel()
        self.training = TrainingPanel()
        self.training_form = TrainingForm()
        self.stage = StagePanel(model.tiles)
        self.layers = LayersPanel()
        self.spectrum = SpectrumPanel()
        self.equivariance = EquivariancePanel()
        self.lab = LabPanel()
        self.performance = PerformancePanel()
        self.palette = CommandPalette()
        self.library = LibraryWindow()
        self.preset_naming = PresetNaming()
        self.worker_files = WorkerFilesWindow()
        self.dialogs = FileDialogs(ui)
        self.tour = Tour()
        self.finder = FinderWindow()
        self._about_was_open = False
        self.is_touched = False
        """True if a mouse button or the wheel was used on pictures or panels in the last frame."""

    def free(self) -> None:
        """Free the textures."""
        for panel in (
            self.stage,
            self.layers,
            self.spectrum,
            self.equivariance,
            self.slit_scan,
            self.training,
            self.training_form,
            self.lab,
            self.vector,
            self.finder,
        ):
            panel.free()

    def draw(self, ctx: PanelContext) -> None:
        """Draw everything, and apply the user's changes to the state."""
        state, guard = ctx.state, ctx.host.guard
        windows = ctx.model.windows
        self.is_touched = _touches_inside()
        ctx.landmarks.clear()
        actions = all_actions(state, ctx)
        if ctx.host.focus.found_nothing:  # as on the stage, which has no controls
            ctx.host.focus.go_to(layout.INPUTS)
        with guard("Keys"):
            self.tour.press_keys(actions, state, ctx)
            press_keys(actions, state, ctx)
        with guard("Menu"):
            menu_and_status.draw_menu_bar(state, ctx, self.networks, actions)
        self._open_what_is_asked_for(windows, ctx)  # at once: what is typed next is meant for it
        with guard("Status"):
            menu_and_status.draw_status_bar(ctx)
        self.docking.draw(ctx)
        windows.visible = set()
        ctx.model.thumbnails.look_away()
        self._window(layout.INPUTS, ctx, lambda: self._draw_inputs(ctx))
        self._window(layout.STAGE, ctx, lambda: self._draw_stage(state, ctx, actions), still=True)
        self._window(layout.LAYERS, ctx, lambda: self.layers.draw(state.layers, ctx))
        self._window(layout.SPECTRUM, ctx, lambda: self.spectrum.draw(state.spectrum, ctx))
        self._window(
            layout.EQUIVARIANCE, ctx, lambda: self.equivariance.draw(state.equivariance, ctx)
        )
        self._window(layout.LAB, ctx, lambda: self.lab.draw(state.lab, ctx))
        self._window(layout.TIMELINE, ctx, lambda: self.timeline.draw(state.timeline, ctx))
        self._window(layout.SLIT_SCAN, ctx, lambda: self.slit_scan.draw(state.slit_scan, ctx))
        self._window(layout.RECORDING, ctx, lambda: self.recording.draw(state.recording, ctx))
        self._window(layout.TRAINING, ctx, lambda: self.training.draw(state.training, ctx))
        self._window(
            layout.PERFORMANCE,
            ctx,
            lambda: self.performance.draw(state.performance, ctx),
        )
        if layout.TRAINING in windows.visible or self.training_form.is_open:
            ctx.model.trainings.look(state.training, [network.source for network in state.networks])
        else:
            ctx.model.trainings.look_away()
        if windows.keys_shown:
            with guard("Keys and gestures"):
                windows.keys_shown = key_overlay.draw_overlay(actions, ctx)
        if windows.about:
            with guard("About"):
                windows.about = draw_about(ctx, to_front=not self._about_was_open)
        self._about_was_open = windows.about
        with guard("Tour"):
            self.tour.draw(state, ctx)
        with guard("Preset"):
            self.preset_naming.draw(ctx)
        with guard("Published networks"):
            self.library.draw(ctx)
        with guard("Files on the worker's machine"):
            self.worker_files.draw(ctx)
        with guard("New training"):
            self.training_form.draw(state.training, ctx)
        with guard("Command palette"):
            self.palette.draw(actions, state, ctx)
        with guard("File picker"):
            self.dialogs.draw(ctx)
            draw_trust_question(ctx)
        with guard("Your own picture"):
            self.finder.draw(state, ctx)

    def _open_what_is_asked_for(self, windows: Windows, ctx: PanelContext) -> None:
        if windows.palette:
            self.palette.open()
        if windows.training_form:
            self.training_form.open()
        if windows.preset_name:
            self.preset_naming.open()
        if windows.library:
            self.library.open(windows.library_slot)
        if windows.worker_files:
            self.worker_files.open()
        if windows.tour:
            self.tour.begin(ctx.state, ctx)
        windows.palette = windows.training_form = windows.preset_name = windows.library = False
        windows.tour = windows.worker_files = False

    def _window(
        self, title: str, ctx: PanelContext, draw: Callable[[], None], *, still: bool = False
    ) -> None:
        """Draw a docked window that confines its errors; with `still` it does not scroll."""
        flags = imgui.WindowFlags_.no_collapse | imgui.WindowFlags_.no_focus_on_appearing
        if still:
            flags |= imgui.WindowFlags_.no_scrollbar | imgui.WindowFlags_.no_scroll_with_mouse
            imgui.push_style_var(imgui.StyleVar_.window_padding, (0, 0))
            imgui.push_style_color(
                imgui.Col_.window_bg, imgui.get_style_color_vec4(imgui.Col_.docking_empty_bg)
            )
        shown, _open = imgui.begin(title, None, flags)
        node = imgui.internal.get_current_window().dock_node
        if node is None or not node.is_no_tab_bar():
            ctx.ui.tip(layout.TIPS.get(title, ""))  # the last drawn item is the window's tab
            ctx.mark(title)
        if still:
            imgui.pop_style_color()
            imgui.pop_style_var()
        if shown:
            ctx.model.windows.visible.add(title)
            with ctx.host.guard(title):
                draw()
        imgui.end()

    def _draw_stage(self, state: AppState, ctx: PanelContext, actions: Sequence[Action]) -> None:
        """Draw the pictures, or the instrument in their place."""
        match state.view.show:
            case "lab":
                draw_instrument(self.lab.draw_on_stage, state, ctx)
            case "equivariance" if state.networks:
                draw_instrument(self.equivariance.draw_on_stage, state, ctx)
            case _:
                self.stage.draw(state, ctx, actions)
                return
        self.stage.forget_places()

    def _draw_latent(self, state: AppState, ctx: PanelContext) -> None:
        choose_target(ctx)
        self.latent.draw(state.edited_latent, ctx)
        draw_conditions(state.edited_latent, ctx)

    def _draw_transform(self, state: AppState, ctx: PanelContext) -> None:
        choose_target(ctx)
        self.transform.draw(state.edited_transform, ctx)

    def _draw_inputs(self, ctx: PanelContext) -> None:
        state = ctx.state
        parts: tuple[tuple[str, Callable[[], None], Callable[[], None] | None], ...] = (
            (self.networks.title, lambda: self.networks.draw(state.networks, ctx), None),
            (
                self.latent.title,
                lambda: self._draw_latent(state, ctx),
                lambda: reset_latent(state, ctx),
            ),
            (self.favourites.title, lambda: self.favourites.draw(state, ctx), None),
            (
                self.truncation.title,
                lambda: self.truncation.draw(state.truncation, ctx),
                lambda: reset_truncation(state, ctx),
            ),
            (
                self.transform.title,
                lambda: self._draw_transform(state, ctx),
                lambda: reset_transform(state, ctx),
            ),
            (
                self.style_mix.title,
                lambda: self.style_mix.draw(state.style_mix, ctx),
                lambda: reset_style_mix(state, ctx),
            ),
            (
                self.directions.title,
                lambda: self.directions.draw(state.directions, ctx),
                lambda: reset_directions(state, ctx),
            ),
            (
                self.vector.title,
                lambda: self.vector.draw(state.w_edit, ctx),
                lambda: reset_vector(state, ctx),
            ),
        )
        filled = {
            self.favourites.title: bool(state.favourites),
            self.directions.title: bool(state.directions),
        }
        for title, draw, reset in parts:
            imgui.push_id(title)
            unfolded = filled.get(title, title not in FOLDED)
            if ctx.ui.section(title, on_reset=reset, unfolded_at_first=unfolded):
                ctx.model.windows.visible.add(title)
                with ctx.host.guard(title):
                    draw()
            imgui.pop_id()


def _touches_inside() -> bool:
    """Return True if a mouse button or the wheel is used between menu bar and status bar."""
    io, inside = imgui.get_io(), imgui.get_main_viewport()
    used = bool(io.mouse_wheel) or any(map(imgui.is_mouse_clicked, range(3)))
    return used and 0 <= io.mouse_pos.y - inside.work_pos.y < inside.work_size.y
