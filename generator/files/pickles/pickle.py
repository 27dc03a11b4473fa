"""Opens the `.pkl` files that NVIDIA's StyleGAN repositories write, and archives of `torch.save`.

NVIDIA's hold Python source text and the names of functions to run it with. Nothing is executed
here, and the source stays unread: `pickle_machine` runs the instructions with a fixed list of
names (`allowed_names`), each of which makes a plain record (`stored`). Tensors remain in the file
until asked for.
"""

from __future__ import annotations

import contextlib
import gc
import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.files.errors import NetworkFileError
from generator.files.pickles.allowed_names import allowed_names
from generator.files.pickles.others import described_content
from generator.files.pickles.pickle_machine import (
    Budget,
    PickleDamagedError,
    PickleRefusedError,
    run_pickle,
)
from generator.files.pickles.rosinality import find_networks
from generator.files.pickles.stored import StoredNetwork
from generator.files.pickles.torch_archive import is_torch_archive, read_archive

NETWORKS = ("G_ema", "G", "D")
"""Names of the networks of a file: averaged generator, generator, discriminator."""


@dataclass(frozen=True)
class NetworkPickle:
    """Networks and options of a `.pkl` file."""

    path: Path
    file_bytes: int
    networks: Mapping[str, StoredNetwork]
    """By name, see `NETWORKS`."""
    training_set: Mapping[str, Any]
    """The options of the data set the networks were trained on."""
    mapping: mmap.mmap = field(repr=False, compare=False)

    def release_pages(self) -> None:
        """Let go of the pages that were read; they come back from the file when asked for."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.mapping.madvise(mmap.MADV_DONTNEED)

    def choose(self, name: str | None) -> tuple[str, StoredNetwork]:
        """The network of a name; None takes the averaged generator, else the plain one.

        Raises:
            NetworkFileError: the file has none of that name.
        """
        wanted = (name,) if name is not None else ("G_ema", "G")
        for candidate in wanted:
            if candidate in self.networks:
                return candidate, self.networks[candidate]
        held = ", ".join(self.networks) or "no network"
        raise NetworkFileError(f"{self.path.name:.100} holds {held}, not {wanted[0]!r:.20}")


def open_pickle(path: Path) -> NetworkPickle:
    """Read the structure of a `.pkl` file; the tensors stay in the file until they are read.

    Raises:
        NetworkFileError: the file holds no network, is damaged, or asks for anything that a
            published network does not need. Nothing has been executed.
        OSError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            # Copy on write: arrays over the file may be handed on without being read-only.
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except ValueError:
        raise NetworkFileError(f"{path.name:.100} is empty") from None
    try:
        data = memoryview(mapping)
        budget = Budget(len(data))
        with _no_garbage_collection():
            if is_torch_archive(data):
                content = read_archive(data, budget)
            else:
                content, _ = run_pickle(data, allowed_names(budget), budget)
            networks, training_set = _contents(content)
        if not networks and is_torch_archive(data):
            raise PickleRefusedError(f"it is {described_content(content)}")
        if not networks:
            raise PickleRefusedError("it holds no network")
    except PickleDamagedError as error:
        raise NetworkFileError(
            f"{path.name:.100} is damaged or no network file ({error!s:.100}); "
            "get it once more, or open another"
        ) from None
    except PickleRefusedError as error:
        raise NetworkFileError(f"{path.name:.100} was refused: {error!s:.200}") from None
    return NetworkPickle(path, len(data), networks, training_set, mapping)


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Hundreds of thousands of small objects, none of them garbage, are not worth looking at."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _contents(content: object) -> tuple[dict[str, StoredNetwork], dict[str, Any]]:
    training_set: object = {}
    if type(content) is tuple and len(content) == 3:
        # TensorFlow: generator, discriminator, averaged generator.
        found = dict(zip(("G", "D", "G_ema"), content, strict=True))
    elif type(content) is dict:
        found = {name: content.get(name) for name in NETWORKS}
        training_set = content.get("training_set_kwargs")
    else:
        found = {"G": content}
    networks = {
        name: network for name, network in found.items() if isinstance(network, StoredNetwork)
    }
    if not networks and type(content) is dict:
        networks = {**find_networks(content)}
    return networks, dict(training_set) if type(training_set) is dict else {}
