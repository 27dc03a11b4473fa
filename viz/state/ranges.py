"""Ranges of numbers, kept with the fields of the dataclasses they belong to."""

from __future__ import annotations

import math
from dataclasses import Field, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def ranged(
    default: Any, low: float, high: float, *, formerly: Mapping[Any, Any] | None = None
) -> Any:
    """Make a dataclass field with a default and the closed range its values must lie in.

    Args:
        default: Value where none is given.
        low, high: Smallest and largest value.
        formerly: Values that files of earlier versions may hold, and what stands for them now.
    """
    return field(default=default, metadata={"low": low, "high": high, "formerly": formerly or {}})


def limits(owner: type | object, name: str) -> tuple[float, float]:
    """Return the range (low, high) of a field of a state class or object; infinite if it has none.

    Raises:
        ValueError: there is no such field.
    """
    found: list[Field[Any]] = [f for f in fields(owner) if f.name == name]  # type: ignore[arg-type]
    if not found:
        raise ValueError(f"{owner} has no field {name!r}")
    metadata = found[0].metadata
    return metadata.get("low", -math.inf), metadata.get("high", math.inf)
