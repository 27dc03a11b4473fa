"""The first entries of the Edit menu; panels add those that change their part of the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common.actions import Action, Chord, no_picture_reason

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState

K = imgui.Key


def _no_network(state: AppState, _ctx: PanelContext) -> str:
    return "" if state.networks else "No network is open."


def _nothing_to_undo(_state: AppState, ctx: PanelContext) -> str:
    return "" if ctx.model.history.can_undo else "Nothing to undo."


def _nothing_to_redo(_state: AppState, ctx: PanelContext) -> str:
    return "" if ctx.model.history.can_redo else "Nothing to redo."


ACTIONS: tuple[Action, ...] = (
    Action(
        "Copy pictures",
        "Copy the pictures on the stage, side by side, to the clipboard.",
        lambda _s, ctx: ctx.commands.export.copy_pictures(),
        menu="Edit",
        keys=(Chord(K.c, "C", ctrl=True),),
        disabled_reason=no_picture_reason,
    ),
    Action(
        "Copy as command line",
        "Copy the command that draws these pictures; while something moves, the one that films it.",
        lambda _s, ctx: ctx.commands.export.copy_command(),
        menu="Edit",
        disabled_reason=_no_network,
    ),
    Action(
        "Undo",
        "Undo the last change.",
        lambda _s, ctx: ctx.commands.window.undo(),
        menu="Edit",
        keys=(Chord(K.z, "Z", ctrl=True, repeats=True),),
        disabled_reason=_nothing_to_undo,
    ),
    Action(
        "Redo",
        "Redo the change that was undone last.",
        lambda _s, ctx: ctx.commands.window.redo(),
        menu="Edit",
        keys=(
            Chord(K.y, "Y", ctrl=True, repeats=True),
            Chord(K.z, "Z", ctrl=True, shift=True, repeats=True),
        ),
        disabled_reason=_nothing_to_redo,
    ),
)
