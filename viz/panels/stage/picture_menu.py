"""What a right click on a picture offers: actions that are about it, by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common.actions import draw_entry
from viz.protocol.names import LETTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.panels.common.actions import Action
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState

MENU_NAME = "picture menu"
MENU = (
    ("Copy picture {0}", "Save picture {0}", "Record", "Keep as favourite",
     "Store place as keyframe"),
    ("Only network {0}", "All networks", "Atlas", "Difference", "Freeze and compare"),
    ("Layers of {0}", "Spectrum of {0}", "Equivariance of {0}",
     "Draw the line of the slit scan", "Drag points"),
    ("Magnifier", "Pixels as squares", "Untransform", "Fit pictures", "Back to the origin",
     "Reset transform"),
    ("Lock {0}, ", "Unlock {0}, ", "Close {0}, "),
)  # fmt: skip
"""Names of the actions, in groups; of those that end in a comma, the beginning. `{0}` stands for
the network's letter."""


def offered(slot: int, actions: Sequence[Action], state: AppState) -> list[list[Action]]:
    """Return what can be done with the picture of a slot, in groups, without what makes no sense.

    Args:
        slot: Slot of the network.
        actions: All actions.
        state: The whole state.
    """
    names = {action.name: action for action in actions}
    alone, in_atlas = len(state.networks) == 1, state.view.show == "atlas"
    left_out = {"Back to the origin"} if not in_atlas else {"Fit pictures", "Magnifier"}
    focused = alone or state.view.focus == slot
    left_out |= {"Only network {0}"} if focused else {"All networks"}
    left_out |= {"All networks"} if alone else set()
    return [
        [
            action
            for pattern in group
            if pattern not in left_out
            for name, action in names.items()
            if _fits(name, pattern.format(LETTERS[slot]))
        ]
        for group in MENU
    ]


def _fits(name: str, pattern: str) -> bool:
    return name.startswith(pattern) if pattern.endswith(", ") else name == pattern


def draw_picture_menu(
    slot: int, actions: Sequence[Action], state: AppState, ctx: PanelContext
) -> Action | None:
    """Draw the menu of the last drawn picture while it is open; return what was chosen."""
    if not imgui.begin_popup_context_item(MENU_NAME):
        return None
    with ctx.host.fonts.heading():
        ctx.ui.text(LETTERS[slot], ctx.colour(slot))
        imgui.same_line(0, ctx.host.px(8))
        ctx.ui.text(ctx.model.label(slot))
    chosen = None
    for group in filter(None, offered(slot, actions, state)):
        imgui.separator()
        for action in group:
            if draw_entry(action, state, ctx):
                chosen = action
    imgui.end_popup()
    return chosen
