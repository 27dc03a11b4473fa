"""Archives of `torch.save`: a pickle that names storages, and the storages beside it.

Since PyTorch 1.6 they are zips: `data.pkl` and each storage are members. Before, the pickle of the
values lay between others (magic number, version, system; names of the storages), and the
storages followed, each as its element count in eight bytes and its elements.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from generator.files.pickles.allowed_names import allowed_names
from generator.files.pickles.pickle_machine import (
    Budget,
    Constructor,
    Names,
    PickleDamagedError,
    PickleRefusedError,
    Placeholder,
    run_pickle,
)
from generator.files.pickles.stored_zip import Member, stored_members
from generator.files.pickles.torch_storage import (
    BFLOAT16,
    STORAGES,
    Described,
    described,
    read_preamble,
)

MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""What archives begin with that are no zips: the pickle of the magic number."""
_ZIP = b"PK\x03\x04"
_MAX_STORAGES = 1 << 15


class Options(Placeholder):
    """Options of a command line that lie in the archive; kept as they are, and unused."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def set_state(self, state: object) -> None:
        """Take over the options."""
        if type(state) is not dict:
            raise PickleRefusedError("options in it are no dict")
        self.values = state


class ArchiveStorage:
    """The elements of tensors, somewhere in the archive."""

    def __init__(self, description: Described) -> None:
        self.description = description
        self.place: Member | memoryview | None = None
        """Where the elements are; legacy archives tell only after the tensors."""

    def open(self) -> tuple[memoryview, np.dtype[Any], bool]:
        """The elements, their type, and whether that is bfloat16 (see `torch_storage.widened`).

        Raises:
            PickleRefusedError: they are damaged, or of another number.
        """
        if self.place is None:
            raise PickleDamagedError("a tensor's data are missing")
        data = self.place.read() if isinstance(self.place, Member) else self.place
        halved = self.description.dtype == BFLOAT16
        dtype = np.dtype("<u2" if halved else self.description.dtype)
        count = self.description.count
        if len(data) != count * dtype.itemsize:
            raise PickleRefusedError(f"a tensor of {count} elements has {len(data)} bytes")
        return data, dtype, halved


def is_torch_archive(data: memoryview) -> bool:
    """Return whether a file begins as archives of `torch.save` do, old or new."""
    beginning = bytes(data[: len(MAGIC)])
    return beginning == MAGIC or beginning.startswith(_ZIP)


def read_archive(data: memoryview, budget: Budget) -> object:
    """The values in an archive; tensors stay in the file until they are read.

    Raises:
        PickleRefusedError: it is damaged, or asks for what no network needs; nothing was executed.
    """
    if bytes(data[: len(_ZIP)]) == _ZIP:
        return _read_zip(data, budget)
    return _read_legacy(data, budget)


def _read_zip(data: memoryview, budget: Budget) -> object:
    members = stored_members(data)
    roots = [
        name.removesuffix("data.pkl")
        for name in members
        if name.endswith("/data.pkl") and name.count("/") == 1
    ]
    if len(roots) != 1:
        raise PickleRefusedError("it is a zip, but no archive of torch.save")
    root = roots[0]
    if f"{root}constants.pkl" in members or any(
        name.startswith(f"{root}code/") for name in members
    ):
        raise PickleRefusedError("it is TorchScript, a program, and no program is run from a file")
    order = members.get(f"{root}byteorder")
    if order is not None and bytes(order.read()[:16]) != b"little":
        raise PickleRefusedError("it was written on a big-endian computer")
    storages: dict[str, ArchiveStorage] = {}

    def storage(description: object) -> ArchiveStorage:
        made = _storage_of(storages, described(description))
        made.place = members.get(f"{root}data/{made.description.key}")
        if made.place is None:
            raise PickleDamagedError("a tensor's data are missing")
        return made

    content, _ = run_pickle(
        members[f"{root}data.pkl"].read(), _names(budget), budget, persistent=storage
    )
    return content


def _read_legacy(data: memoryview, budget: Budget) -> object:
    storages: dict[str, ArchiveStorage] = {}
    position = read_preamble(data, budget)
    content, position = run_pickle(
        data,
        _names(budget),
        budget,
        start=position,
        persistent=lambda description: _storage_of(storages, described(description)),
    )
    keys, position = run_pickle(data, {}, budget, start=position)
    if type(keys) is not list or sorted(map(str, keys)) != sorted(storages):
        raise PickleDamagedError("its tensors and their data do not agree")
    for key in keys:
        storage = storages[key]
        dtype = "<u2" if storage.description.dtype == BFLOAT16 else storage.description.dtype
        count = int.from_bytes(data[position : position + 8], "little")
        if count != storage.description.count:
            raise PickleDamagedError("a tensor's data are of another number")
        end = position + 8 + count * np.dtype(dtype).itemsize
        if end > len(data):
            raise PickleDamagedError("it ends in the middle")
        storage.place = data[position + 8 : end]
        position = end
    return content


def _storage_of(storages: dict[str, ArchiveStorage], description: Described) -> ArchiveStorage:
    """The storage of a key; every tensor that shares it names it again."""
    known = storages.get(description.key)
    if known is None:
        if len(storages) >= _MAX_STORAGES:
            raise PickleRefusedError("it holds more tensors than any network")
        known = storages[description.key] = ArchiveStorage(description)
    elif known.description != description:
        raise PickleRefusedError("a tensor's data are of two kinds")
    return known


def _names(budget: Budget) -> Names:
    """What such an archive may ask for: what networks may, storages, and options."""
    storages = {("torch", name): Constructor(f"torch.{name}") for name in STORAGES}
    options = {("argparse", "Namespace"): Constructor("argparse.Namespace", Options)}
    names = allowed_names(budget)
    names.update(storages | options)
    return names
