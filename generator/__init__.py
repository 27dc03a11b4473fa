"""The generator networks: StyleGAN2 and StyleGAN3-T/R, their files, and what they are told.

Names are loaded when they are first used, so that programs without any network of their own, such
as the visualizer's window, can look at run folders and at the library without loading torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generator import equivariance, transforms
    from generator.config import NetworkConfig
    from generator.dragging import DragOptions, DragPair, drag
    from generator.files.checkpoint import (
        bundled_networks,
        load_network,
        network_file,
        save_network,
    )
    from generator.files.errors import NetworkFileError
    from generator.layer_edits import LayerEdit
    from generator.layers import LayerInfo
    from generator.network import Generator, build_network, to_uint8
    from generator.projection import ProjectionOptions, project, read_target
    from generator.seeds import seed_class, seed_z

__all__ = [
    "DragOptions",
    "DragPair",
    "Generator",
    "LayerEdit",
    "LayerInfo",
    "NetworkConfig",
    "NetworkFileError",
    "ProjectionOptions",
    "build_network",
    "bundled_networks",
    "drag",
    "equivariance",
    "load_network",
    "network_file",
    "project",
    "read_target",
    "save_network",
    "seed_class",
    "seed_z",
    "to_uint8",
    "transforms",
]

_HOMES = {
    "config": ("NetworkConfig",),
    "dragging": ("DragOptions", "DragPair", "drag"),
    "files.checkpoint": ("bundled_networks", "load_network", "network_file", "save_network"),
    "files.errors": ("NetworkFileError",),
    "layer_edits": ("LayerEdit",),
    "layers": ("LayerInfo",),
    "network": ("Generator", "build_network", "to_uint8"),
    "projection": ("ProjectionOptions", "project", "read_target"),
    "seeds": ("seed_class", "seed_z"),
}
_MODULES = ("equivariance", "transforms")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"{__name__}.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
