"""What is computed of a weight once and kept until it changes."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor


class Kept:
    """Tensors by the tensors they were made of, those used last up to a limit in bytes.

    One serves as long as its source lives, where it lies, in the version it had: every change in
    place that PyTorch knows of counts the version up. PyTorch's fused optimizers do not: of what
    is being trained, nothing is kept.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[tuple[int, Hashable], _Entry] = OrderedDict()
        # A source may be collected, and forgotten, while its thread is in here.
        self._lock = threading.RLock()

    def get(self, source: Tensor, purpose: Hashable, make: Callable[[], Tensor]) -> Tensor:
        """Return what `make` makes of a tensor for a purpose, or made of it as it is now."""
        # What is traced has no numbers, nor a place.
        if source.requires_grad or torch.compiler.is_exporting():
            return make()
        key = id(source), purpose
        # Inference tensors have no version: nothing can change them in place.
        version = 0 if source.is_inference() else source._version
        state = source.data_ptr(), version, source.shape, source.stride()
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.source() is not source or entry.state != state:
                forget = partial(self._forget, key)
                entry = _Entry(weakref.ref(source, forget), state, make())
                self._entries[key] = entry
            self._entries.move_to_end(key)
            while len(self._entries) > 1 and self.nbytes > self._limit:
                self._entries.popitem(last=False)
            return entry.made

    @property
    def nbytes(self) -> int:
        """Memory that is taken."""
        return sum(entry.made.nbytes for entry in self._entries.values())

    def _forget(self, key: tuple[int, Hashable], source: "weakref.ref[Tensor]") -> None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.source is source:
                del self._entries[key]


@dataclass(frozen=True)
class _Entry:
    source: "weakref.ref[Tensor]"
    state: tuple[object, ...]
    made: Tensor
