"""Which classes may cross the line, and whether what came fits their fields."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from viz import protocol, state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

_PACKAGES = (protocol, state)
_VIZ = protocol.__name__.rpartition(".")[0]
"""This package, by whatever name it is installed."""
_MODULES = ("worker.messages", "recording.task", "recording.record", "wire.hello")


class WireError(ValueError):
    """A message of another version, or none at all, has come."""


@functools.cache
def known_records() -> Mapping[str, type[Any]]:
    """Map names to the dataclasses and named tuples that may cross the line."""
    found: dict[str, type[Any]] = {}
    for module in _modules():
        for name, one in vars(module).items():
            if isinstance(one, type) and one.__module__ == module.__name__ and is_record(one):
                if name in found:
                    name = f"{module.__name__.rpartition('.')[2]}.{name}"
                found[name] = one
    return found


@functools.cache
def names() -> Mapping[type[Any], str]:
    """Map the classes of `known_records` to their names."""
    return {one: name for name, one in known_records().items()}


def _modules() -> Iterator[ModuleType]:
    for package in _PACKAGES:
        for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            yield importlib.import_module(found.name)
    yield from (importlib.import_module(f"{_VIZ}.{name}") for name in _MODULES)


def is_record(one: type[Any]) -> bool:
    """Tell whether a class is a dataclass or a named tuple."""
    return dataclasses.is_dataclass(one) or (issubclass(one, tuple) and hasattr(one, "_fields"))


_FIELDS: dict[type[Any], Mapping[str, Any]] = {}


def fields(record: type[Any]) -> Mapping[str, Any]:
    """Return the fields of a record and their types."""
    if record not in _FIELDS:
        hints = get_type_hints(record)
        own = dataclasses.fields(record) if dataclasses.is_dataclass(record) else ()
        names = [one.name for one in own if one.init] or list(getattr(record, "_fields", ()))
        _FIELDS[record] = {name: hints[name] for name in names}
    return _FIELDS[record]


def fits(value: Any, hint: Any) -> bool:
    """Tell whether a value is what a field's type says, all the way down."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if hint is None or hint is type(None):
        return value is None
    if origin in (Union, types.UnionType):
        return any(fits(value, one) for one in arguments)
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and _are_items(value, arguments)
    if origin in (list, set, frozenset):
        return isinstance(value, origin) and all(fits(one, arguments[0]) for one in value)
    if origin is dict:
        key, item = arguments
        return isinstance(value, dict) and all(
            fits(one, key) and fits(other, item) for one, other in value.items()
        )
    if origin is np.ndarray:
        return isinstance(value, np.ndarray) and _has_type(value, arguments[-1])
    if hint is float:
        return isinstance(value, float | int) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint if isinstance(hint, type) else object)


def _are_items(value: tuple[Any, ...], arguments: tuple[Any, ...]) -> bool:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return all(fits(one, arguments[0]) for one in value)
    return len(value) == len(arguments) and all(map(fits, value, arguments))


def _has_type(value: np.ndarray[Any, Any], dtype: Any) -> bool:
    (wanted,) = get_args(dtype) or (Any,)
    return wanted is Any or not isinstance(wanted, type) or np.issubdtype(value.dtype, wanted)


PLAIN = (bool, int, float, str, bytes, type(None), Path)
"""What records are made of, besides records, tuples, lists, dictionaries and arrays."""
