"""The names that the pickle of a network may ask for, and the records they make.

Each answers to one function or class of PyTorch, NumPy or NVIDIA's repositories, by what it does
with plain data; nothing of theirs is called.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from generator.files.pickles.pickle_machine import (
    Budget,
    Constructor,
    LongText,
    PickleRefusedError,
    checked_key,
)
from generator.files.pickles.stored import (
    EncodedBytes,
    Storage,
    StoredArray,
    StoredBytes,
    StoredDtype,
    StoredModule,
    StoredTensor,
    TensorFlowNetwork,
    bytes_of,
    sizes_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


_NUMBER_TYPES = (
    *("float16", "bfloat16", "float32", "float64"),
    *("uint8", "int8", "int16", "int32", "int64", "bool"),
)


_FOREIGN = re.compile(r"(timm|pg_modules|feature_networks|R3GAN|torch\.nn)(\.[a-z_A-Z0-9]+)*")
"""Modules of programs that write the same kind of file: parts of their networks are kept as
records, to be named, passed over or refused one by one."""


class AllowedNames(dict[tuple[str, str], Constructor]):
    """A table of names; parts of other programs' networks are records of their class alone."""

    def get(self, key: tuple[str, str], default: Any = None) -> Any:
        """The constructor of a name, or `default`."""
        found = super().get(key)
        if found is None and _FOREIGN.fullmatch(key[0]):
            found = Constructor(".".join(key), partial(_make_part, key[1]))
        return default if found is None else found


def allowed_names(budget: Budget) -> AllowedNames:
    """All that a file may ask for."""
    table = AllowedNames()

    def add(modules: str | tuple[str, ...], name: str, call: Callable[..., object] | None) -> None:
        for module in (modules,) if isinstance(modules, str) else modules:
            table[module, name] = Constructor(f"{module}.{name}", call)

    multiarray = ("numpy.core.multiarray", "numpy._core.multiarray")
    add("collections", "OrderedDict", lambda *items: _make_dict(budget, *items))
    add("dnnlib.util", "EasyDict", lambda *items: _make_dict(budget, *items))
    # Protocol 2 has Python 2's name of the module.
    add(("builtins", "__builtin__"), "set", lambda *items: _make_set(budget, *items))
    add("_codecs", "encode", _encode)
    add("torch.storage", "_load_from_bytes", _as_bytes)
    add(
        "torch._utils",
        "_rebuild_tensor_v2",
        lambda *arguments: _make_tensor(budget, *arguments),
    )
    add("torch._utils", "_rebuild_parameter", _make_parameter)
    add("torch._utils", "_rebuild_parameter_with_state", _make_parameter)
    add("torch", "Size", sizes_of)
    add("torch", "device", _make_device)
    for number_type in _NUMBER_TYPES:
        add("torch", number_type, None)
    add("torch_utils.persistence", "_reconstruct_persistent_obj", _make_module)
    add("dnnlib.tflib.network", "Network", TensorFlowNetwork)
    add("numpy", "ndarray", None)
    add("numpy", "dtype", _make_dtype)
    add(multiarray, "_reconstruct", lambda *arguments: StoredArray(budget))
    add(
        ("numpy.core.numeric", "numpy._core.numeric"),
        "_frombuffer",
        (lambda data, dtype, shape, order: _array_of(budget, data, dtype, shape, order)),
    )
    add(multiarray, "scalar", lambda dtype, data: _make_scalar(budget, dtype, data))
    return table


def _make_dict(budget: Budget, items: object = ()) -> dict[str, Any]:
    if type(items) is not list and type(items) is not tuple:
        raise PickleRefusedError("a dict is made of what is no list")
    budget.spend_items(len(items))
    made: dict[str, Any] = {}
    for pair in items:
        if type(pair) not in (list, tuple) or len(pair) != 2 or type(pair[0]) is not str:
            raise PickleRefusedError("a dict is made of what are no pairs")
        made[pair[0]] = pair[1]
    return made


def _make_set(budget: Budget, items: object = ()) -> set[Hashable]:
    if type(items) is not list and type(items) is not tuple:
        raise PickleRefusedError("a set is made of what is no list")
    budget.spend_items(len(items))
    return set(map(checked_key, items))


def _encode(text: object, encoding: object) -> StoredBytes:
    if encoding == "latin1":
        if type(text) is str:
            return text.encode("latin-1")
        if isinstance(text, LongText):
            return EncodedBytes(text.utf8)
    raise PickleRefusedError("it encodes a text in an unusual way")


def _as_bytes(data: object) -> StoredBytes:
    if not isinstance(data, StoredBytes):
        raise PickleRefusedError("a tensor's data are no bytes")
    return data


def _make_tensor(
    budget: Budget,
    archive: object,
    offset: object,
    shape: object,
    strides: object,
    requires_grad: object,
    hooks: object,
    metadata: object = None,
) -> StoredTensor:
    if not isinstance(archive, StoredBytes | Storage) or type(offset) is not int or offset < 0:
        raise PickleRefusedError("a tensor in it has no data")
    sizes, steps = sizes_of(shape), sizes_of(strides)
    if len(sizes) != len(steps):
        raise PickleRefusedError("a tensor in it has a shape of its own kind")
    return StoredTensor(archive, offset, sizes, steps, budget)


def _make_device(kind: object, index: object = None) -> str:
    """A device by its name: where a tensor was, which matters to nobody here."""
    if type(kind) is not str or not (index is None or type(index) is int):
        raise PickleRefusedError("a device in it has no name")
    return kind


def _make_parameter(
    tensor: object, requires_grad: object, hooks: object, attributes: object = None
) -> StoredTensor:
    """A parameter as its tensor; whatever else was attached to it is dropped."""
    if not isinstance(tensor, StoredTensor):
        raise PickleRefusedError("a parameter in it is no tensor")
    return tensor


def _make_part(class_name: str, *arguments: object) -> StoredModule:
    """A part of another program's network; what it was made of is passed over."""
    return StoredModule(class_name)


def _make_module(meta: object) -> StoredModule:
    if type(meta) is not dict or meta.get("type") != "class":
        raise PickleRefusedError("a module in it is of an unknown kind")
    class_name, state = meta.get("class_name"), meta.get("state")
    if type(class_name) is not str or type(state) is not dict:
        raise PickleRefusedError("a module in it has no class or no state")
    return StoredModule(class_name, state)


def _array_of(
    budget: Budget, data: object, dtype: object, shape: object, order: object
) -> StoredArray:
    """An array as protocol 5 stores it."""
    array = StoredArray(budget)
    array.set_state((1, shape, dtype, order == "F", data))
    return array


def _make_dtype(code: object, *flags: object) -> StoredDtype:
    if code not in ("b1", "i1", "u1", "i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8"):
        raise PickleRefusedError("an array in it holds no plain numbers")
    return StoredDtype(str(code))


def _make_scalar(budget: Budget, dtype: object, data: object) -> int | float | bool:
    if not isinstance(dtype, StoredDtype) or not isinstance(data, StoredBytes):
        raise PickleRefusedError("a number in it is of an unknown kind")
    view, kind = bytes_of(data, budget), dtype.numpy()
    if len(view) != kind.itemsize:
        raise PickleRefusedError("a number in it has the wrong size")
    value: int | float | bool = np.frombuffer(view, kind)[0].item()
    return value
