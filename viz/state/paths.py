"""Fields of the state by path, as in `transform.angle_rad` or `directions.0.amount`.

Locks and animations name their fields so; a path whose field is gone is without effect.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from viz.state.ranges import limits

if TYPE_CHECKING:
    from viz.state.app_state import AppState


def is_part(value: object) -> bool:
    """Return whether a value is a part of the state with fields of its own, not a frozen value."""
    return is_dataclass(value) and type(value).__hash__ is None  # frozen ones can be hashed


def path_of(state: AppState, owner: object, name: str) -> str | None:
    """Find the path of a field of `owner`; None if `owner` is no part of the state."""

    def search(part: Any, prefix: str) -> str | None:
        if part is owner:
            return f"{prefix}{name}"
        if is_part(part):
            children = [(field.name, getattr(part, field.name)) for field in fields(part)]
        elif isinstance(part, list):
            children = [(f"{index}", item) for index, item in enumerate(part)]
        else:
            return None
        for key, child in children:
            if found := search(child, f"{prefix}{key}."):
                return found
        return None

    return search(state, "")


def is_locked(state: AppState, owner: object, name: str) -> bool:
    """Return whether no hand may change a field of `owner`."""
    return bool(state.locks) and path_of(state, owner, name) in state.locks


def owner_of(state: AppState, path: str) -> tuple[Any, str] | None:
    """Find the object that holds a field, and the field's name; None if there is none."""
    part: Any = state
    *way, name = path.split(".")
    for key in way:
        part = _child(part, key)
    if not is_part(part) or name not in {field.name for field in fields(part)}:
        return None
    return part, name


def number_at(state: AppState, path: str) -> float | None:
    """Return the value of a numeric field; None if there is none at that path."""
    found = owner_of(state, path)
    value = getattr(*found) if found is not None else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def with_number(state: AppState, path: str, value: float) -> AppState:
    """Copy the state with another value in a numeric field, rounded and limited as it needs.

    What does not lie on the path is shared with the given state, which stays as it is.
    """
    if number_at(state, path) is None:
        return state

    def changed(part: Any, way: list[str]) -> Any:
        key, *rest = way
        if isinstance(part, list):
            return [
                changed(item, rest) if f"{index}" == key else item
                for index, item in enumerate(part)
            ]
        if rest:
            return replace(part, **{key: changed(getattr(part, key), rest)})
        low, high = limits(part, key)
        limited = min(max(value, low), high)
        whole = isinstance(getattr(part, key), int)
        return replace(part, **{key: round(limited) if whole else float(limited)})

    return cast("AppState", changed(state, path.split(".")))


def values_of(state: AppState, paths: list[str]) -> dict[str, Any]:
    """Collect the values of the fields, of those that exist."""
    found = ((path, owner_of(state, path)) for path in paths)
    return {path: getattr(*place) for path, place in found if place is not None}


def put_back(state: AppState, values: dict[str, Any]) -> list[str]:
    """Set fields to what `values_of` gave, as far as they are still there; in place.

    Returns:
        Those that had another value.
    """
    changed = []
    for path, value in values.items():
        place = owner_of(state, path)
        if place is not None and getattr(*place) != value:
            setattr(*place, value)
            changed.append(path)
    return changed


def in_words(path: str) -> str:
    """Name a field of the state for people, as in `transform, x`."""
    return path.replace(".", ", ").replace("_", " ")


def drop_item(state: AppState, items: str, index: int) -> None:
    """Take an item out of a list of the state, and let locks and animations follow the others.

    Args:
        state: Changed in place.
        items: Path of the list.
        index: Of the item.
    """
    found = owner_of(state, items)
    if found is None:
        return
    del getattr(*found)[index]
    state.locks = [path for one in state.locks if (path := _moved(one, items, index))]
    for motion in state.motions:
        motion.field = _moved(motion.field, items, index)
    state.motions = [motion for motion in state.motions if motion.field]


def _moved(path: str, items: str, index: int) -> str:
    """Adapt a path to the loss of that item; empty if it led into the item."""
    if not path.startswith(f"{items}."):
        return path
    at, _, inside = path.removeprefix(f"{items}.").partition(".")
    if not at.isdecimal() or int(at) < index:
        return path
    return "" if int(at) == index else f"{items}.{int(at) - 1}.{inside}"


def _child(part: Any, key: str) -> Any:
    if isinstance(part, list):
        return part[int(key)] if key.isdecimal() and int(key) < len(part) else None
    if is_part(part) and key in {field.name for field in fields(part)}:
        return getattr(part, key)
    return None
