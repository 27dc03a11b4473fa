"""Registers and memory that a compiled kernel takes, read from the object itself.

An object is an ELF file. Its section `.nv.shared.NAME` is as large as the kernel's shared memory;
`.nv.info` lists attributes: a format, a number, and for format 4 a size and that many bytes,
among them the registers and the stack of each function.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_SIZED = 4
_REGISTERS = 0x2F
_STACK = 0x11
_RESERVED = 1024


@dataclass(frozen=True)
class Usage:
    """Registers and memory of one kernel."""

    registers: int
    """Registers of a thread."""
    shared_bytes: int
    """Shared memory of a block."""
    stack_bytes: int
    """Stack of a thread. Registers that do not fit are spilled there: 0 proves that all fit."""

    def blocks(self, threads: int, limits: "Limits") -> int:
        """Return how many blocks a multiprocessor holds at once."""
        # Registers go to warps in portions of 256.
        per_warp = -(-self.registers * 32 // 256) * 256
        warps = -(-threads // 32)
        by_shared = limits.shared_bytes // max(self.shared_bytes + limits.reserved_bytes, 1)
        by_registers = limits.registers // (per_warp * warps)
        return min(by_shared, by_registers, limits.threads // threads, limits.blocks)


@dataclass(frozen=True)
class Limits:
    """Resources of one multiprocessor."""

    registers: int
    shared_bytes: int
    threads: int
    blocks: int
    reserved_bytes: int
    """Shared memory that the system takes for each block."""


# CUDA C++ Programming Guide, "Technical specifications per compute capability".
LIMITS = {
    "sm_75": Limits(65536, 64 * 1024, 1024, 16, 0),
    "sm_80": Limits(65536, 164 * 1024, 2048, 32, _RESERVED),
    "sm_86": Limits(65536, 100 * 1024, 1536, 16, _RESERVED),
    "sm_89": Limits(65536, 100 * 1024, 1536, 24, _RESERVED),
    "sm_90": Limits(65536, 228 * 1024, 2048, 32, _RESERVED),
    "sm_100": Limits(65536, 228 * 1024, 2048, 32, _RESERVED),
    "sm_120": Limits(65536, 100 * 1024, 1536, 24, _RESERVED),
}


def read(code: bytes, kernel: str) -> Usage:
    """Read the usage of the one kernel in an object.

    Raises:
        ValueError: This is no such object.
    """
    sections = dict(_sections(code))
    if ".nv.info" not in sections:
        raise ValueError("not a compiled CUDA object")
    start, size = sections[".nv.info"]
    attributes = dict(_attributes(code[start : start + size]))
    shared = sections.get(f".nv.shared.{kernel}", (0, 0))[1]
    # From sm_90 on the section counts what the system takes for each block.
    if shared and ".nv.shared.reserved.0" in sections:
        shared -= _RESERVED
    # Each of these is the function's number, then the figure.
    return Usage(
        registers=struct.unpack_from("<I", attributes[_REGISTERS], 4)[0],
        shared_bytes=shared,
        stack_bytes=struct.unpack_from("<I", attributes[_STACK], 4)[0],
    )


def _sections(code: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name, offset and size of every section of a 64-bit ELF file."""
    if code[:5] != b"\x7fELF\x02":
        raise ValueError("not a compiled CUDA object")
    (table,) = struct.unpack_from("<Q", code, 40)
    entry_size, count, names = struct.unpack_from("<HHH", code, 58)
    headers = [struct.unpack_from("<IIQQQQ", code, table + i * entry_size) for i in range(count)]
    for header in headers:
        start = headers[names][4] + header[0]
        yield code[start : code.index(0, start)].decode(), (header[4], header[5])


def _attributes(info: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place < len(info):
        layout, number, size = struct.unpack_from("<BBH", info, place)
        place += 4
        if layout == _SIZED:
            yield number, info[place : place + size]
            place += size
