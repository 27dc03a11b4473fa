"""All actions, in the order of the menus, the palette and the list of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.panels.common import controls, on_stage, playback
from viz.panels.equivariance import panel as equivariance
from viz.panels.inputs import latent, network_actions, resets, transform
from viz.panels.lab import actions as lab_actions
from viz.panels.layers import panel as layers
from viz.panels.recording import panel as recording
from viz.panels.recording import slit_scan, timeline
from viz.panels.spectrum import panel as spectrum
from viz.panels.stage import dragging, gallery, marks
from viz.panels.training import actions as training_actions
from viz.panels.window import (
    edit_menu,
    file_menu,
    finder,
    help_menu,
    performance,
    published_networks,
    view_menu,
    worker_files,
)
from viz.panels.window.presets import preset_actions

if TYPE_CHECKING:
    from viz.panels.common.actions import Action
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState

ACTIONS: tuple[Action, ...] = (
    *file_menu.ACTIONS,
    *worker_files.ACTIONS,
    *edit_menu.ACTIONS,
    *dragging.ACTIONS,
    *latent.ACTIONS,
    *gallery.ACTIONS,
    *marks.ACTIONS,
    *on_stage.ACTIONS,
    *timeline.ACTIONS,
    *transform.ACTIONS,
    *resets.ACTIONS,
    *controls.ACTIONS,
    *playback.ACTIONS,
    *recording.ACTIONS,
    *slit_scan.ACTIONS,
    *training_actions.ACTIONS,
    *view_menu.ACTIONS,
    *finder.ACTIONS,
    *layers.ACTIONS,
    *network_actions.ACTIONS,
    *published_networks.ACTIONS,
    *spectrum.ACTIONS,
    *equivariance.ACTIONS,
    *lab_actions.ACTIONS,
    *performance.ACTIONS,
    *help_menu.ACTIONS,
)


def all_actions(state: AppState, ctx: PanelContext) -> list[Action]:
    """Return the fixed actions and those for the presets and the loaded networks."""
    return [*ACTIONS, *preset_actions(ctx), *network_actions.network_actions(state, ctx)]
