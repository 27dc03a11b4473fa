"""Every action there is, in the order in which menus, palette and the list of keys show them."""

from __future__ import annotations

from viz.panels import (
    edit_actions,
    equivariance,
    fields,
    file_actions,
    help_actions,
    latent,
    layers,
    library,
    network_actions,
    performance,
    playback,
    recording,
    resets,
    slit_scan,
    spectrum,
    timeline,
    training_actions,
    transform,
    view_actions,
)
from viz.panels.actions import Action
from viz.panels.context import PanelContext
from viz.panels.lab import actions as lab_actions
from viz.panels.presets import preset_actions
from viz.state import AppState

ACTIONS: tuple[Action, ...] = (
    *file_actions.ACTIONS,
    *edit_actions.ACTIONS,
    *latent.ACTIONS,
    *timeline.ACTIONS,
    *transform.ACTIONS,
    *resets.ACTIONS,
    *fields.ACTIONS,
    *playback.ACTIONS,
    *recording.ACTIONS,
    *slit_scan.ACTIONS,
    *training_actions.ACTIONS,
    *view_actions.ACTIONS,
    *layers.ACTIONS,
    *network_actions.ACTIONS,
    *library.ACTIONS,
    *spectrum.ACTIONS,
    *equivariance.ACTIONS,
    *lab_actions.ACTIONS,
    *performance.ACTIONS,
    *help_actions.ACTIONS,
)


def all_actions(state: AppState, ctx: PanelContext) -> list[Action]:
    """The fixed table, and what presets and the networks at hand add to it."""
    return [*ACTIONS, *preset_actions(ctx), *network_actions.network_actions(state, ctx)]
