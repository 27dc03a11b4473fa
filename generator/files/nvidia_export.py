"""Writes a StyleGAN2 as a `.pkl` that NVIDIA's programs for PyTorch read, without source text.

Their own pickles hold Python source, which reading executes. They read an older layout too, that of
the TensorFlow programs, of which they take arguments and variables and nothing else: no source is
needed, and none is written. (The TensorFlow programs themselves would need it.) The way back is
`generator.files.pickles.tensorflow_networks`, where the differences are explained.
"""

from __future__ import annotations

import pickle
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from generator.files.atomic_files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.config import NetworkConfig
    from generator.network import Generator

Array = npt.NDArray[np.float32]
Variables = dict[str, Array]

_VERSION = 4
_KEPT = 1000
"""Place in the pickle's memo that no part of it uses."""
_LAYER = re.compile(r"b(\d+)\.(conv0|conv1|torgb|skip)\.(.+)")
_LAYERS = {"conv0": "Conv0_up", "conv1": "Conv1", "torgb": "ToRGB", "skip": "Skip"}


def export_nvidia(net: Generator, path: str | Path) -> None:
    """Write generator and averaged generator, which are one, and a discriminator, all at once.

    Those programs ask for a discriminator: it is a fresh one, as a training begins with.

    Args:
        net: The network.
        path: Where to; replaced if it exists.

    Raises:
        ValueError: the layout has no such networks; the message says why.
        OSError: the file cannot be written.
    """
    if (reason := why_no_pickle(net.config)) is not None:
        raise ValueError(
            f"NVIDIA's .pkl can hold no such network without source text to execute: {reason}; "
            "docs/checkpoints.md says how to hand weights to the original programs"
        )
    arrays = {
        name: value.detach().cpu().float().numpy() for name, value in net.state_dict().items()
    }
    config = net.config
    shared = {
        "resolution": config.resolution,
        "num_channels": config.img_channels,
        "label_size": config.c_dim,
        "fmap_base": config.channel_base // 2,
        "fmap_max": config.channel_max,
        "conv_clamp": config.clamp,
    }
    own = {
        "latent_size": config.z_dim,
        "dlatent_size": config.w_dim,
        "mapping_layers": config.mapping_layers,
        "mapping_fmaps": config.w_dim,
        "architecture": config.architecture,
    }
    parts = {
        "mapping": _network("G_mapping", {}, _mapping(arrays)),
        "synthesis": _network("G_synthesis", {}, _synthesis(arrays)),
    }
    average = {"dlatent_avg": arrays["mapping.w_avg"]}
    generator = _network("G", shared | own, average, parts)
    judge = _network("D", shared, _fresh_discriminator(config))
    keep, again = b"r" + struct.pack("<I", _KEPT), b"j" + struct.pack("<I", _KEPT)
    data = pickle.PROTO + b"\3" + generator + keep + judge + again + pickle.TUPLE3 + pickle.STOP
    write_atomically(Path(path), data)


def why_no_pickle(config: NetworkConfig) -> str | None:
    """The reason why the layout has no such network; None where it has."""
    if config.kind != "stylegan2":
        return "only StyleGAN2 has a layout without"
    if config.input != "const":
        return "its networks start from a learned constant, not from Fourier features"
    if config.size is not None:
        return "its pictures are square"
    if config.activation != "lrelu":
        return "its activations are leaky ReLUs"
    if config.channels is not None or config.channel_base % 2:
        return "its channels follow from an even base"
    if config.embed_features is not None or config.layer_features is not None:
        return "the layers of its mapping network are as wide as w"
    if config.class_features is not None:
        return "its classes have no descriptions"
    return None


def _mapping(arrays: Mapping[str, Array]) -> Variables:
    found = {}
    for name, array in arrays.items():
        place, _, rest = name.partition(".")
        layer, _, what = rest.partition(".")
        if place == "mapping" and what:
            theirs = "LabelEmbed" if layer == "embed" else f"Dense{layer.removeprefix('fc')}"
            found[f"{theirs}/{what}"] = array.T if what == "weight" else array
    return found


def _synthesis(arrays: Mapping[str, Array]) -> Variables:
    found = {"4x4/Const/const": arrays["synthesis.b4.const"][None]}
    for name, array in arrays.items():
        match = _LAYER.fullmatch(name.removeprefix("synthesis."))
        if match is None:
            continue
        rate, layer, what = int(match[1]), match[2], match[3]
        theirs = "Conv" if (rate, layer) == (4, "conv1") else _LAYERS[layer]
        home = f"{rate}x{rate}/{theirs}"
        match what:
            case "noise_const":
                # The first noise is that of the only layer of 4x4, then come two for each octave.
                index = 2 * (rate.bit_length() - 1) - (4 if layer == "conv1" else 5)
                found[f"noise{index}"] = array[None, None]
            case "weight":
                kernel = array.transpose(2, 3, 1, 0)
                is_turned = layer in ("conv0", "skip")
                found[f"{home}/weight"] = kernel[::-1, ::-1] if is_turned else kernel
            case "affine.weight":
                found[f"{home}/mod_weight"] = array.T
            case "affine.bias":
                found[f"{home}/mod_bias"] = array - 1
            case _:
                found[f"{home}/{what}"] = array
    return found


def _fresh_discriminator(config: NetworkConfig) -> Variables:
    """Variables of a residual discriminator before its training."""
    random = np.random.default_rng(0)
    found: Variables = {}

    def add(name: str, *shape: int, bias: bool = True) -> None:
        found[f"{name}/weight"] = random.standard_normal(shape, np.float32)
        if bias:
            found[f"{name}/bias"] = np.zeros(shape[-1], np.float32)

    def channels(rate: int) -> int:
        return max(min(config.channel_base // rate, config.channel_max), 1)

    rate, last = config.resolution, channels(4)
    add(f"{rate}x{rate}/FromRGB", 1, 1, config.img_channels, channels(rate))
    while rate > 4:
        block, before, after = f"{rate}x{rate}", channels(rate), channels(rate // 2)
        add(f"{block}/Conv0", 3, 3, before, before)
        add(f"{block}/Conv1_down", 3, 3, before, after)
        add(f"{block}/Skip", 1, 1, before, after, bias=False)
        rate //= 2
    add("4x4/Conv", 3, 3, last + 1, last)
    add("4x4/Dense0", last * 16, last)
    add("Output", last, last if config.c_dim else 1)
    if config.c_dim:
        add("LabelEmbed", config.c_dim, last)
    return found


def _network(
    name: str,
    arguments: dict[str, Any],
    variables: Variables,
    parts: Mapping[str, bytes] | None = None,
) -> bytes:
    """The instructions that make a network; those of its parts are given."""
    listed = b"".join(_plain(key) + _array(one) + pickle.TUPLE2 for key, one in variables.items())
    state = {
        "version": _plain(_VERSION),
        "name": _plain(name),
        "static_kwargs": _plain(arguments),
        "components": _dict(parts or {}),
        "variables": pickle.EMPTY_LIST + pickle.MARK + listed + pickle.APPENDS,
    }
    made = _named("dnnlib.tflib.network", "Network") + pickle.EMPTY_TUPLE + pickle.NEWOBJ
    return made + _dict(state) + pickle.BUILD


def _dict(items: Mapping[str, bytes]) -> bytes:
    pairs = b"".join(_plain(key) + value for key, value in items.items())
    return pickle.EMPTY_DICT + pickle.MARK + pairs + pickle.SETITEMS


def _named(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


def _plain(value: object) -> bytes:
    """The instructions for numbers, texts, bytes and dicts and tuples of them."""
    return pickle.dumps(value, protocol=3)[2:-1]


def _array(values: Array) -> bytes:
    """The instructions that make an array, by the names that NumPy has had since version 1."""
    empty = _named("numpy.core.multiarray", "_reconstruct") + _named("numpy", "ndarray")
    empty += _plain((0,)) + _plain(b"b") + pickle.TUPLE3 + pickle.REDUCE
    kind = _named("numpy", "dtype") + _plain(("f4", False, True)) + pickle.REDUCE
    kind += _plain((3, "<", None, None, None, -1, -1, 0)) + pickle.BUILD
    data = np.ascontiguousarray(values, "<f4")
    held = pickle.MARK + _plain(1) + _plain(values.shape) + kind + _plain(False)
    return empty + held + _plain(data.tobytes()) + pickle.TUPLE + pickle.BUILD
