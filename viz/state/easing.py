"""Easing of a round: what goes round can slow down to rest where each round begins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viz.state.app_state import Easing


def easing_of(phase: float, easing: Easing) -> float:
    """Return the share of a round that is covered; `smooth` begins and ends at rest."""
    if easing == "steady":
        return phase
    return phase - math.sin(2 * math.pi * phase) / (2 * math.pi)
