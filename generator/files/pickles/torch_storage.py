"""Storages of tensors in torch's legacy format, nested in the pickles of networks.

The format is five pickles (magic number, version, system, the storage, names of all storages) and
for each storage its element count in eight bytes and its elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from generator.files.pickles.pickle_machine import (
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
STORAGES = {
    "HalfStorage": "<f2",
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "ByteStorage": "u1",
    "BFloat16Storage": BFLOAT16,
    "BoolStorage": "?",
    "IntStorage": "<i4",
    "LongStorage": "<i8",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
}
"""Number types by the names of their storages."""
_NAMES: Names = {("torch", name): Constructor(f"torch.{name}") for name in STORAGES}


def open_storage(data: memoryview, budget: Budget) -> tuple[memoryview, np.dtype[Any], bool]:
    """Raw values and number type of the one storage in an archive, and whether it is bfloat16.

    Numbers of bfloat16 come as integers of 16 bits, see `widened`.

    Raises:
        PickleRefusedError: it is damaged, in another format, or holds several storages.
    """
    position = read_preamble(data, budget)
    storage, position = run_pickle(data, _NAMES, budget, start=position, persistent=described)
    keys, position = run_pickle(data, {}, budget, start=position)
    if not isinstance(storage, Described) or keys != [storage.key]:
        raise PickleRefusedError("a tensor's data are not those of one tensor")
    halved = storage.dtype == BFLOAT16
    dtype = np.dtype("<u2" if halved else storage.dtype)
    count = int.from_bytes(data[position : position + 8], "little")
    raw = data[position + 8 :]
    if count != storage.count or len(raw) != count * dtype.itemsize:
        raise PickleRefusedError(f"a tensor of {storage.count} elements has {len(raw)} bytes")
    return raw, dtype, halved


def read_preamble(data: memoryview, budget: Budget) -> int:
    """Read what the legacy format begins with, and return the position after it.

    Raises:
        PickleRefusedError: it is another format, or another byte order.
    """
    magic, position = run_pickle(data, {}, budget)
    version, position = run_pickle(data, {}, budget, start=position)
    if magic != _LEGACY_MAGIC or version != _LEGACY_VERSION:
        raise PickleRefusedError("a tensor's data are in an unknown format")
    system, position = run_pickle(data, {}, budget, start=position)
    if type(system) is not dict or system.get("little_endian") is not True:
        raise PickleRefusedError("a tensor was written on a big-endian computer")
    return position


def widened(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The float32 numbers of whose upper halves these are the bits."""
    return (values.astype(np.uint32) << np.uint32(16)).view(np.float32)


@dataclass(frozen=True, slots=True)
class Described:
    """A storage as a pickle describes it."""

    dtype: str
    """Number type as NumPy knows it, or `BFLOAT16`."""
    key: str
    count: int


def described(description: object) -> Described:
    """Check how a pickle describes a storage.

    Raises:
        PickleRefusedError: it is no storage.
    """
    if type(description) is not tuple or len(description) not in (5, 6):
        raise PickleRefusedError("a tensor's data are of an unknown kind")
    kind, storage, key, _device, count, *view = description
    if (
        kind != "storage"
        or not isinstance(storage, Constructor)
        or storage.name.removeprefix("torch.") not in STORAGES
        or type(key) is not str
        or type(count) is not int
        or count < 0
        or view not in ([], [None])
    ):
        raise PickleRefusedError("a tensor's data are of an unknown kind")
    return Described(STORAGES[storage.name.removeprefix("torch.")], key, count)
