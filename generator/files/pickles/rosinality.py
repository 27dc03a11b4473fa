"""StyleGAN2 as rosinality's stylegan2-pytorch saves it, and programs that came from it.

Its networks are those of the paper with parameters of unit scale, like ours: names and axes differ,
the filters are stored times the square of the upsampling, and there is no limit on activations.
Nothing in the file tells the architecture but the shapes of the tensors.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from generator.config import LR_MULTIPLIER
from generator.files.pickles.pickle_machine import PickleRefusedError
from generator.files.pickles.stored import StateDict, StoredTensor
from generator.files.pickles.torch_networks import (
    Converted,
    ImportedNetwork,
    Readable,
    Zeros,
    make_config,
    mapping_depth,
    shape_fields,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.files.pickles.torch_networks import Array

PROGRAM = "rosinality's stylegan2-pytorch, or a program that came from it"
_NETWORKS = {"G_ema": "g_ema", "G": "g", "D": "d"}
_SIGN = "conv1.conv.modulation.weight"
"""A tensor that only its generators have."""
_DISCRIMINATOR_SIGN = "final_linear.1.weight"
_USUAL_DEVIATION = 5.0
"""Weights of the mapping network lie far above with the usual learning-rate multiplier of 0.01,
which makes their deviation 100 at first, and below without one."""

_MAPPING = re.compile(r"style\.(\d{1,2})\.(weight|bias)")
_LAYER = re.compile(r"(conv1|to_rgb1|convs\.\d{1,2}|to_rgbs\.\d{1,2})\.(.+)")
_NOISE = re.compile(r"noises\.noise_(\d{1,2})")
PARTS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "noise.weight": "noise_strength",
    "activate.bias": "bias",
    "bias": "bias",
}
_BLUR = {"conv.blur.kernel": "conv0.resample_filter", "upsample.kernel": "resample_filter"}
_DISCRIMINATOR_BLOCK = re.compile(r"convs\.(\d{1,2})\.(.+)")
_DISCRIMINATOR_PARTS = {
    "conv1.0.weight": "conv0.weight",
    "conv1.1.bias": "conv0.bias",
    "conv2.1.weight": "conv1.weight",
    "conv2.2.bias": "conv1.bias",
    "skip.1.weight": "skip.weight",
}
_DISCRIMINATOR_ENDS = {
    "final_conv.0.weight": "b4.conv.weight",
    "final_conv.1.bias": "b4.conv.bias",
    "final_linear.0.weight": "b4.fc.weight",
    "final_linear.0.bias": "b4.fc.bias",
    "final_linear.1.weight": "b4.out.weight",
    "final_linear.1.bias": "b4.out.bias",
}


def find_networks(content: Mapping[str, Any]) -> dict[str, StateDict]:
    """The networks in a checkpoint, by NVIDIA's names for them; empty if it is none of these."""
    average = content.get("latent_avg")
    found: dict[str, StateDict] = {}
    for name, theirs in _NETWORKS.items():
        tensors = tensors_in(content.get(theirs))
        sign = _DISCRIMINATOR_SIGN if name == "D" else _SIGN
        if sign in tensors:
            found[name] = StateDict(tensors, _tensor(average))
    if not found and _SIGN in (plain := tensors_in(content)):
        found["G"] = StateDict(plain)
    if not found:  # an encoder's checkpoint, its generator among other parts
        parts = tensors_in(content.get("state_dict"))
        decoder = {
            name.removeprefix("decoder."): tensor
            for name, tensor in parts.items()
            if name.startswith("decoder.")
        }
        if _SIGN in decoder:
            found["G"] = StateDict(decoder, _tensor(average))
    return found


def import_rosinality(state: StateDict) -> ImportedNetwork:
    """Describe a generator.

    Raises:
        PickleRefusedError: it is none, or of a kind that cannot be drawn here.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in state.tensors.items()}
    blocks = sum(re.fullmatch(r"to_rgbs\.\d{1,2}\.bias", name) is not None for name in shapes)
    resolution = 4 << blocks
    channels = [_shape(shapes, "conv1.conv.weight", 5)[1]]
    channels += [_shape(shapes, f"convs.{2 * i + 1}.conv.weight", 5)[1] for i in range(blocks)]
    tensors = {}
    for name, tensor in state.tensors.items():
        ours, converted = _converted(name, tensor)
        tensors[ours] = converted
    depth = mapping_depth(tensors, 0) or 0
    w_dim = _shape(shapes, f"style.{depth}.weight", 2)[0]
    inner = _shape(shapes, "style.1.weight", 2)[0]
    tensors["mapping.w_avg"] = _average(state.average, w_dim)
    config = make_config(
        {
            "kind": "stylegan2",
            "input": "const",
            "clamp": None,
            "resolution": resolution,
            "img_channels": _shape(shapes, "to_rgb1.conv.weight", 5)[1],
            "z_dim": _shape(shapes, "style.1.weight", 2)[1],
            "w_dim": w_dim,
            "map_depth": None if depth == 8 else depth,
            "layer_features": None if inner == w_dim else inner,
            **_channels(channels, resolution),
            **shape_fields(tensors),
        }
    )
    multiplier = _scale_mapping(tensors)
    remarks = {"program": PROGRAM}
    if multiplier != LR_MULTIPLIER:
        remarks["learning-rate multiplier of the mapping network"] = f"{multiplier:g}"
    if state.average is None:
        remarks["mean w"] = "not in the file, measured"
    return ImportedNetwork(config, tensors, remarks, measure_average=state.average is None)


def import_rosinality_discriminator(
    state: StateDict,
) -> tuple[dict[str, Any], dict[str, Readable]]:
    """A discriminator's options and its tensors, with the names of NVIDIA's.

    Raises:
        PickleRefusedError: it has a tensor of another kind of discriminator.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in state.tensors.items()}
    skip = re.compile(r"convs\.\d{1,2}\.skip\.1\.weight")
    blocks = sum(skip.fullmatch(name) is not None for name in shapes)
    resolution = 4 << blocks
    tensors: dict[str, Readable] = {}
    for name, tensor in state.tensors.items():
        if name.endswith(".kernel"):
            continue  # the filters are designed, not trained
        ours = _DISCRIMINATOR_ENDS.get(name) or _discriminator_name(name, resolution)
        if ours is None:
            raise PickleRefusedError(f"its discriminator has an unknown tensor {name!r:.80}")
        tensors[ours] = tensor
    options = {
        "c_dim": 0,
        "img_resolution": resolution,
        "img_channels": _shape(shapes, "convs.0.0.weight", 4)[1],
        "architecture": "resnet",
    }
    return options, tensors


def tensors_in(found: object) -> dict[str, Any]:
    """The tensors of a dict by name; other values are left out."""
    if type(found) is not dict:
        return {}
    return {str(name): value for name, value in found.items() if isinstance(value, StoredTensor)}


def _tensor(value: object) -> StoredTensor | None:
    return value if isinstance(value, StoredTensor) else None


def _shape(shapes: Mapping[str, tuple[int, ...]], name: str, axes: int) -> tuple[int, ...]:
    shape = shapes.get(name)
    if shape is None:
        raise PickleRefusedError(f"it lacks the tensor {name!r:.80}")
    if len(shape) != axes:
        raise PickleRefusedError(f"{name} has the shape {list(shape)!s:.60}")
    return shape


def _channels(channels: list[int], resolution: int) -> dict[str, Any]:
    """Channels by resolution, as base and maximum where these tell them all."""
    base, most = channels[-1] * resolution, max(channels)
    if channels == [min(base // (4 << i), most) for i in range(len(channels))]:
        return {"channel_base": base, "channel_max": most}
    return {"channels": tuple(channels)}


def _converted(name: str, tensor: StoredTensor) -> tuple[str, Readable]:
    """Our name of a tensor and the tensor in our form; both as they are where it is unknown."""
    if found := _MAPPING.fullmatch(name):
        return f"mapping.fc{int(found[1]) - 1}.{found[2]}", tensor
    if found := _NOISE.fullmatch(name):
        index = int(found[1])
        block, layer = 4 << (index + 1) // 2, "conv1" if index % 2 == 0 else "conv0"
        return f"synthesis.b{block}.{layer}.noise_const", _squeezed(tensor, 2)
    if name == "input.input":
        return "synthesis.b4.const", _squeezed(tensor, 1)
    if not (found := _LAYER.fullmatch(name)):
        return name, tensor
    layer, part = found[1], found[2]
    block, ours = _place(layer)
    if part in _BLUR:
        return f"synthesis.b{block}.{_BLUR[part]}", Converted(tensor, _unscaled, tensor.shape)
    if part not in PARTS:
        return name, tensor
    ours = f"synthesis.b{block}.{ours}.{PARTS[part]}"
    if part == "conv.weight":
        return ours, _squeezed(tensor, 1)
    if part == "noise.weight":
        return ours, _reshaped(tensor, ())
    if part == "bias":
        return ours, _reshaped(tensor, (tensor.shape[1],) if len(tensor.shape) == 4 else ())
    return ours, tensor


def _place(layer: str) -> tuple[int, str]:
    """Resolution and name within it of a layer."""
    kind, _, index = layer.partition(".")
    if not index:
        return 4, "torgb" if kind == "to_rgb1" else "conv1"
    if kind == "to_rgbs":
        return 8 << int(index), "torgb"
    return 8 << int(index) // 2, "conv0" if int(index) % 2 == 0 else "conv1"


def _squeezed(tensor: StoredTensor, axes: int) -> Readable:
    """Without so many leading axes, where these have length one."""
    if tensor.shape[:axes] != (1,) * axes:
        return tensor
    return _reshaped(tensor, tensor.shape[axes:])


def _reshaped(tensor: StoredTensor, shape: tuple[int, ...]) -> Readable:
    if np.prod(tensor.shape, dtype=object) != np.prod(shape, dtype=object):
        return tensor
    return Converted(tensor, lambda values: values.reshape(shape), shape)


def _unscaled(kernel: Array) -> Array:
    """A filter without the gain of its upsampling by two."""
    quarter: Array = kernel / 4
    return quarter


def _average(average: StoredTensor | None, w_dim: int) -> Readable:
    """The mean w; some programs keep a copy for each layer."""
    if average is None:
        return Zeros((w_dim,))
    shape = tuple(average.shape)
    if not 1 <= len(shape) <= 2 or shape[-1] != w_dim or 0 in shape:
        raise PickleRefusedError(f"its mean w has the shape {list(shape)!s:.60}")
    return Converted(average, lambda values: values.reshape(-1, w_dim)[0], (w_dim,))


def _scale_mapping(tensors: dict[str, Readable]) -> float:
    """Bring a mapping network without a learning-rate multiplier to the usual one.

    Returns:
        The multiplier that the file was trained with, told by the size of its weights.
    """
    weights = tensors["mapping.fc0.weight"].read()
    deviation = float(np.sqrt(np.mean(np.square(weights, dtype=np.float64))))
    if not 0 < deviation < _USUAL_DEVIATION:
        return LR_MULTIPLIER
    factor = np.float32(1 / LR_MULTIPLIER)

    def scaled(values: Array) -> Array:
        product: Array = values * factor
        return product

    for name in [name for name in tensors if name.startswith("mapping.fc")]:
        tensors[name] = Converted(tensors[name], scaled, tensors[name].shape)
    return 1.0


def _discriminator_name(name: str, resolution: int) -> str | None:
    found = _DISCRIMINATOR_BLOCK.fullmatch(name)
    if not found:
        return None
    index, part = int(found[1]), found[2]
    if index == 0:
        parts = {"0.weight": "fromrgb.weight", "1.bias": "fromrgb.bias"}
        return f"b{resolution}.{parts[part]}" if part in parts else None
    if part not in _DISCRIMINATOR_PARTS or resolution >> (index - 1) < 8:
        return None
    return f"b{resolution >> (index - 1)}.{_DISCRIMINATOR_PARTS[part]}"
