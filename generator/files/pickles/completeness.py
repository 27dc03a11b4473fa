"""Check that the tensors of a `.pkl` file are all there, by looking at every one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from generator.files.errors import NetworkFileError
from generator.files.pickles.pickle_machine import PickleRefusedError
from generator.files.pickles.stored import StateDict, StoredModule
from generator.files.pickles.tensorflow_networks import variables_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.files.pickles.pickle import NetworkPickle
    from generator.files.pickles.stored import StoredNetwork
    from generator.files.pickles.torch_networks import Readable

HOLE_BYTES = 1 << 16
"""No trained tensor holds so many zeros in a row; a part of a file that was never written does."""


def check_tensors(pickle: NetworkPickle) -> None:
    """Look at the values of every tensor of every network in the file.

    Raises:
        NetworkFileError: a tensor is damaged, or a part of it was never written.
    """
    try:
        for network in pickle.networks.values():
            for name, tensor in _tensors(network):
                if _has_hole(np.asarray(tensor.read())):
                    raise PickleRefusedError(f"a part of {name!r:.80} was never written")
            pickle.release_pages()
    except PickleRefusedError as error:
        raise NetworkFileError(f"a tensor is damaged: {error!s:.160}") from None


def _tensors(network: StoredNetwork) -> Iterator[tuple[str, Readable]]:
    if isinstance(network, StoredModule):
        yield from network.tensors().items()
    elif isinstance(network, StateDict):
        yield from network.tensors.items()
    else:
        yield from variables_of(network)


def _has_hole(values: np.ndarray) -> bool:
    """Return whether some aligned stretch of `HOLE_BYTES` holds nothing but zeros."""
    flat = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
    blocks = len(flat) // HOLE_BYTES
    words = flat[: blocks * HOLE_BYTES].view(np.uint64).reshape(blocks, HOLE_BYTES // 8)
    return not bool(words.any(axis=1).all())
