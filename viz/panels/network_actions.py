"""Looking at one network or all; adding and closing them."""

from __future__ import annotations

from collections.abc import Callable

from imgui_bundle import imgui

from viz import bundled
from viz.inputs import MAX_NETWORKS
from viz.panels.actions import Action, Chord, Run
from viz.panels.context import LETTERS, PanelContext
from viz.state import AppState

K = imgui.Key
DIGITS = (K._1, K._2, K._3, K._4)


def _no_room(state: AppState, _ctx: PanelContext) -> str:
    full = len(state.networks) >= MAX_NETWORKS
    return f"{MAX_NETWORKS} networks at most; close one first." if full else ""


def _focus(slot: int) -> Run:
    def run(state: AppState, _ctx: PanelContext) -> None:
        state.view.focus = slot

    return run


def _missing(slot: int) -> Callable[[AppState, PanelContext], str]:
    def why(state: AppState, _ctx: PanelContext) -> str:
        return "" if slot < len(state.networks) else f"There is no network {LETTERS[slot]}."

    return why


def network_actions(state: AppState, ctx: PanelContext) -> list[Action]:
    """One action for every network that could be added, and for every one that could be closed."""

    def add(source: str) -> Run:
        return lambda _state, given: given.commands.open_network(source, None)

    def close(slot: int) -> Run:
        return lambda _state, given: given.commands.close_network(slot)

    adding = [
        Action(
            f"Add {bundled.label(source)}", f"Show {source}.", add(source), hidden_because=_no_room
        )
        for source in bundled.sources()
    ]
    closing = [
        Action(f"Close {LETTERS[slot]}, {ctx.label(slot)}", "Take it off the stage.", close(slot))
        for slot in range(len(state.networks))
        if len(state.networks) > 1
    ]
    return adding + closing


ACTIONS: tuple[Action, ...] = (
    *(
        Action(
            f"Only network {LETTERS[slot]}",
            f"Network {LETTERS[slot]} alone on the stage.",
            _focus(slot),
            keys=(Chord(key, f"{slot + 1}"),),
            hidden_because=_missing(slot),
        )
        for slot, key in enumerate(DIGITS)
    ),
    Action(
        "All networks",
        "Every network on the stage.",
        lambda state, _ctx: setattr(state.view, "focus", -1),
        keys=(Chord(K._0, "0"),),
    ),
)
