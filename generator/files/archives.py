"""Arrays in NumPy archives (`.npz`) from anywhere: nothing is executed, memory is bounded."""

from __future__ import annotations

import lzma
import math
import os
import struct
import zipfile
import zlib
from contextlib import contextmanager
from tokenize import TokenError
from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

MAX_BYTES = 64 << 20
"""Largest array that is read, unpacked."""
MAX_DIRECTORY_BYTES = 1 << 20
"""Largest table of contents of an archive: some 15,000 arrays."""
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # an unknown compression
    RuntimeError,  # a password
    struct.error,
    SystemError,  # numbers in an array of text that are no letters
    LookupError,
    ArithmeticError,
    MemoryError,
)
"""Errors, besides ValueError, that reading a damaged archive may raise."""


@contextmanager
def opened_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose table of contents is of bounded size.

    Raises:
        ValueError: the table is too large.
        OSError, or one of `DAMAGED`: the archive cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 0x10100))  # the last record and its comment
        tail = file.read()
        at = tail.rfind(b"PK\5\6")
        is_large = at >= 20 and tail[at - 20 : at - 16] == b"PK\6\7"
        if at >= 0 and not is_large:
            is_large = int.from_bytes(tail[at + 12 : at + 16], "little") > MAX_DIRECTORY_BYTES
        if is_large:
            raise ValueError(f"{path.name} holds too many arrays")
        with zipfile.ZipFile(file) as archive:
            yield archive


def read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, kind: str) -> NDArray[Any]:
    """Read one array; its size is compared with that of its file before anything is allocated.

    Args:
        archive: Holds it.
        info: Which one.
        kind: NumPy's letter of its type: `f` floating numbers, `U` text.

    Raises:
        ValueError: it is of another type, too large, or damaged.
        OSError, or one of `DAMAGED`: the archive cannot be read.
    """
    if info.file_size > MAX_BYTES:
        raise ValueError(f"{info.filename} is too large: at most {MAX_BYTES >> 20} MB are read")
    with archive.open(info) as file:
        return _array_in(file, info.filename, kind)


def read_array_file(path: Path, kind: str) -> NDArray[Any]:
    """Read a file of one array (`.npy`) as `read_array` reads those of archives.

    Raises:
        ValueError: it is of another type, too large, or damaged.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return _array_in(file, path.name, kind)


def _array_in(file: IO[bytes], name: str, kind: str) -> NDArray[Any]:
    try:
        version = np.lib.format.read_magic(file)
    except ValueError:
        raise ValueError(f"{name} is no array") from None
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{name} is of an unknown version")
    read = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    try:
        shape, fortran, dtype = read(file)
    except (SyntaxError, TokenError, TypeError, ValueError, AttributeError, *DAMAGED):
        raise ValueError(f"{name} has a damaged header") from None
    if dtype.kind != kind:
        raise ValueError(
            f"{name} holds {dtype}, no {'text' if kind == 'U' else 'floating numbers'}"
        )
    if not all(type(side) is int and 0 <= side <= MAX_BYTES for side in shape):
        raise ValueError(f"{name} has an impossible shape")
    size = math.prod(shape) * dtype.itemsize
    if size > MAX_BYTES:
        raise ValueError(f"{name} is too large: at most {MAX_BYTES >> 20} MB are read")
    raw = file.read(size)
    if len(raw) != size:
        raise ValueError(f"{name} is shorter than it says")
    return np.frombuffer(raw, dtype).reshape(shape, order="F" if fortran else "C")
