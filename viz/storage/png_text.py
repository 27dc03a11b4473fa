"""Texts in PNG pictures, found chunk by chunk: no pixel is decoded, and memory is bounded."""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 50_000
"""Chunks that are looked at; the largest pictures that are written here have far fewer."""


def text_of_png(path: Path, keyword: str, largest: int) -> str | None:
    """Read the first text of a PNG picture that has a keyword.

    Args:
        path: The picture.
        keyword: Name of the text.
        largest: Bytes that the text may have, packed and unpacked.

    Returns:
        The text; None if there is none of that name.

    Raises:
        ValueError: it is no PNG picture, or the text is damaged or too large.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            raise ValueError(f"{path.name} is no PNG picture")
        for kind, size in _chunks(file, path.name):
            if kind not in _TEXTS:
                continue
            if file.read(len(keyword) + 1) != keyword.encode("latin-1") + b"\0":
                continue
            rest = size - len(keyword) - 1
            if not 0 <= rest <= largest:
                raise ValueError(f"{path.name}: its text {keyword!r} is too large or damaged")
            try:
                return _TEXTS[kind](file.read(rest), largest)
            except (ValueError, zlib.error):
                raise ValueError(f"{path.name}: its text {keyword!r} is damaged") from None
    return None


def _chunks(file: BinaryIO, name: str) -> Iterator[tuple[bytes, int]]:
    """Kinds and sizes of a picture's chunks; at each of them the file is at its data."""
    end = os.fstat(file.fileno()).st_size
    for _ in range(MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return
        size, kind = struct.unpack(">I4s", head)
        following = file.tell() + size + 4  # behind the check sum
        if kind == b"IEND" or following > end:
            return
        yield kind, size
        file.seek(following)
    raise ValueError(f"{name} has more than {MOST_CHUNKS:,} chunks")


def _unpack(data: bytes, largest: int) -> bytes:
    unpacking = zlib.decompressobj()
    unpacked = unpacking.decompress(data, largest)
    if not unpacking.eof:
        raise ValueError("too large, or cut off")
    return unpacked


def _text(data: bytes, _largest: int) -> str:
    return data.decode("latin-1")


def _packed_text(data: bytes, largest: int) -> str:
    if data[:1] != b"\0":
        raise ValueError("packed in an unknown way")
    return _unpack(data[1:], largest).decode("latin-1")


def _international_text(data: bytes, largest: int) -> str:
    """Decode a flag and a method of packing, a language and a translated keyword, then the text."""
    packed, head, rest = data[:1], data[:2], data[2:]
    _language, _keyword, text = rest.split(b"\0", 2)
    if packed == b"\1" and head == b"\1\0":
        text = _unpack(text, largest)
    elif packed != b"\0":
        raise ValueError("packed in an unknown way")
    return text.decode("utf-8")


_TEXTS = {b"tEXt": _text, b"zTXt": _packed_text, b"iTXt": _international_text}
