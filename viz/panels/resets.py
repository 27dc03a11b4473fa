"""Parts of the state back to their defaults."""

from __future__ import annotations

from dataclasses import fields

from viz.panels.actions import Action
from viz.panels.context import PanelContext
from viz.state import AppState, LatentState, StyleMixState, TransformState, TruncationState


def reset_transform(state: AppState, ctx: PanelContext) -> None:
    """Everything under Transform to its default, of those whose inputs are set."""
    _to_defaults(state.edited_transform)


def reset_latent(state: AppState, ctx: PanelContext) -> None:
    """Everything under Latent to its default, of those whose inputs are set."""
    _to_defaults(state.edited_latent)


def reset_truncation(state: AppState, ctx: PanelContext) -> None:
    """Everything under Truncation to its default."""
    _to_defaults(state.truncation)


def reset_style_mix(state: AppState, ctx: PanelContext) -> None:
    """Everything under Style mixing to its default."""
    _to_defaults(state.style_mix)


def _to_defaults(part: LatentState | StyleMixState | TransformState | TruncationState) -> None:
    fresh = type(part)()
    for field in fields(part):
        setattr(part, field.name, getattr(fresh, field.name))


ACTIONS: tuple[Action, ...] = (
    Action(
        "Reset transform",
        "No shift, turn, shear or scaling, and nothing moving.",
        reset_transform,
        menu="Edit",
        starts_group=True,
    ),
    Action("Reset latent", "Back to seed 0, without drift or travel.", reset_latent, menu="Edit"),
    Action("Reset style mixing", "No layer from a second seed.", reset_style_mix, menu="Edit"),
    Action("Reset truncation", "psi 1 on all layers.", reset_truncation, menu="Edit"),
)
