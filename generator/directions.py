"""Directions in w that a network's weights name by themselves, without any picture.

Shen and Zhou 2021, "Closed-Form Factorization of Latent Semantics in GANs", arXiv 2007.06600.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ops.doubles import to_double

if TYPE_CHECKING:
    from generator.network import Generator


@torch.no_grad()
def style_directions(net: Generator, first: int = 0, last: int | None = None) -> Tensor:
    """The directions of w that change the styles of some layers most, the strongest first.

    Args:
        net: The network.
        first, last: Entries of ws whose layers count, both included; None for the last of all.

    Returns:
        [count, w_dim], orthogonal rows of length one, at most w_dim; their signs are those of
        their largest entries.

    Raises:
        ValueError: no layer with a style takes any of these entries.
    """
    last = net.num_ws - 1 if last is None else last
    rows = []
    for name, entry in style_entries(net):
        if first <= entry <= last:
            affine = net.synthesis.get_submodule(name).get_submodule("affine")
            weight: Tensor = to_double(affine.get_parameter("weight"))
            # Layers of many channels would count for more than those of few.
            rows.append(weight / weight.norm().clamp_min(1e-12))
    if not rows:
        raise ValueError(f"no layer takes a style from the entries {first} to {last} of ws")
    _, _, directions = torch.linalg.svd(torch.cat(rows), full_matrices=False)
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    return (directions * largest.sign()).float()


def style_entries(net: Generator) -> list[tuple[str, int]]:
    """The names of the layers that take a style, and the entry of ws that each takes."""
    found, entry = [], 0
    for layer in net.synthesis.layers:
        if layer.kernel == 0:
            entry += net.kind != "stylegan2"  # StyleGAN3's input takes the first
            continue
        found.append((layer.name, min(entry, net.num_ws - 1)))
        # StyleGAN2's toRGB shares its entry with the first convolution of the next block.
        entry += net.kind != "stylegan2" or not layer.to_rgb
    return found
