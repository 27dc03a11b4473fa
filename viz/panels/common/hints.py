"""Hints under the pictures: one at a time says what to try next, until it has been done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from viz.storage import bundled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from viz.panels.common.context import PanelContext
    from viz.state.app_state import ViewState

Deed = Literal["drag", "turn", "slit scan", "figures"]

HINTS: tuple[tuple[Deed, str], ...] = (
    ("drag", "Drag a picture. Watch the ridges."),
    ("turn", "Hold Shift and drag: the picture turns."),
    (
        "slit scan",
        "Press S for the slit scan: texture that sticks to the screen draws straight streaks.",
    ),
    ("figures", "Press E to see equivariance in numbers and curves. F1 lists all keys."),
)


NOTES = {
    "stylegan2": "Texture sticks to the screen.",
    "stylegan3-t": "Texture moves with the land.",
    "stylegan3-r": "Texture moves with the land.",
}
"""What to see in the pictures of the bundled networks, by their kind."""


def notes(slots: Iterable[int], ctx: PanelContext) -> dict[int, str]:
    """Say what to see in the pictures of bundled networks, by slot, until all hints are followed.

    A network that has not been read has an empty note: its line is kept for it.
    """
    if not current(ctx.state.view):
        return {}
    summaries = {
        slot: ctx.model.summary_of(slot)
        for slot in slots
        if ctx.state.networks[slot].source.startswith(bundled.PREFIX)
    }
    return {slot: NOTES.get(one.kind, "") if one else "" for slot, one in summaries.items()}


def current(view: ViewState) -> str:
    """Return the hint to show; empty once all have been followed."""
    return HINTS[view.hint][1] if view.hint < len(HINTS) else ""


def done(view: ViewState, deed: Deed) -> None:
    """Go on to the next hint if this is what the current one suggested."""
    if view.hint < len(HINTS) and HINTS[view.hint][0] == deed:
        view.hint += 1
