"""Offsets on w by layer and component: set, found, copied; plain lists without zeros at the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from viz.state.inputs import MAX_COMPONENTS, WEditState, WRowState
from viz.state.ranges import limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from viz.protocol.request import WBasis


def offset_of(edit: WEditState, layer: int, component: int) -> float:
    """Return the offset of one component of one layer, in the basis shown."""
    row = _row(edit, layer, edit.basis)
    if row is None or component >= len(row.offsets):
        return 0.0
    return row.offsets[component]


def row_of(edit: WEditState, layer: int) -> list[float]:
    """Copy a layer's offsets in the basis shown."""
    row = _row(edit, layer, edit.basis)
    return list(row.offsets) if row is not None else []


def set_offsets(edit: WEditState, layer: int, components: Iterable[int], value: float) -> None:
    """Give components of one layer an offset, in the basis shown."""
    offsets = row_of(edit, layer)
    for component in components:
        if 0 <= component < MAX_COMPONENTS:
            offsets += [0.0] * (component + 1 - len(offsets))
            offsets[component] = value
    set_row(edit, layer, offsets)


def set_row(edit: WEditState, layer: int, offsets: list[float]) -> None:
    """Give a layer these offsets in the basis shown and no others."""
    low, high = limits(WRowState, "offsets")
    kept = [min(max(value, low), high) for value in offsets[:MAX_COMPONENTS]]
    while kept and kept[-1] == 0:
        kept.pop()
    rows = [row for row in edit.rows if (row.layer, row.basis) != (layer, edit.basis)]
    if kept:
        rows.append(WRowState(layer, edit.basis, kept))
    edit.rows = sorted(rows, key=lambda row: (row.basis, row.layer))


def row_text(offsets: list[float]) -> str:
    """Write a row for the clipboard."""
    return json.dumps([round(value, 4) for value in offsets])


def row_from(text: str) -> list[float] | None:
    """Read a row from a text of the clipboard; None if it is none."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list):
        return None
    if not all(isinstance(value, int | float) and abs(value) < 1e300 for value in values):
        return None
    return [float(value) for value in values]


def _row(edit: WEditState, layer: int, basis: WBasis) -> WRowState | None:
    return next((row for row in edit.rows if (row.layer, row.basis) == (layer, basis)), None)
