"""Actions of the signal lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common import layout
from viz.panels.common.actions import Action, Run, go_to
from viz.panels.lab.texts import OPERATIONS
from viz.state.lab import LabState

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.lab import OperationKind
    from viz.state.app_state import AppState


def _look_at(kind: OperationKind) -> Run:
    def run(state: AppState, _ctx: PanelContext) -> None:
        state.lab.operation = kind
        imgui.set_window_focus(layout.LAB)

    return run


def _reset(state: AppState, _ctx: PanelContext) -> None:
    state.lab = LabState()


ACTIONS: tuple[Action, ...] = (
    go_to(layout.LAB),
    *(
        Action(f"Signal lab: {kind}", explained.words, _look_at(kind))
        for kind, explained in OPERATIONS.items()
    ),
    Action("Reset signal lab", "Reset its signal, operation and transform.", _reset, menu="Edit"),
)
