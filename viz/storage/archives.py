"""Arrays in NumPy archives (`.npz`) from anywhere: nothing is executed, memory is bounded."""

from __future__ import annotations

import lzma
import math
import struct
import zipfile
import zlib
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_BYTES = 64 << 20
"""Of an array, unpacked."""
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # an unknown compression
    RuntimeError,  # a password
    struct.error,
)
"""What reading an archive that is damaged, or none at all, may raise besides ValueError."""


def read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, kind: str) -> NDArray[Any]:
    """One array, its size compared with that of its file before anything is allocated.

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
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"{info.filename} is of an unknown version")
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        try:
            shape, fortran, dtype = read(file)
        except (SyntaxError, TokenError, TypeError, ValueError, RecursionError):
            raise ValueError(f"{info.filename} has a damaged header") from None
        if dtype.kind != kind:
            raise ValueError(
                f"{info.filename} holds {dtype}, no {'text' if kind == 'U' else 'floating numbers'}"
            )
        if not all(type(side) is int and 0 <= side <= MAX_BYTES for side in shape):
            raise ValueError(f"{info.filename} has an impossible shape")
        size = math.prod(shape) * dtype.itemsize
        if size > MAX_BYTES:
            raise ValueError(f"{info.filename} is too large: at most {MAX_BYTES >> 20} MB are read")
        raw = file.read(size)
    if len(raw) != size:
        raise ValueError(f"{info.filename} is shorter than it says")
    return np.frombuffer(raw, dtype).reshape(shape, order="F" if fortran else "C")
