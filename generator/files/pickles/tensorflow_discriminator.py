"""Makes of a TensorFlow StyleGAN2 discriminator in a pickle options and tensors by our names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from generator.files.pickles.pickle_machine import PickleRefusedError
from generator.files.pickles.tensorflow_networks import (
    check_version,
    kernel,
    static_options,
    transposed,
    variables_of,
)

if TYPE_CHECKING:
    from generator.files.pickles.stored import TensorFlowNetwork
    from generator.files.pickles.torch_networks import Readable

_KERNEL_LAYERS = {
    "FromRGB": "fromrgb",
    "Conv0": "conv0",
    "Conv1_down": "conv1",
    "Skip": "skip",
    "Conv": "conv",
}
_DENSE_LAYERS = {
    "4x4/Dense0": "b4.fc",
    "Output": "b4.out",
    "LabelEmbed": "mapping.embed",
    **{f"Mapping{index}": f"mapping.fc{index}" for index in range(16)},
}
_KERNEL = re.compile(rf"(\d{{1,4}})x\1/({'|'.join(_KERNEL_LAYERS)})/(weight|bias)")


def import_tensorflow_discriminator(
    network: TensorFlowNetwork,
) -> tuple[dict[str, Any], dict[str, Readable]]:
    """Describe a discriminator: its options, those told from the shapes included, and its tensors.

    Kernels that make pictures smaller are stored as they are used, unlike the generator's that
    make them larger, which are turned.

    Raises:
        PickleRefusedError: it is no StyleGAN2 discriminator with residual or plain layers.
    """
    check_version(network)
    tensors: dict[str, Readable] = {}
    for name, variable in variables_of(network):
        found = _translate(name, variable)
        if found is not None:
            tensors[found[0]] = found[1]
    resolutions = [int(match[1]) for name in tensors if (match := re.match(r"b(\d+)\.", name))]
    if "b4.out.weight" not in tensors or max(resolutions) < 8:
        raise PickleRefusedError("it is no StyleGAN2 discriminator")
    resolution, embed = max(resolutions), "mapping.embed.weight"
    told = {
        "img_resolution": resolution,
        "img_channels": _channels_in(tensors, f"b{resolution}.fromrgb.weight"),
        "c_dim": _channels_in(tensors, embed) if embed in tensors else 0,
        "architecture": "resnet" if f"b{resolution}.skip.weight" in tensors else "orig",
    }
    return static_options(network) | told, tensors


def _channels_in(tensors: dict[str, Readable], name: str) -> int:
    if name not in tensors:
        raise PickleRefusedError(f"it lacks the tensor {name!r}")
    shape = tensors[name].shape
    if len(shape) < 2:
        raise PickleRefusedError(f"its tensor {name!r} has the shape {list(shape)}")
    return shape[1]


def _translate(name: str, variable: Readable) -> tuple[str, Readable] | None:
    """Our name and form of a variable; None for what serves training only."""
    if match := _KERNEL.fullmatch(name):
        ours = f"b{match[1]}.{_KERNEL_LAYERS[match[2]]}.{match[3]}"
        return ours, kernel(variable, turned=False) if match[3] == "weight" else variable
    layer, _, what = name.rpartition("/")
    if layer in _DENSE_LAYERS and what in ("weight", "bias"):
        ours = f"{_DENSE_LAYERS[layer]}.{what}"
        return ours, transposed(variable) if what == "weight" else variable
    if name == "lod":
        return None
    raise PickleRefusedError(f"its variable {name!r:.60} is unknown")
