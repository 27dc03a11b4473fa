"""Resetting parts of the state to their defaults."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from viz.panels.common.actions import Action
from viz.state.paths import drop_item

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState
    from viz.state.inputs import LatentState, StyleMixState, TransformState, TruncationState


def reset_transform(state: AppState, ctx: PanelContext) -> None:
    """Reset everything under Transform, for the networks whose inputs are set."""
    _to_defaults(state.edited_transform)


def reset_latent(state: AppState, ctx: PanelContext) -> None:
    """Reset everything under Latent, for the networks whose inputs are set."""
    _to_defaults(state.edited_latent)


def reset_truncation(state: AppState, ctx: PanelContext) -> None:
    """Reset everything under Truncation."""
    _to_defaults(state.truncation)


def reset_style_mix(state: AppState, ctx: PanelContext) -> None:
    """Reset everything under Style mixing."""
    _to_defaults(state.style_mix)


def reset_directions(state: AppState, ctx: PanelContext) -> None:
    """Remove all directions."""
    for index in reversed(range(len(state.directions))):
        drop_item(state, "directions", index)


def reset_vector(state: AppState, ctx: PanelContext) -> None:
    """Remove all offsets from ws."""
    state.w_edit.rows = []


def reset_layers(state: AppState, ctx: PanelContext) -> None:
    """Remove the changes to all layers of all networks."""
    for slot, network in enumerate(state.networks):
        for index in reversed(range(len(network.changes))):
            drop_item(state, f"networks.{slot}.changes", index)


def _to_defaults(part: LatentState | StyleMixState | TransformState | TruncationState) -> None:
    fresh = type(part)()
    for field in fields(part):
        setattr(part, field.name, getattr(fresh, field.name))


ACTIONS: tuple[Action, ...] = (
    Action(
        "Reset transform",
        "Remove shift, turn, shear and scaling, and stop their animations.",
        reset_transform,
        menu="Edit",
        starts_group=True,
    ),
    Action(
        "Reset latent", "Go back to seed 0, without drift or travel.", reset_latent, menu="Edit"
    ),
    Action("Reset style mixing", "Take no layer from a second seed.", reset_style_mix, menu="Edit"),
    Action("Reset directions", "Remove all directions.", reset_directions, menu="Edit"),
    Action("Reset vector", "Remove all offsets painted on w.", reset_vector, menu="Edit"),
    Action(
        "Reset layers",
        "Remove the changes to the style and noise of all layers.",
        reset_layers,
        menu="Edit",
    ),
    Action("Reset truncation", "Set psi to 1 on all layers.", reset_truncation, menu="Edit"),
)
