"""Plain records of what the pickle of a network holds; tensors stay in the file until read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from generator.files.pickles.pickle_machine import Budget, PickleRefusedError, Placeholder
from generator.files.pickles.torch_storage import open_storage, widened

_MAX_ENTRIES = 16384
"""Modules, parameters and buffers of a network, each as often as it is met; a published one has
below 2,000."""
_MAX_DEPTH = 12

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class EncodedBytes:
    """Bytes that protocol 2 stores as text, still in the file."""

    utf8: memoryview

    def decode(self, budget: Budget) -> memoryview:
        """The bytes themselves."""
        budget.spend_decoded(len(self.utf8))
        try:
            return memoryview(bytearray(str(self.utf8, "utf-8").encode("latin-1")))
        except UnicodeError:
            raise PickleRefusedError("bytes in it are stored as what is no text") from None


StoredBytes = bytes | memoryview | EncodedBytes


def bytes_of(stored: StoredBytes, budget: Budget) -> memoryview:
    """The bytes themselves, in the file where they are stored as such."""
    if isinstance(stored, EncodedBytes):
        return stored.decode(budget)
    return memoryview(stored)


@runtime_checkable
class Storage(Protocol):
    """Elements of tensors that lie beside the pickle."""

    def open(self) -> tuple[memoryview, np.dtype[Any], bool]:
        """The elements, their type, and whether that is bfloat16."""


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor that has not been read yet."""

    archive: StoredBytes | Storage
    offset: int
    """Position of the first element, in elements."""
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """In elements."""
    budget: Budget = field(repr=False, compare=False)

    def read(self) -> Array:
        """The values, a view of the file where that is possible; not to be written to.

        Numbers of bfloat16 come as float32.

        Raises:
            PickleRefusedError: the tensor's archive is damaged or no archive of one tensor.
        """
        if isinstance(self.archive, Storage):
            data, dtype, halved = self.archive.open()
        else:
            data, dtype, halved = open_storage(bytes_of(self.archive, self.budget), self.budget)
        steps = tuple(stride * dtype.itemsize for stride in self.strides)
        count = math.prod(self.shape)
        if count * dtype.itemsize > len(data):
            raise PickleRefusedError(f"a tensor of {count} elements is larger than its data")
        try:
            values = np.ndarray(self.shape, dtype, data, self.offset * dtype.itemsize, steps)
        except (OverflowError, TypeError, ValueError):
            raise PickleRefusedError("a tensor reaches beyond its data") from None
        return widened(values) if halved else values


class StoredDtype(Placeholder):
    """A NumPy number type."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.order = "<"

    def set_state(self, state: object) -> None:
        """Take over the byte order, all that matters of the state of a plain number type."""
        if type(state) is not tuple or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise PickleRefusedError("an array in it holds no plain numbers")
        self.order = "<" if state[1] == "=" else state[1]

    def numpy(self) -> np.dtype[Any]:
        """As NumPy knows it."""
        return np.dtype(self.order + self.code if self.order != "|" else self.code)


class StoredArray(Placeholder):
    """A NumPy array that has not been read yet."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.shape: tuple[int, ...] = (0,)
        self._dtype = StoredDtype("f4")
        self._fortran = False
        self._data: StoredBytes = b""

    def set_state(self, state: object) -> None:
        """Take over NumPy's state: version, shape, type, order of the axes, bytes."""
        if type(state) is not tuple or len(state) != 5:
            raise PickleRefusedError("an array in it is of an unknown kind")
        _, shape, dtype, fortran, data = state
        self.shape = sizes_of(shape)
        if not isinstance(dtype, StoredDtype) or not isinstance(data, StoredBytes):
            raise PickleRefusedError("an array in it holds no plain numbers")
        self._dtype, self._fortran, self._data = dtype, fortran is True, data

    def read(self) -> Array:
        """The values, a view of the file where that is possible; not to be written to.

        Raises:
            PickleRefusedError: the array has too few or too many bytes.
        """
        data, dtype = bytes_of(self._data, self._budget), self._dtype.numpy()
        if math.prod(self.shape) * dtype.itemsize != len(data):
            raise PickleRefusedError(f"an array of shape {self.shape!s:.60} has {len(data)} bytes")
        if not len(data):
            raise PickleRefusedError("an array in it is empty")
        order: Literal["F", "C"] = "F" if self._fortran else "C"
        return np.frombuffer(data, dtype).reshape(self.shape, order=order)


@dataclass(slots=True)
class StoredModule(Placeholder):
    """A network or a part of one: the name of its class and what its object held."""

    class_name: str
    state: Mapping[str, Any] = field(default_factory=dict)

    def set_state(self, state: object) -> None:
        """Take over the state of a module of PyTorch's own, which is given after it was made."""
        if type(state) is not dict or self.state:
            raise PickleRefusedError(f"a state is given to a {self.class_name!r:.40}")
        self.state = state

    def entries(self, kind: str) -> dict[str, Any]:
        """Parameters, buffers or modules (`_parameters`, `_buffers`, `_modules`) by name."""
        found = self.state.get(kind)
        if found is None:
            return {}
        if type(found) is not dict:
            raise PickleRefusedError(f"{kind} of {self.class_name!r:.40} is no dict")
        return {str(name): value for name, value in found.items() if value is not None}

    def _extent(self) -> int:
        """Itself, its parts, parameters and buffers, counted before they are looked at."""
        held = (self.state.get(kind) for kind in ("_modules", "_parameters", "_buffers"))
        return 1 + sum(len(entries) for entries in held if type(entries) is dict)

    def options(self) -> dict[str, Any]:
        """The keyword arguments it was made with."""
        found = self.state.get("_init_kwargs")
        return {str(k): v for k, v in found.items()} if type(found) is dict else {}

    def walk(self) -> Iterator[tuple[str, StoredModule]]:
        """Itself and its parts with their full names, as "synthesis.b4".

        Raises:
            PickleRefusedError: the parts contain each other, or are too many.
        """
        pending, seen = [("", self, 0)], 0
        while pending:
            name, module, depth = pending.pop()
            seen += module._extent()
            if depth > _MAX_DEPTH or seen > _MAX_ENTRIES:
                raise PickleRefusedError("its parts contain each other, or are too many")
            yield name, module
            for key, part in module.entries("_modules").items():
                if not isinstance(part, StoredModule):
                    raise PickleRefusedError(f"its part {key!r:.60} is no module")
                pending.append((f"{name}.{key}" if name else key, part, depth + 1))

    def tensors(self) -> dict[str, StoredTensor]:
        """All parameters and buffers by their full names, as "mapping.fc0.weight"."""
        found = {}
        for prefix, module in self.walk():
            for kind in ("_parameters", "_buffers"):
                for key, tensor in module.entries(kind).items():
                    if not isinstance(tensor, StoredTensor):
                        raise PickleRefusedError(f"{key!r:.60} is no tensor")
                    found[f"{prefix}.{key}" if prefix else key] = tensor
        return found


class TensorFlowNetwork(Placeholder):
    """A network of the older TensorFlow repositories."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def set_state(self, state: object) -> None:
        """Take over the state."""
        if type(state) is not dict:
            raise PickleRefusedError("a TensorFlow network in it has no state")
        self.state = state


@dataclass(frozen=True)
class StateDict:
    """Tensors by name, with nothing that says what they are for."""

    tensors: Mapping[str, StoredTensor]
    average: StoredTensor | None = None
    """Mean w, where the file holds one beside them."""


StoredNetwork = StoredModule | TensorFlowNetwork | StateDict


def sizes_of(values: object) -> tuple[int, ...]:
    """Check a shape or strides of a pickle and return them.

    Raises:
        PickleRefusedError: it is no tuple of up to eight plausible sizes.
    """
    if type(values) is not tuple or len(values) > 8:
        raise PickleRefusedError("a tensor in it has no shape")
    if not all(type(value) is int and 0 <= value < 1 << 40 for value in values):
        raise PickleRefusedError("a tensor in it has an impossible shape")
    return values
