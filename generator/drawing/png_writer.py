"""PNG files written row by row, so that a picture never needs to fit into memory."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from generator.files.atomic_files import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS = 8
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""By channels: grey, colours, colours and opacity."""
_SUBTRACT_LEFT = 1
"""The filter: what is kept of a pixel is its difference from the one before."""
_LARGEST_SIDE = 2**31 - 1


class PngWriter:
    """Writes a picture, rows from the top; used with `with`.

    The file gets its name when the last row is written; what is left unfinished is deleted.
    W3C, "Portable Network Graphics Specification (Third Edition)".

    Args:
        path: The file; its folder must exist.
        height, width: In pixels.
        channels: 1 for grey, 3 for colours, 4 for colours and opacity.
        texts: Keywords of 1 to 79 Latin-1 characters, and texts, to keep in the file.
        level: Of the compression, 0 to 9.

    Raises:
        ValueError: there is no such size or number of channels.
        OSError: the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        height: int,
        width: int,
        *,
        channels: int = 3,
        texts: Mapping[str, str] | None = None,
        level: int = 6,
    ) -> None:
        if not (1 <= height <= _LARGEST_SIDE and 1 <= width <= _LARGEST_SIDE):
            raise ValueError(f"a PNG has 1 to {_LARGEST_SIDE} pixels a side, got {height}×{width}")
        if channels not in _COLOUR_TYPES:
            raise ValueError(f"a PNG has 1, 3 or 4 channels, got {channels}")
        self.path, self.height, self.width, self.channels = path, height, width, channels
        self._written = 0
        self._deflate = zlib.compressobj(level)
        self._draft = replacing(path)
        self._file: BinaryIO = self._draft.__enter__()
        self._file.write(_SIGNATURE)
        header = struct.pack(">IIBBBBB", width, height, _BITS, _COLOUR_TYPES[channels], 0, 0, 0)
        self._chunk(b"IHDR", header)
        for keyword, text in (texts or {}).items():
            # No compression, no language, no translated keyword.
            self._chunk(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode())

    def write(self, rows: NDArray[np.uint8]) -> None:
        """Add rows, [n, width, channels] uint8.

        Raises:
            ValueError: they do not fit the picture.
            OSError: the file cannot be written.
        """
        count = self.channels
        if rows.dtype != np.uint8 or rows.ndim != 3 or rows.shape[1:] != (self.width, count):
            raise ValueError(
                f"rows must be [n, {self.width}, {count}] uint8, got {list(rows.shape)}"
            )
        if self._written + len(rows) > self.height:
            raise ValueError(f"the picture has {self.height} rows, no more")
        filtered = np.empty((len(rows), 1 + count * self.width), np.uint8)
        filtered[:, 0] = _SUBTRACT_LEFT
        flat = rows.reshape(len(rows), -1)
        filtered[:, 1 : 1 + count] = flat[:, :count]
        # Modulo 256, as is meant.
        np.subtract(flat[:, count:], flat[:, :-count], out=filtered[:, 1 + count :])
        self._data(self._deflate.compress(filtered.data))
        self._written += len(rows)

    def __enter__(self) -> PngWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            try:
                self._finish()
            except BaseException as wrong:
                self._draft.__exit__(type(wrong), wrong, wrong.__traceback__)
                raise
        self._draft.__exit__(kind, error, trace)

    def _finish(self) -> None:
        if self._written != self.height:
            raise ValueError(f"the picture has {self.height} rows, {self._written} were written")
        self._data(self._deflate.flush())
        self._chunk(b"IEND", b"")

    def _data(self, compressed: bytes) -> None:
        if compressed:
            self._chunk(b"IDAT", compressed)

    def _chunk(self, kind: bytes, body: bytes) -> None:
        check = zlib.crc32(body, zlib.crc32(kind))
        self._file.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check))
