"""Opens the `.pkl` files that NVIDIA's StyleGAN repositories write, without executing them.

Such a file holds Python source text and the names of functions to run it with. Here the source
stays unread: `pickle_machine` knows a fixed list of names, each of which makes a plain record.
Tensors remain in the file until asked for; their bytes, archives of torch's legacy format nested
in the pickle, are taken apart here too.
"""

from __future__ import annotations

import contextlib
import gc
import mmap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from generator.errors import NetworkFileError
from generator.pickle_machine import (
    Budget,
    Constructor,
    LongText,
    Names,
    PickleRefusedError,
    Placeholder,
    run_pickle,
)

NETWORKS = ("G_ema", "G", "D")
"""Names of the networks of a file: averaged generator, generator, discriminator."""

_MAX_MODULES = 4096
_MAX_DEPTH = 12
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_VERSION = 1001
_STORAGES = {
    "HalfStorage": "<f2",
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "ByteStorage": "u1",
    "BoolStorage": "?",
    "IntStorage": "<i4",
    "LongStorage": "<i8",
}

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


def _view(stored: StoredBytes, budget: Budget) -> memoryview:
    if isinstance(stored, EncodedBytes):
        return stored.decode(budget)
    return memoryview(stored)


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor that has not been read yet."""

    archive: StoredBytes
    offset: int
    """Of the first element, in elements."""
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """In elements."""
    budget: Budget = field(repr=False, compare=False)

    def read(self) -> Array:
        """The values, a view of the file where that is possible; not to be written to.

        Raises:
            PickleRefusedError: the tensor's archive is damaged or no archive of one tensor.
        """
        data, dtype = _open_archive(_view(self.archive, self.budget), self.budget)
        steps = tuple(stride * dtype.itemsize for stride in self.strides)
        count = _element_count(self.shape)
        if count * dtype.itemsize > len(data):
            raise PickleRefusedError(f"a tensor of {count} elements is larger than its data")
        try:
            return np.ndarray(self.shape, dtype, data, self.offset * dtype.itemsize, steps)
        except (OverflowError, TypeError, ValueError):
            raise PickleRefusedError("a tensor reaches beyond its data") from None


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
        self.shape = _sizes(shape)
        if not isinstance(dtype, StoredDtype) or not isinstance(data, StoredBytes):
            raise PickleRefusedError("an array in it holds no plain numbers")
        self._dtype, self._fortran, self._data = dtype, fortran is True, data

    def read(self) -> Array:
        """The values, a view of the file where that is possible; not to be written to.

        Raises:
            PickleRefusedError: the array has too few or too many bytes.
        """
        data, dtype = _view(self._data, self._budget), self._dtype.numpy()
        if _element_count(self.shape) * dtype.itemsize != len(data):
            raise PickleRefusedError(f"an array of shape {self.shape!s:.60} has {len(data)} bytes")
        if not len(data):
            raise PickleRefusedError("an array in it is empty")
        order: Literal["F", "C"] = "F" if self._fortran else "C"
        return np.frombuffer(data, dtype).reshape(self.shape, order=order)


@dataclass(frozen=True, slots=True)
class StoredModule:
    """A network or a part of one: the name of its class and what its object held."""

    class_name: str
    state: Mapping[str, Any]

    def entries(self, kind: str) -> dict[str, Any]:
        """Parameters, buffers or modules (`_parameters`, `_buffers`, `_modules`) by name."""
        found = self.state.get(kind)
        if found is None:
            return {}
        if type(found) is not dict:
            raise PickleRefusedError(f"{kind} of {self.class_name!r:.40} is no dict")
        return {str(name): value for name, value in found.items() if value is not None}

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
            seen += 1
            if depth > _MAX_DEPTH or seen > _MAX_MODULES:
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


StoredNetwork = StoredModule | TensorFlowNetwork


@dataclass(frozen=True)
class NetworkPickle:
    """What a `.pkl` file holds."""

    path: Path
    file_bytes: int
    networks: Mapping[str, StoredNetwork]
    """By name, see `NETWORKS`."""
    training_set: Mapping[str, Any]
    """The options of the data set the networks were trained on."""
    mapping: mmap.mmap = field(repr=False, compare=False)

    def release_pages(self) -> None:
        """Let go of the pages that were read; they come back from the file when asked for."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.mapping.madvise(mmap.MADV_DONTNEED)

    def choose(self, name: str | None) -> tuple[str, StoredNetwork]:
        """The network of a name; None takes the averaged generator, else the plain one.

        Raises:
            NetworkFileError: the file has none of that name.
        """
        wanted = (name,) if name is not None else ("G_ema", "G")
        for candidate in wanted:
            if candidate in self.networks:
                return candidate, self.networks[candidate]
        held = ", ".join(self.networks) or "no network"
        raise NetworkFileError(f"{self.path.name:.100} holds {held}, not {wanted[0]!r:.20}")


def open_pickle(path: Path) -> NetworkPickle:
    """Read the structure of a `.pkl` file; the tensors stay in the file until they are read.

    Raises:
        NetworkFileError: the file holds no network, is damaged, or asks for anything that a
            published network does not need. Nothing has been executed.
        OSError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            # Copy on write: arrays over the file may be handed on without being read-only.
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except ValueError:
        raise NetworkFileError(f"{path.name:.100} is empty") from None
    try:
        data = memoryview(mapping)
        budget = Budget(len(data))
        with _no_garbage_collection():
            content, _ = run_pickle(data, _names(budget), budget)
        networks, training_set = _contents(content)
    except PickleRefusedError as error:
        raise NetworkFileError(f"{path.name:.100} was refused: {error!s:.200}") from None
    return NetworkPickle(path, len(data), networks, training_set, mapping)


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Hundreds of thousands of small objects, none of them garbage, are not worth looking at."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _contents(content: object) -> tuple[dict[str, StoredNetwork], dict[str, Any]]:
    training_set: object = {}
    if type(content) is tuple and len(content) == 3:
        # TensorFlow: generator, discriminator, averaged generator.
        found = dict(zip(("G", "D", "G_ema"), content, strict=True))
    elif type(content) is dict:
        found = {name: content.get(name) for name in NETWORKS}
        training_set = content.get("training_set_kwargs")
    else:
        found = {"G": content}
    networks = {
        name: network for name, network in found.items() if isinstance(network, StoredNetwork)
    }
    if not networks:
        raise PickleRefusedError("it holds no network")
    return networks, dict(training_set) if type(training_set) is dict else {}


def _names(budget: Budget) -> Names:
    """All that a file may ask for."""
    table: dict[tuple[str, str], Constructor] = {}

    def add(modules: str | tuple[str, ...], name: str, call: Callable[..., object] | None) -> None:
        for module in (modules,) if isinstance(modules, str) else modules:
            table[module, name] = Constructor(f"{module}.{name}", call)

    multiarray = ("numpy.core.multiarray", "numpy._core.multiarray")
    add("collections", "OrderedDict", _make_dict)
    add("dnnlib.util", "EasyDict", _make_dict)
    # Protocol 2 has Python 2's name of the module.
    add(("builtins", "__builtin__"), "set", _make_set)
    add("_codecs", "encode", _encode)
    add("torch.storage", "_load_from_bytes", _as_bytes)
    add(
        "torch._utils",
        "_rebuild_tensor_v2",
        lambda *arguments: _make_tensor(budget, *arguments),
    )
    add("torch._utils", "_rebuild_parameter", _make_parameter)
    add("torch_utils.persistence", "_reconstruct_persistent_obj", _make_module)
    add("dnnlib.tflib.network", "Network", TensorFlowNetwork)
    add("numpy", "ndarray", None)
    add("numpy", "dtype", _make_dtype)
    add(multiarray, "_reconstruct", lambda *arguments: StoredArray(budget))
    add(multiarray, "scalar", lambda dtype, data: _make_scalar(budget, dtype, data))
    return table


_ARCHIVE_NAMES: Names = {("torch", name): Constructor(f"torch.{name}") for name in _STORAGES}


def _make_dict(items: object = ()) -> dict[str, Any]:
    if type(items) not in (list, tuple):
        raise PickleRefusedError("a dict is made of what is no list")
    made: dict[str, Any] = {}
    for pair in items:  # type: ignore[attr-defined]
        if type(pair) not in (list, tuple) or len(pair) != 2 or type(pair[0]) is not str:
            raise PickleRefusedError("a dict is made of what are no pairs")
        made[pair[0]] = pair[1]
    return made


def _make_set(items: object = ()) -> set[str]:
    if type(items) is not list or not all(type(item) in (str, int) for item in items):
        raise PickleRefusedError("a set is made of what are no texts and numbers")
    return set(items)


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
    if not isinstance(archive, StoredBytes) or type(offset) is not int or offset < 0:
        raise PickleRefusedError("a tensor in it has no data")
    sizes, steps = _sizes(shape), _sizes(strides)
    if len(sizes) != len(steps):
        raise PickleRefusedError("a tensor in it has a shape of its own kind")
    return StoredTensor(archive, offset, sizes, steps, budget)


def _make_parameter(tensor: object, requires_grad: object, hooks: object) -> StoredTensor:
    if not isinstance(tensor, StoredTensor):
        raise PickleRefusedError("a parameter in it is no tensor")
    return tensor


def _make_module(meta: object) -> StoredModule:
    if type(meta) is not dict or meta.get("type") != "class":
        raise PickleRefusedError("a module in it is of an unknown kind")
    class_name, state = meta.get("class_name"), meta.get("state")
    if type(class_name) is not str or type(state) is not dict:
        raise PickleRefusedError("a module in it has no class or no state")
    return StoredModule(class_name, state)


def _make_dtype(code: object, *flags: object) -> StoredDtype:
    if code not in ("b1", "i1", "u1", "i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8"):
        raise PickleRefusedError("an array in it holds no plain numbers")
    return StoredDtype(str(code))


def _make_scalar(budget: Budget, dtype: object, data: object) -> int | float | bool:
    if not isinstance(dtype, StoredDtype) or not isinstance(data, StoredBytes):
        raise PickleRefusedError("a number in it is of an unknown kind")
    view, kind = _view(data, budget), dtype.numpy()
    if len(view) != kind.itemsize:
        raise PickleRefusedError("a number in it has the wrong size")
    value: int | float | bool = np.frombuffer(view, kind)[0].item()
    return value


def _sizes(values: object) -> tuple[int, ...]:
    if type(values) is not tuple or len(values) > 8:
        raise PickleRefusedError("a tensor in it has no shape")
    if not all(type(value) is int and 0 <= value < 1 << 40 for value in values):
        raise PickleRefusedError("a tensor in it has an impossible shape")
    return values


def _element_count(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _open_archive(data: memoryview, budget: Budget) -> tuple[memoryview, np.dtype[Any]]:
    """Raw values and number type of a storage in torch's legacy format.

    The format is five pickles (magic number, version, system, the storage, names of all storages)
    and for each storage its element count in eight bytes and its elements.
    """
    magic, position = run_pickle(data, {}, budget)
    version, position = run_pickle(data, {}, budget, start=position)
    if magic != _LEGACY_MAGIC or version != _LEGACY_VERSION:
        raise PickleRefusedError("a tensor's data are in an unknown format")
    system, position = run_pickle(data, {}, budget, start=position)
    if type(system) is not dict or system.get("little_endian") is not True:
        raise PickleRefusedError("a tensor was written on a big-endian computer")
    storage, position = run_pickle(
        data, _ARCHIVE_NAMES, budget, start=position, persistent=_make_storage
    )
    keys, position = run_pickle(data, {}, budget, start=position)
    if not isinstance(storage, _Storage) or keys != [storage.key]:
        raise PickleRefusedError("a tensor's data are not those of one tensor")
    dtype = np.dtype(storage.dtype)
    count = int.from_bytes(data[position : position + 8], "little")
    raw = data[position + 8 :]
    if count != storage.count or len(raw) != count * dtype.itemsize:
        raise PickleRefusedError(f"a tensor of {storage.count} elements has {len(raw)} bytes")
    return raw, dtype


@dataclass(frozen=True, slots=True)
class _Storage:
    dtype: str
    key: str
    count: int


def _make_storage(description: object) -> _Storage:
    if type(description) is not tuple or len(description) not in (5, 6):
        raise PickleRefusedError("a tensor's data are of an unknown kind")
    kind, storage, key, _device, count, *view = description
    if (
        kind != "storage"
        or not isinstance(storage, Constructor)
        or type(key) is not str
        or type(count) is not int
        or view not in ([], [None])
    ):
        raise PickleRefusedError("a tensor's data are of an unknown kind")
    return _Storage(_STORAGES[storage.name.removeprefix("torch.")], key, count)
