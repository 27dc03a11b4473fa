"""Values that came with a file from elsewhere, made fit to be shown, sent and kept."""

from __future__ import annotations

import math
from typing import Any

MAX_LEVELS = 8
"""Depth of lists and objects within each other."""
MAX_TEXT = 1000
"""Characters of one text."""
_LARGEST_INT = 1 << 63


def readable(text: str) -> str:
    """A text without what would move a terminal's cursor or cannot be encoded, cut where long."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:MAX_TEXT])


def plain_figures(value: Any, levels: int = MAX_LEVELS) -> Any:
    """JSON of any kind with readable texts and finite numbers; None for other numbers.

    Args:
        value: As `json.loads` makes it.
        levels: Lists and objects may be within each other so often.

    Raises:
        ValueError: there are more levels.
    """
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, dict | list):
        if not levels:
            raise ValueError(f"more than {MAX_LEVELS} levels of figures")
        if isinstance(value, list):
            return [plain_figures(item, levels - 1) for item in value]
        return {readable(name): plain_figures(item, levels - 1) for name, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) >= _LARGEST_INT:
        return None
    return value
