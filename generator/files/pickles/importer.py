"""Loads a generator out of a `.pkl` file of NVIDIA's repositories or an archive of `torch.save`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from generator.files.errors import NetworkFileError
from generator.files.pickles.pickle import NetworkPickle, open_pickle
from generator.files.pickles.pickle_machine import PickleRefusedError
from generator.files.pickles.rosinality import (
    import_rosinality,
    import_rosinality_discriminator,
)
from generator.files.pickles.stored import StateDict, StoredModule, StoredNetwork
from generator.files.pickles.stylegan_xl import import_stylegan_xl, is_stylegan_xl
from generator.files.pickles.tensorflow_discriminator import import_tensorflow_discriminator
from generator.files.pickles.tensorflow_networks import import_tensorflow
from generator.files.pickles.torch_networks import (
    ImportedNetwork,
    Readable,
    common_activation,
    import_module,
    plain_values,
)
from generator.files.sanitise import plain_figures
from generator.layers import count_weights
from generator.network import Generator, blank_network

if TYPE_CHECKING:
    from pathlib import Path

    from generator.config import NetworkConfig

Progress = Callable[[float], None]
"""Told which fraction is done, 0 to 1; whatever it raises ends the work."""

FILTER_TOLERANCE = 1e-5
"""A file's filters may differ from those designed here by rounding in float32."""

_SMALLEST_ELEMENT_BYTES = 2
_AVERAGED, _AVERAGED_AT_ONCE = 4096, 512
_FILTERS = ("up_filter", "down_filter", "resample_filter")


def load_pickle(
    path: Path, *, network: str | None = None, progress: Progress | None = None
) -> Generator:
    """Load a generator; nothing in the file is executed.

    Beside the network's own parameters only those pages of the file are in memory that hold the
    tensor being copied.

    Args:
        path: A `.pkl` file of a StyleGAN2, StyleGAN2-ADA or StyleGAN3 repository, or an archive of
            `torch.save` with such a network or a StyleGAN2 of rosinality's.
        network: "G_ema" or "G"; None takes the first of these that the file has.
        progress: See `Progress`.

    Raises:
        NetworkFileError: the file was refused, or holds no such generator.
        OSError: the file cannot be read.
    """
    pickle = open_pickle(path)
    name, stored = pickle.choose(network)
    try:
        imported = _describe(stored)
        if count_weights(imported.config) * _SMALLEST_ELEMENT_BYTES > pickle.file_bytes:
            raise PickleRefusedError("it is too small for the network that it describes")
        net = _build(imported.config)
        _fill(net, imported.tensors, progress or (lambda fraction: None), pickle)
        if imported.measure_average:
            _measure_average(net)
    except PickleRefusedError as error:
        raise NetworkFileError(f"{path.name:.100}: {error!s:.200}") from None
    net.info = _info(pickle, name, imported)
    return net


def load_discriminator(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read the discriminator of a `.pkl` file: its options and its tensors by name.

    One of TensorFlow comes with the names and forms of PyTorch's, and with those options that its
    shapes tell.

    Raises:
        NetworkFileError: the file was refused, or holds no discriminator of StyleGAN2 or StyleGAN3.
        OSError: the file cannot be read.
    """
    _, stored = open_pickle(path).choose("D")
    try:
        options, tensors = _describe_discriminator(stored)
        values = {
            name: torch.from_numpy(np.array(tensor.read(), np.float32, order="C"))
            for name, tensor in tensors.items()
        }
    except PickleRefusedError as error:
        raise NetworkFileError(f"{path.name:.100}: {error!s:.200}") from None
    return options, values


def _describe_discriminator(stored: StoredNetwork) -> tuple[dict[str, Any], dict[str, Readable]]:
    if isinstance(stored, StateDict):
        return import_rosinality_discriminator(stored)
    if not isinstance(stored, StoredModule):
        return import_tensorflow_discriminator(stored)
    if stored.class_name != "Discriminator":
        raise PickleRefusedError("its discriminator is of a kind that cannot be read")
    activation = common_activation(dict(stored.walk()), {})
    if activation != "lrelu":
        raise PickleRefusedError(f"its discriminator has the activation {activation!r:.40}")
    return plain_values(stored.options()), dict(stored.tensors())


def _describe(stored: StoredNetwork) -> ImportedNetwork:
    if isinstance(stored, StoredModule):
        parts = dict(stored.walk())
        if is_stylegan_xl(stored, parts):
            return import_stylegan_xl(stored, parts)
        return import_module(stored)
    if isinstance(stored, StateDict):
        return import_rosinality(stored)
    return import_tensorflow(stored)


def _build(config: NetworkConfig) -> Generator:
    try:
        return blank_network(config)
    except ValueError as error:
        raise PickleRefusedError(f"its filters cannot be designed: {error}") from None


def _info(pickle: NetworkPickle, name: str, imported: ImportedNetwork) -> dict[str, Any]:
    info: dict[str, Any] = {
        "imported from": pickle.path.name,
        "network": name,
        "networks in the file": ", ".join(pickle.networks),
        **imported.remarks,
    }
    training_set = plain_values(pickle.training_set)
    if training_set:
        info["training set"] = training_set
    figures: dict[str, Any] = plain_figures(info)
    return figures


@torch.no_grad()
def _fill(
    net: Generator, tensors: Mapping[str, Readable], progress: Progress, pickle: NetworkPickle
) -> None:
    """Copy every tensor to its place, after names and shapes have been compared."""
    targets = net.state_dict()
    designed = {name: buffer for name, buffer in net.named_buffers() if name not in targets}
    for name in sorted(targets.keys() - tensors.keys()):
        raise PickleRefusedError(f"it lacks the tensor {name!r:.80}")
    for name in sorted(tensors.keys() - targets.keys()):
        _check_filter(name, tensors[name], designed.get(name))
    for name, target in targets.items():
        if tuple(tensors[name].shape) != tuple(target.shape):
            raise PickleRefusedError(
                f"{name} has the shape {list(tensors[name].shape)!s:.60}, "
                f"the architecture asks for {list(target.shape)}"
            )
    total = max(sum(target.numel() for target in targets.values()), 1)
    done = 0
    for name, target in targets.items():
        values = tensors[name].read()
        if values.dtype.kind != "f":
            raise PickleRefusedError(f"{name} is {values.dtype}, not floating")
        np.copyto(target.numpy(), values, casting="same_kind")
        del values
        pickle.release_pages()
        done += target.numel()
        progress(done / total)


@torch.no_grad()
def _measure_average(net: Generator) -> None:
    """Take the mean of many w for the mean w, the same each time."""
    draws = torch.Generator().manual_seed(0)
    total = torch.zeros_like(net.mapping.w_avg)
    for _ in range(_AVERAGED // _AVERAGED_AT_ONCE):
        z = torch.randn(_AVERAGED_AT_ONCE, net.z_dim, generator=draws)
        total += net.mapping(z)[:, 0].sum(dim=0)
    net.mapping.w_avg.copy_(total / _AVERAGED)


def _check_filter(name: str, stored: Readable, designed: Tensor | None) -> None:
    """Filters follow from the configuration: the file's must be the ones designed here."""
    if designed is None:
        if name.rpartition(".")[2] in _FILTERS:
            raise PickleRefusedError(f"it has the filter {name!r:.80}, where ours has none")
        raise PickleRefusedError(f"it has an unknown tensor {name!r:.80}")
    if tuple(stored.shape) != tuple(designed.shape):
        raise PickleRefusedError(f"its filter {name!r:.80} has {stored.shape!s:.40} taps")
    if not np.allclose(stored.read(), designed.numpy(), rtol=0, atol=FILTER_TOLERANCE):
        raise PickleRefusedError(f"its filter {name!r:.80} is not the one of the papers")
