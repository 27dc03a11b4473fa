"""Makes of a TensorFlow StyleGAN2 in a pickle a configuration and tensors by our names.

TensorFlow keeps the axes of matrices and kernels the other way round, kernels of upsampling
layers turned by half a turn, and biases of styles without the one that is added to them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from generator.files.pickles.pickle_machine import PickleRefusedError
from generator.files.pickles.stored import StoredArray, TensorFlowNetwork
from generator.files.pickles.torch_networks import (
    Array,
    Converted,
    ImportedNetwork,
    Readable,
    make_config,
    mapping_depth,
    plain_values,
    shape_fields,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROGRAM = "NVIDIA's stylegan2 or stylegan2-ada (TensorFlow)"
_OLDEST_VERSION = 4
_COMPONENTS = ("mapping", "synthesis")
_DENSE = re.compile(r"Dense(\d{1,2})/(weight|bias)")
_LAYER = re.compile(r"(\d{1,4})x\1/(Conv|Conv0_up|Conv1|ToRGB|Skip)/(\w+)")
_LAYER_NAMES = {
    "Conv": "conv1",
    "Conv0_up": "conv0",
    "Conv1": "conv1",
    "ToRGB": "torgb",
    "Skip": "skip",
}
_UPSAMPLING = ("Conv0_up", "Skip")


@dataclass(frozen=True, slots=True)
class _Scalar:
    """A variable that is one number."""

    value: float
    shape: tuple[int, ...] = ()

    def read(self) -> Array:
        return np.array(self.value, np.float32)


def import_tensorflow(network: TensorFlowNetwork) -> ImportedNetwork:
    """Describe a generator of the TensorFlow repositories.

    Raises:
        PickleRefusedError: it is no StyleGAN2 generator, or of a kind that cannot be drawn here.
    """
    check_version(network)
    variables = dict(variables_of(network))
    tensors: dict[str, Readable] = {}
    for name, variable in variables.items():
        found = _translate(name, variable)
        if found is not None:
            tensors[found[0]] = found[1]
    options = static_options(network)
    config = make_config(_fields(tensors, options))
    return ImportedNetwork(config, tensors, {"program": PROGRAM})


def check_version(network: TensorFlowNetwork) -> None:
    """Refuse networks of formats that nobody has described.

    Raises:
        PickleRefusedError: this one is.
    """
    version = network.state.get("version")
    if type(version) is not int or version < _OLDEST_VERSION:
        raise PickleRefusedError(
            f"its TensorFlow network is of a format older than version {_OLDEST_VERSION}"
        )


def _components(network: TensorFlowNetwork) -> dict[str, TensorFlowNetwork]:
    found = network.state.get("components")
    if type(found) is not dict:
        return {}
    return {
        name: found[name] for name in _COMPONENTS if isinstance(found.get(name), TensorFlowNetwork)
    }


def variables_of(network: TensorFlowNetwork) -> Iterator[tuple[str, Readable]]:
    """The variables of the network and, with their names before them, of its two components."""
    sources = {"": network} | {f"{name}/": part for name, part in _components(network).items()}
    for prefix, source in sources.items():
        listed = source.state.get("variables")
        if type(listed) is not list:
            raise PickleRefusedError("its TensorFlow network has no variables")
        for entry in listed:
            if type(entry) not in (tuple, list) or len(entry) != 2 or type(entry[0]) is not str:
                raise PickleRefusedError("its TensorFlow network has unusual variables")
            name, value = entry
            if isinstance(value, StoredArray):
                yield prefix + name, value
            elif type(value) in (int, float):
                yield prefix + name, _Scalar(float(value))
            else:
                raise PickleRefusedError(f"its variable {name!r:.60} is no array")


def static_options(network: TensorFlowNetwork) -> dict[str, Any]:
    """The options that the network and its components were built with, plain ones."""
    options: dict[str, Any] = {}
    for source in (network, *_components(network).values()):
        given = source.state.get("static_kwargs")
        if type(given) is dict:
            options |= {str(name): value for name, value in given.items()}
    if options.get("mapping_lrmul", 0.01) != 0.01:
        raise PickleRefusedError("its mapping network has an unusual learning-rate multiplier")
    for name in ("act", "nonlinearity", "mapping_nonlinearity"):
        if options.get(name, "lrelu") != "lrelu":
            raise PickleRefusedError(f"it has the activation {options[name]!r:.40}")
    return plain_values(options)


def _translate(name: str, variable: Readable) -> tuple[str, Readable] | None:
    """Our name and form of a variable; None for what serves training only."""
    if name == "dlatent_avg":
        return "mapping.w_avg", variable
    part, _, rest = name.partition("/")
    if part == "mapping":
        return _translate_mapping(name, rest, variable)
    if part == "synthesis":
        return _translate_synthesis(name, rest, variable)
    return None


def _translate_mapping(name: str, rest: str, variable: Readable) -> tuple[str, Readable]:
    if match := _DENSE.fullmatch(rest):
        ours = f"mapping.fc{int(match[1])}.{match[2]}"
        return ours, variable if match[2] == "bias" else transposed(variable)
    if rest == "LabelEmbed/weight":
        return "mapping.embed.weight", transposed(variable)
    if rest == "LabelEmbed/bias":
        return "mapping.embed.bias", variable
    if rest.startswith("LabelConcat"):
        raise PickleRefusedError("it takes labels in the way of the first StyleGAN2, unlike ours")
    raise PickleRefusedError(f"its variable {name!r:.60} is unknown")


def _translate_synthesis(name: str, rest: str, variable: Readable) -> tuple[str, Readable] | None:
    if rest == "4x4/Const/const":
        return "synthesis.b4.const", _squeezed(variable, 4, 1)
    if match := re.fullmatch(r"noise(\d{1,2})", rest):
        # The first noise is that of the only layer of 4x4, then come two for each resolution.
        index = int(match[1])
        size, layer = 4 << (index + 1) // 2, "conv0" if index % 2 else "conv1"
        return f"synthesis.b{size}.{layer}.noise_const", _squeezed(variable, 4, 2)
    if rest == "lod":
        return None
    match = _LAYER.fullmatch(rest)
    if match is None:
        raise PickleRefusedError(f"its variable {name!r:.60} is unknown")
    ours = f"synthesis.b{match[1]}.{_LAYER_NAMES[match[2]]}"
    kind = match[3]
    if kind == "weight":
        return f"{ours}.weight", kernel(variable, turned=match[2] in _UPSAMPLING)
    if kind in ("bias", "noise_strength"):
        return f"{ours}.{kind}", variable
    if kind == "mod_weight":
        return f"{ours}.affine.weight", transposed(variable)
    if kind == "mod_bias":
        return f"{ours}.affine.bias", Converted(variable, lambda values: values + 1, variable.shape)
    raise PickleRefusedError(f"its variable {name!r:.60} is unknown")


def transposed(variable: Readable) -> Converted:
    """A matrix, or any array, with its axes in the opposite order."""
    return Converted(variable, np.transpose, variable.shape[::-1])


def _squeezed(variable: Readable, axes: int, ones: int) -> Converted:
    shape = variable.shape
    if len(shape) != axes or any(size != 1 for size in shape[:ones]):
        raise PickleRefusedError(f"a variable of shape {shape!s:.60} was not expected")
    return Converted(variable, lambda values: values.reshape(shape[ones:]), shape[ones:])


def kernel(variable: Readable, *, turned: bool) -> Converted:
    """A convolution kernel [height, width, in, out] as [out, in, height, width].

    Args:
        variable: As it is stored.
        turned: Whether it is stored turned by half a turn.
    """
    if len(variable.shape) != 4:
        raise PickleRefusedError(f"a kernel of shape {variable.shape!s:.60} was not expected")
    height, width, channels_in, channels_out = variable.shape

    def convert(values: Array) -> Array:
        used = values[::-1, ::-1] if turned else values
        return used.transpose(3, 2, 0, 1)

    return Converted(variable, convert, (channels_out, channels_in, height, width))


def _fields(tensors: Mapping[str, Readable], options: Mapping[str, Any]) -> dict[str, Any]:
    """The architecture, told from the shapes: older files hold only what differed from defaults."""
    widths = {
        int(name.split(".")[1][1:]): tensor.shape[0]
        for name, tensor in tensors.items()
        if name.startswith("synthesis.b") and name.endswith(".conv1.weight")
    }
    first, average = tensors.get("mapping.fc0.weight"), tensors.get("mapping.w_avg")
    if not widths or first is None or len(first.shape) != 2 or average is None:
        raise PickleRefusedError("it is no StyleGAN2 generator")
    embed = tensors.get("mapping.embed.weight")
    if len(average.shape) != 1 or (embed is not None and len(embed.shape) != 2):
        raise PickleRefusedError("its mapping network has no usual shape")
    w_dim, c_dim = average.shape[0], embed.shape[1] if embed is not None else 0
    resolution, most = max(widths), max(widths.values())
    colours = tensors.get(f"synthesis.b{resolution}.torgb.weight")
    if "synthesis.b8.skip.weight" in tensors:
        architecture = "resnet"
    else:
        architecture = "skip" if "synthesis.b4.torgb.weight" in tensors else "orig"
    return {
        "kind": "stylegan2",
        "input": "const",
        "architecture": architecture,
        "resolution": resolution,
        "z_dim": first.shape[1] - (w_dim if c_dim else 0),
        "c_dim": c_dim,
        "w_dim": w_dim,
        "img_channels": colours.shape[0] if colours is not None else 3,
        "map_depth": mapping_depth(tensors, 8),
        # Channels fall with the resolution or are at their maximum everywhere.
        "channel_base": max(size * width for size, width in widths.items()),
        "channel_max": most,
        "clamp": options.get("conv_clamp"),
        **shape_fields(tensors),
    }
