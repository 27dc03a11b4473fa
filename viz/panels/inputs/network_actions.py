"""Actions that add, close, lock and unlock networks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common import layout
from viz.panels.common.actions import Action, Chord, Run, no_picture_reason
from viz.protocol.names import LETTERS
from viz.state.inputs import MAX_NETWORKS, Inputs
from viz.storage import bundled

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState

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


def unlock(state: AppState, slot: int) -> None:
    """Give a network its own latent and transform, and let the panels set them."""
    state.networks[slot].own = Inputs(replace(state.latent), replace(state.transform))
    state.view.target = slot


def lock(state: AppState, slot: int) -> None:
    """Let a network share the latent and the transform of the others again."""
    state.networks[slot].own = None
    state.view.target = -1


def network_actions(state: AppState, ctx: PanelContext) -> list[Action]:
    """Make an action for every network that can be added, reopened, closed, unlocked or locked."""

    def add(source: str) -> Run:
        return lambda _state, given: given.commands.networks.open(source, None)

    def close(slot: int) -> Run:
        return lambda _state, given: given.commands.networks.close(slot)

    def open_again(source: str) -> Run:
        return lambda _state, given: given.commands.files.open_recent(source)

    def turn_key(slot: int) -> Run:
        turn = lock if state.networks[slot].own else unlock
        return lambda given, _ctx: turn(given, slot)

    adding = [
        Action(
            f"Add {bundled.label(source)}", f"Show {source}.", add(source), disabled_reason=_no_room
        )
        for source in bundled.sources()
    ]
    opening = [
        Action(f"Open recent {label}", f"{source}.", open_again(source))
        for label, source in {bundled.label(one): one for one in ctx.model.recent}.items()
    ]
    about = [
        action
        for slot in range(len(state.networks))
        for action in _about_the_picture(slot, LETTERS[slot])
    ]
    locking = [
        Action(
            f"{'Lock' if network.own else 'Unlock'} {LETTERS[slot]}, {ctx.model.label(slot)}",
            "Share latent and transform with the other networks, or use its own.",
            turn_key(slot),
        )
        for slot, network in enumerate(state.networks)
    ]
    closing = [
        Action(
            f"Close {LETTERS[slot]}, {ctx.model.label(slot)}",
            f"Remove network {LETTERS[slot]} from the stage.",
            close(slot),
        )
        for slot in range(len(state.networks))
        if len(state.networks) > 1
    ]
    return adding + opening + about + locking + closing


def _about_the_picture(slot: int, letter: str) -> tuple[Action, ...]:
    """Make the actions about the picture of one network."""

    def copy(_state: AppState, ctx: PanelContext) -> None:
        ctx.commands.export.copy_pictures(slot)

    def save(_state: AppState, ctx: PanelContext) -> None:
        ctx.commands.export.still(slot)

    def look_into(panel: str) -> Run:
        def run(state: AppState, _ctx: PanelContext) -> None:
            state.layers.slot = slot
            imgui.set_window_focus(panel)

        return run

    looking = (
        Action(f"{panel} of {letter}", f"Look into network {letter}: {panel}.", look_into(panel))
        for panel in (layout.LAYERS, layout.SPECTRUM, layout.EQUIVARIANCE)
    )
    return (
        Action(
            f"Copy picture {letter}",
            f"Put the picture of network {letter} on the clipboard.",
            copy,
            disabled_reason=no_picture_reason,
        ),
        Action(
            f"Save picture {letter}",
            f"Save the picture of network {letter}, with the session, to a PNG under out/.",
            save,
            disabled_reason=no_picture_reason,
        ),
        *looking,
    )


ACTIONS: tuple[Action, ...] = (
    *(
        Action(
            f"Only network {LETTERS[slot]}",
            f"Show only network {LETTERS[slot]}.",
            _focus(slot),
            keys=(Chord(key, f"{slot + 1}"),),
            disabled_reason=_missing(slot),
        )
        for slot, key in enumerate(DIGITS)
    ),
    Action(
        "All networks",
        "Show all networks.",
        lambda state, _ctx: setattr(state.view, "focus", -1),
        keys=(Chord(K._0, "0"),),
    ),
)
