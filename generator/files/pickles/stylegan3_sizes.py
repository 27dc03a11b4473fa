"""Sizes of a StyleGAN3's layers in an NVIDIA pickle, as its objects hold them.

Forks draw pictures that are no squares: StyleGAN-Human (Fu et al. 2022) halves the width of every
layer, its margin included. Whatever they call the argument, each layer's object tells the samples
that it makes, across and down, and how its output lies on its input.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from generator.files.pickles.pickle_machine import PickleRefusedError
from generator.files.pickles.stored import StoredArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.files.pickles.stored import StoredModule
    from generator.layers import LayerInfo

    Parts = Mapping[str, StoredModule]

_LAYER = re.compile(r"synthesis\.(L(\d{1,2})_\d{1,5}_\d{1,5})")
_MOST = 1 << 16
"""Most samples along a side."""


def size_fields(parts: Parts) -> dict[str, Any]:
    """Size and margins of a network whose layers tell theirs; nothing where they do not.

    Raises:
        PickleRefusedError: the sizes belong to no such network.
    """
    layers = _layers(parts)
    first, last = parts.get("synthesis.input"), layers[-1][1] if layers else None
    if first is None or last is None or "size" not in first.state or "out_size" not in last.state:
        return {}
    width, height = _pair(last, "out_size")
    unit, rate = _rate(last, "out_sampling_rate"), _rate(first, "sampling_rate")
    across, down = (
        _margin(samples, length * rate / unit)
        for samples, length in zip(_pair(first, "size"), (width, height), strict=True)
    )
    return {
        "resolution": unit,
        "size": (height, width),
        "margin": down,
        "margin_across": None if across == down else across,
    }


def matched_layers(plan: list[LayerInfo], parts: Parts) -> dict[str, str]:
    """Our names of the layers, by the file's, where the two differ.

    Raises:
        PickleRefusedError: a layer is laid down in another way there than here.
    """
    found = _layers(parts)
    if len(found) != len(plan) - 1:
        return {}
    names = {}
    for layer, (name, part) in zip(plan[1:], found, strict=True):
        expected = {"padding": list(layer.padding), "out_size": list(layer.size[::-1])}
        for key, ours in expected.items():
            if key in part.state and _numbers(part, key) != ours:
                raise PickleRefusedError(
                    f"{key} of its layer {name} is {_numbers(part, key)!s:.40}, not {ours}: a fork "
                    "whose pictures have a shape of their own kind"
                )
        if name != layer.name:
            names[name] = layer.name
    return names


def _layers(parts: Parts) -> list[tuple[str, StoredModule]]:
    """Layers by name in drawing order, toRGB the last."""
    matches = ((_LAYER.fullmatch(name), part) for name, part in parts.items())
    found = [(int(match[2]), match[1], part) for match, part in matches if match]
    return [(name, part) for _, name, part in sorted(found, key=lambda one: one[:2])]


def _numbers(part: StoredModule, key: str) -> list[int]:
    value = part.state[key]
    if isinstance(value, StoredArray) and len(value.shape) == 1 and value.shape[0] <= 4:
        array = value.read()
        value = array.tolist() if np.issubdtype(array.dtype, np.integer) else None
    if type(value) is not list or not all(type(one) is int for one in value):
        raise PickleRefusedError(f"{key} of one of its layers is no list of whole numbers")
    return value


def _pair(part: StoredModule, key: str) -> tuple[int, int]:
    """Samples across and down."""
    match _numbers(part, key):
        case [across, down] if 0 < across < _MOST and 0 < down < _MOST:
            return across, down
    raise PickleRefusedError(f"{key} of one of its layers is no width and height")


def _rate(part: StoredModule, key: str) -> int:
    value: Any = part.state.get(key)
    if type(value) not in (int, float) or not 1 <= value < _MOST or value != int(value):
        raise PickleRefusedError(f"{key} of one of its layers is {value!r:.40}, no whole number")
    return int(value)


def _margin(samples: int, within: float) -> int:
    margin = (samples - within) / 2
    if margin < 0 or margin != int(margin):
        raise PickleRefusedError("the margins of its layers are no whole numbers of samples")
    return int(margin)
