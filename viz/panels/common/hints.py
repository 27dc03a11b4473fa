"""Hints under the pictures: one at a time says what to try next, until it has been done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
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


def current(view: ViewState) -> str:
    """Return the hint to show; empty once all have been followed."""
    return HINTS[view.hint][1] if view.hint < len(HINTS) else ""


def done(view: ViewState, deed: Deed) -> None:
    """Go on to the next hint if this is what the current one suggested."""
    if view.hint < len(HINTS) and HINTS[view.hint][0] == deed:
        view.hint += 1
