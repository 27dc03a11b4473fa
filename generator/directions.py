"""Directions in w: those that a network's weights name, and those learned from examples.

Shen and Zhou 2021, "Closed-Form Factorization of Latent Semantics in GANs", arXiv 2007.06600; Shen
et al. 2020, "Interpreting the Latent Space of GANs for Semantic Face Editing", arXiv 1907.10786.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ops.doubles import to_double

if TYPE_CHECKING:
    from generator.network import Generator

LEAST_EXAMPLES = 2
"""Fewest examples of each side that a direction can be learned from."""
_RIDGES = torch.logspace(-3, 3, 25, dtype=torch.float64)
"""Strengths that are tried of the pull towards zero, in mean variances of w."""


@dataclass(frozen=True, slots=True)
class LearnedDirection:
    """The normal of the plane that parts two groups of w best."""

    direction: Tensor
    """[w_dim] float32, of length one, from the side with less to that with more."""
    accuracy: float
    """Share of the examples that lie on their own side of the plane learned from all others; each
    side counts for a half."""


@torch.no_grad()
def style_directions(net: Generator, first: int = 0, last: int | None = None) -> Tensor:
    """Find the directions of w that change the styles of some layers most, the strongest first.

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


def learned_direction(more: Tensor, less: Tensor) -> LearnedDirection:
    """Learn the direction of w along which something grows from examples with more and with less.

    A linear boundary as in Shen et al. 2020, by ridge regression on the side in place of a support
    vector machine: the accuracy on examples left out, one at a time, has a closed form (Golub et
    al. 1979, "Generalized Cross-Validation"), and chooses the strength of the ridge.

    Args:
        more: w of examples with more of it, [N, w_dim].
        less: w of examples with less of it, [M, w_dim].

    Raises:
        ValueError: there are fewer than two on a side, they differ in size, or all are equal.
    """
    if min(len(more), len(less)) < LEAST_EXAMPLES:
        raise ValueError(
            f"at least {LEAST_EXAMPLES} examples of each side are needed, got {len(more)} with "
            f"more and {len(less)} with less"
        )
    if more.ndim != 2 or more.shape[1:] != less.shape[1:]:
        raise ValueError(f"examples must be [N, w_dim], got {[*more.shape]} and {[*less.shape]}")
    w = to_double(torch.cat([more, less]))
    side = torch.cat([w.new_ones(len(more)), -w.new_ones(len(less))])
    # Each side weighs one half, however many examples it has.
    weight = torch.where(side > 0, 0.5 / len(more), 0.5 / len(less)).to(w)
    centred = w - weight @ w
    variance = (weight @ centred.square()).sum()
    if variance <= 1e-12 * w.square().sum(1).max():  # nothing but rounding
        raise ValueError("all examples are the same place in w")
    root = weight.sqrt()
    # Both have a mean of zero, so the plane passes through the origin.
    rows, wanted = centred * root[:, None], side * root
    u, lengths, vt = torch.linalg.svd(rows, full_matrices=False)
    strengths = _RIDGES.to(w) * variance / w.shape[1]
    shrunk = lengths.square() / (lengths.square() + strengths[:, None])  # [ridges, rank]
    found = torch.einsum("nk,rk,k->rn", u, shrunk, u.t() @ wanted)
    leverage = torch.einsum("nk,rk,nk->rn", u, shrunk, u) + weight
    # Prediction for each example by the plane that all others give.
    left_out = wanted - (wanted - found) / (1 - leverage).clamp_min(1e-9)
    best = int((wanted - left_out).square().sum(1).argmin())
    direction = vt.t() @ (lengths / (lengths.square() + strengths[best]) * (u.t() @ wanted))
    direction = direction / direction.norm().clamp_min(1e-300)
    right = (left_out[best] * side > 0).to(w)
    return LearnedDirection(direction.float(), float(weight @ right))


def style_entries(net: Generator) -> list[tuple[str, int]]:
    """List the layers that take a style, with the entry of ws that each takes."""
    found, entry = [], 0
    for layer in net.synthesis.layers:
        if layer.kernel == 0:
            entry += net.kind != "stylegan2"  # StyleGAN3's input takes the first
            continue
        found.append((layer.name, min(entry, net.num_ws - 1)))
        # StyleGAN2's toRGB shares its entry with the first convolution of the next block.
        entry += net.kind != "stylegan2" or not layer.to_rgb
    return found
