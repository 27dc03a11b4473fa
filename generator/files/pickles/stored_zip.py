"""Members of a zip whose contents are stored as they are, without copying or unpacking any.

`torch.save` writes such archives. Compressed or encrypted members are not read, so nothing in here
can grow; the members are views of the file.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

from generator.files.pickles.pickle_machine import PickleDamagedError, PickleRefusedError

MAX_MEMBERS = 1 << 15
"""A training's state with two optimisers has about 2,000."""

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_HEADER = struct.Struct("<4s5H3L2H")
_MAX_COMMENT_BYTES = 1 << 16
_MAX_NAME_BYTES = 1024
_LARGE = 0xFFFFFFFF
_ENCRYPTED = 1


@dataclass(slots=True)
class Member:
    """One member of an archive."""

    archive: memoryview = field(repr=False)
    header: int
    """Position of its own header."""
    size: int
    checksum: int
    is_stored: bool = True
    """Whether it is as it was, neither compressed nor encrypted."""
    _checked: memoryview | None = field(default=None, repr=False)

    def read(self) -> memoryview:
        """Its bytes, a view of the file; their checksum is compared once.

        Raises:
            PickleRefusedError: it is compressed or damaged.
        """
        if not self.is_stored:
            raise PickleRefusedError("its archive is compressed, which torch.save's are not")
        if self._checked is None:
            signature, *_, name, extra = _unpack(_HEADER, self.archive, self.header)
            begin = self.header + _HEADER.size + name + extra
            content = self.archive[begin : begin + self.size]
            if signature != b"PK\3\4" or len(content) != self.size:
                raise PickleDamagedError("a part of the archive is missing")
            if zlib.crc32(content) != self.checksum:
                raise PickleDamagedError("a part of the archive has a wrong checksum")
            self._checked = content
        return self._checked


def stored_members(archive: memoryview) -> dict[str, Member]:
    """The members of an archive by name.

    Raises:
        PickleRefusedError: it is damaged or holds too many members.
    """
    count, position = _directory(archive)
    if count > MAX_MEMBERS:
        raise PickleRefusedError("its archive has more members than any network")
    members = {}
    for _ in range(count):
        name, member, position = _member(archive, position)
        if name in members:
            raise PickleRefusedError(f"its archive holds {name!a:.80} twice")
        members[name] = member
    return members


def _unpack(layout: struct.Struct, archive: memoryview, position: int) -> tuple[Any, ...]:
    if not 0 <= position <= len(archive) - layout.size:
        raise PickleDamagedError("its archive ends in the middle")
    return layout.unpack_from(archive, position)


def _directory(archive: memoryview) -> tuple[int, int]:
    """How many members the table of contents has, and where it begins."""
    begin = max(0, len(archive) - _MAX_COMMENT_BYTES - _END.size)
    end = bytes(archive[begin:]).rfind(b"PK\5\6")
    if end < 0:
        raise PickleDamagedError("its archive has no table of contents")
    end += begin
    count, position = (_unpack(_END, archive, end)[index] for index in (4, 6))
    if end >= _LOCATOR_64.size:
        signature, _, place, _ = _LOCATOR_64.unpack_from(archive, end - _LOCATOR_64.size)
        if signature == b"PK\6\7":
            large = _unpack(_END_64, archive, place)
            if large[0] != b"PK\6\6":
                raise PickleDamagedError("its archive has no table of contents")
            count, position = large[7], large[9]
    return count, position


def _member(archive: memoryview, position: int) -> tuple[str, Member, int]:
    """Read one line of the table of contents: name, member, and where the next line begins."""
    entry = _unpack(_ENTRY, archive, position)
    signature, flags, method, checksum = entry[0], entry[3], entry[4], entry[7]
    packed, size, name_bytes, extra_bytes, comment_bytes = entry[8:13]
    header = entry[16]
    if signature != b"PK\1\2" or name_bytes > _MAX_NAME_BYTES:
        raise PickleDamagedError("its archive has a damaged table of contents")
    position += _ENTRY.size
    name = bytes(archive[position : position + name_bytes]).decode("utf-8", "replace")
    position += name_bytes
    extra = archive[position : position + extra_bytes]
    size, packed, header = _large_numbers(extra, size, packed, header)
    is_stored = method == 0 and not flags & _ENCRYPTED and packed == size
    member = Member(archive, header, size, checksum, is_stored)
    return name, member, position + extra_bytes + comment_bytes


def _large_numbers(extra: memoryview, *numbers: int) -> list[int]:
    """Replace those numbers that did not fit by those of the extra field that holds them."""
    position, large = 0, memoryview(b"")
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == 1:
            large = extra[position + 4 : position + 4 + length]
        position += 4 + length
    found = []
    for number in numbers:
        if number == _LARGE:
            if len(large) < 8:
                raise PickleDamagedError("its archive has a damaged table of contents")
            number, large = int.from_bytes(large[:8], "little"), large[8:]
        found.append(number)
    return found
