"""StyleGAN-XL's generators: networks of StyleGAN3 that grew in stages, with classes described.

Sauer et al. 2022, "StyleGAN-XL: Scaling StyleGAN to Large Diverse Datasets": a stem of low
resolution, on which each stage puts layers for a higher one in place of the critically sampled
ones. Every layer's object holds its own band; nothing else in the file tells the whole plan. Labels
choose a row of a table that describes classes, and every class has a mean w of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from generator.files.pickles.pickle_machine import PickleRefusedError
from generator.files.pickles.torch_networks import (
    Converted,
    ImportedNetwork,
    Readable,
    clamp_of,
    make_config,
    mapping_depth,
    renamed,
    scale_mapping,
)
from generator.layers import LayerInfo, plan_stylegan3

if TYPE_CHECKING:
    from generator.config import NetworkConfig
    from generator.files.pickles.stored import StoredModule
    from generator.files.pickles.torch_networks import Array

PROGRAM = "StyleGAN-XL"
_LAYER = re.compile(r"L(\d{1,2})_\d{1,5}_\d{1,5}")
_TOLERANCE = 1e-6

Parts = Mapping[str, "StoredModule"]


def is_stylegan_xl(module: StoredModule, parts: Parts) -> bool:
    """Return whether a generator is StyleGAN-XL's: the stem, or with higher resolutions on top."""
    return module.class_name == "SuperresGenerator" or any(
        part.class_name == "Embedding" for part in parts.values()
    )


def import_stylegan_xl(module: StoredModule, parts: Parts) -> ImportedNetwork:
    """Describe a generator.

    Raises:
        PickleRefusedError: it is of a kind that cannot be drawn here.
    """
    if module.class_name not in ("Generator", "SuperresGenerator"):
        raise PickleRefusedError(f"it is a {module.class_name!r:.40}, not a generator")
    tensors: dict[str, Readable] = dict(module.tensors())
    layers = _layers(parts)
    config = make_config(
        _own_fields(module, parts)
        | _synthesis_fields(parts, layers)
        | _class_fields(tensors)
        | {"clamp": clamp_of(parts, {}), "map_depth": mapping_depth(tensors, 2)}
    )
    plan = plan_stylegan3(config)[1:]
    for layer, theirs in zip(plan, layers, strict=True):
        _check_layer(layer, theirs, parts[f"synthesis.{theirs}"].state)
    names = {theirs: layer.name for layer, theirs in zip(plan, layers, strict=True)}
    tensors = {renamed(name, names): tensor for name, tensor in tensors.items()}
    _take_classes(tensors, config)
    scale_mapping(tensors, parts.get("mapping"))
    return ImportedNetwork(config, tensors, _remarks(module))


def _layers(parts: Parts) -> list[str]:
    """Names of the layers in drawing order, toRGB the last; stages leave gaps in their numbers."""
    found = []
    for name in parts:
        place, _, layer = name.rpartition(".")
        if place == "synthesis" and (match := _LAYER.fullmatch(layer)):
            found.append((int(match[1]), layer))
    if len(found) < 2:
        raise PickleRefusedError("it has no layers")
    return [layer for _, layer in sorted(found)]


def _own_fields(module: StoredModule, parts: Parts) -> dict[str, Any]:
    """Sizes, as the network's object holds them."""
    ours = {"z_dim": "z_dim", "c_dim": "c_dim", "w_dim": "w_dim"}
    ours |= {"img_resolution": "resolution", "img_channels": "img_channels"}
    return {ours[name]: _integer(module.state, name) for name in ours}


def _synthesis_fields(parts: Parts, layers: list[str]) -> dict[str, Any]:
    """The plan of the synthesis network, as its layers hold it."""
    synthesis = parts["synthesis"].state
    states = [parts[f"synthesis.{layer}"].state for layer in layers]
    radial = states[0].get("use_radial_filters") is True
    kernel = _integer(states[0], "conv_kernel")
    kind = "stylegan3-r" if radial else "stylegan3-t"
    return {
        "kind": kind,
        "kernel": None if kernel == (1 if radial else 3) else kernel,
        "layers": len(layers) - 1,
        "critical_layers": _integer(synthesis, "num_critical"),
        "margin": _integer(synthesis, "margin_size"),
        "output_scale": synthesis.get("output_scale"),
        "filter_size": _integer(states[0], "filter_size"),
        "lrelu_upsampling": _integer(states[0], "lrelu_upsampling"),
        "channels": tuple(_integer(state, "out_channels") for state in states[:-1]),
        "bands": tuple(
            (
                _number(state, "out_cutoff"),
                _number(state, "out_half_width"),
                round(_number(state, "out_sampling_rate")),
            )
            for state in states
        ),
    }


def _class_fields(tensors: Mapping[str, Readable]) -> dict[str, Any]:
    """How classes are described; nothing for networks without any."""
    table, projection = (
        tensors.get("mapping.embed.weight"),
        tensors.get("mapping.embed_proj.weight"),
    )
    if table is None and projection is None:
        return {}
    if table is None or projection is None or len(table.shape) != 2 or len(projection.shape) != 2:
        raise PickleRefusedError("its classes are described in an unknown way")
    return {"class_features": table.shape[1], "embed_features": projection.shape[0]}


def _take_classes(tensors: dict[str, Readable], config: NetworkConfig) -> None:
    """Give the tensors of the class description our names; classes that it lacks are dropped."""
    if config.class_features is None:
        return
    table, count = tensors.pop("mapping.embed.weight"), config.c_dim
    if table.shape[0] < count:
        raise PickleRefusedError(f"it describes {table.shape[0]} of its {count} classes")

    def first(values: Array) -> Array:
        rows: Array = values[:count]
        return rows

    tensors["mapping.class_table"] = Converted(table, first, (count, table.shape[1]))
    for name in ("weight", "bias"):
        if f"mapping.embed_proj.{name}" in tensors:
            tensors[f"mapping.embed.{name}"] = tensors.pop(f"mapping.embed_proj.{name}")


def _check_layer(layer: LayerInfo, name: str, state: Mapping[str, Any]) -> None:
    """Make sure that a layer is laid down here as it was there.

    Raises:
        PickleRefusedError: it differs in something.
    """
    numbers = {
        "in_cutoff": layer.in_cutoff,
        "in_half_width": layer.in_half_width,
        "in_sampling_rate": layer.in_sampling_rate,
        "in_channels": layer.in_channels,
        "out_channels": layer.channels,
        "conv_kernel": layer.kernel,
        "tmp_sampling_rate": layer.tmp_rate,
        "up_factor": layer.up,
        "down_factor": layer.down,
    }
    for key, ours in numbers.items():
        if abs(_number(state, key) - ours) > _TOLERANCE * max(ours, 1):
            raise PickleRefusedError(f"{key} of its layer {name} is {state[key]!r:.20}, not {ours}")
    choices = {
        "is_torgb": layer.to_rgb,
        "is_critically_sampled": layer.critical,
        "down_radial": layer.radial and layer.down > 1,
        "padding": list(layer.padding),
    }
    for key, expected in choices.items():
        if state.get(key) != expected:
            raise PickleRefusedError(f"{key} of its layer {name} is not {expected}")


def _remarks(module: StoredModule) -> dict[str, Any]:
    stage = module.class_name == "SuperresGenerator"
    return {"program": f"{PROGRAM} ({'a stage on top of a stem' if stage else 'a stem'})"}


def _integer(state: Mapping[str, Any], name: str) -> int:
    value = state.get(name)
    if type(value) is not int:
        raise PickleRefusedError(f"{name} is {value!r:.40}, no whole number")
    return value


def _number(state: Mapping[str, Any], name: str) -> float:
    value = state.get(name)
    if type(value) not in (int, float) or not abs(value) < 1e9:  # type: ignore[arg-type]
        raise PickleRefusedError(f"{name} is {value!r:.40}, no number")
    return float(value)  # type: ignore[arg-type]
