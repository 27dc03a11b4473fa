"""The generator networks: StyleGAN2 and StyleGAN3-T/R, their files, and what they are told."""

from generator import transforms
from generator.checkpoint import (
    NetworkFileError,
    bundled_networks,
    load_network,
    network_file,
    save_network,
)
from generator.config import NetworkConfig
from generator.layer_edits import LayerEdit
from generator.layers import LayerInfo
from generator.network import Generator, build_network, to_uint8
from generator.seeds import seed_z

__all__ = [
    "Generator",
    "LayerEdit",
    "LayerInfo",
    "NetworkConfig",
    "NetworkFileError",
    "build_network",
    "bundled_networks",
    "load_network",
    "network_file",
    "save_network",
    "seed_z",
    "to_uint8",
    "transforms",
]
