"""Big arrays between two processes: through shared memory, in two halves used in turn.

The parent owns the memory, makes it, grows it and unlinks it, so that nothing is left behind
however the child ends. The child packs a value with `pack`: everything but the arrays is pickled,
the arrays' bytes go into the half the parent is not reading. One value may be on its way at a time.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Any

from systems.files import fits_shared_memory

ALIGNMENT = 64
SMALLEST_HALF = 1 << 20


@dataclass(frozen=True, slots=True)
class Parcel:
    """A packed value: the pickle of all but the arrays, and where the arrays' bytes lie."""

    pickled: bytes
    spans: tuple[tuple[int, int], ...]
    """(offset, length) of each array in the shared memory."""
    inline: tuple[bytes, ...] = ()
    """The arrays themselves, where shared memory could not be had."""


def flatten(value: Any) -> tuple[bytes, list[memoryview]]:
    """Split a value into a pickle and the raw bytes of its contiguous arrays."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return pickled, [buffer.raw() for buffer in buffers]


def room_for(arrays: list[memoryview]) -> int:
    """Bytes one half must have to hold these arrays, each aligned."""
    return sum(-(-array.nbytes // ALIGNMENT) * ALIGNMENT for array in arrays)


class SharedHalves:
    """The parent's side: owns the memory and reads values out of it."""

    def __init__(self) -> None:
        self._memory: SharedMemory | None = None

    def grow(self, half_bytes: int) -> str | None:
        """Replace the memory by one whose halves have at least so many bytes.

        Returns:
            Its name, or None where the system has no room for it.
        """
        self.close()
        half = max(SMALLEST_HALF, 1 << (half_bytes - 1).bit_length())
        if not fits_shared_memory(2 * half):
            return None
        try:
            self._memory = SharedMemory(create=True, size=2 * half)
        except OSError:
            return None
        return self._memory.name

    def unpack(self, parcel: Parcel) -> Any:
        """Unpack a value, with arrays of its own."""
        if parcel.inline or not parcel.spans:
            return pickle.loads(parcel.pickled, buffers=map(bytearray, parcel.inline))
        shared = self._memory.buf if self._memory else None
        if shared is None:
            raise ValueError("the parcel speaks of shared memory that is not there")
        copies = [bytearray(shared[at : at + length]) for at, length in parcel.spans]
        return pickle.loads(parcel.pickled, buffers=copies)

    def close(self) -> None:
        """Give the memory back; harmless when there is none."""
        if self._memory is not None:
            self._memory.close()
            self._memory.unlink()
            self._memory = None


class HalfWriter:
    """The child's side: writes into the two halves in turn."""

    def __init__(self) -> None:
        self._memory: SharedMemory | None = None
        self._turn = 0

    @property
    def half_bytes(self) -> int:
        """Room in one half."""
        return self._memory.size // 2 if self._memory else 0

    def attach(self, name: str | None) -> None:
        """Use the memory of that name from now on, or none."""
        if self._memory is not None:
            self._memory.close()
        self._memory = SharedMemory(name=name) if name else None

    def write(self, pickled: bytes, arrays: list[memoryview]) -> Parcel:
        """Put the arrays where the parent finds them: into the half it does not read now."""
        shared = self._memory.buf if self._memory else None
        if shared is None or room_for(arrays) > self.half_bytes:
            return Parcel(pickled, (), tuple(bytes(array) for array in arrays))
        at = self._turn * self.half_bytes
        self._turn = 1 - self._turn
        spans = []
        for array in arrays:
            shared[at : at + array.nbytes] = array
            spans.append((at, array.nbytes))
            at += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
        return Parcel(pickled, tuple(spans))
