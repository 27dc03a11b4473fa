"""Storages of tensors in torch's legacy format, nested in the pickles of networks.

The format is five pickles (magic number, version, system, the storage, names of all storages) and
for each storage its element count in eight bytes and its elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from generator.files.nvidia.pickle_machine import (
    Budget,
    Constructor,
    Names,
    PickleRefusedError,
    run_pickle,
)

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_VERSION = 1001
BFLOAT16 = "bfloat16"
"""Numbers that NumPy does not know: the upper halves of float32."""
_STORAGES = {
    "HalfStorage": "<f2",
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "ByteStorage": "u1",
    "BFloat16Storage": BFLOAT16,
    "BoolStorage": "?",
    "IntStorage": "<i4",
    "LongStorage": "<i8",
}
_NAMES: Names = {("torch", name): Constructor(f"torch.{name}") for name in _STORAGES}


def open_storage(data: memoryview, budget: Budget) -> tuple[memoryview, np.dtype[Any], bool]:
    """Raw values and number type of the one storage in an archive, and whether it is bfloat16.

    Numbers of bfloat16 come as integers of 16 bits, see `widened`.

    Raises:
        PickleRefusedError: it is damaged, in another format, or holds several storages.
    """
    magic, position = run_pickle(data, {}, budget)
    version, position = run_pickle(data, {}, budget, start=position)
    if magic != _LEGACY_MAGIC or version != _LEGACY_VERSION:
        raise PickleRefusedError("a tensor's data are in an unknown format")
    system, position = run_pickle(data, {}, budget, start=position)
    if type(system) is not dict or system.get("little_endian") is not True:
        raise PickleRefusedError("a tensor was written on a big-endian computer")
    storage, position = run_pickle(data, _NAMES, budget, start=position, persistent=_make_storage)
    keys, position = run_pickle(data, {}, budget, start=position)
    if not isinstance(storage, _Storage) or keys != [storage.key]:
        raise PickleRefusedError("a tensor's data are not those of one tensor")
    halved = storage.dtype == BFLOAT16
    dtype = np.dtype("<u2" if halved else storage.dtype)
    count = int.from_bytes(data[position : position + 8], "little")
    raw = data[position + 8 :]
    if count != storage.count or len(raw) != count * dtype.itemsize:
        raise PickleRefusedError(f"a tensor of {storage.count} elements has {len(raw)} bytes")
    return raw, dtype, halved


def widened(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The float32 numbers of whose upper halves these are the bits."""
    return (values.astype(np.uint32) << np.uint32(16)).view(np.float32)


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
