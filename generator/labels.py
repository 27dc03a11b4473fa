"""Class labels of networks that have classes: by index, by weights, or chosen by the seed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator.seeds import seed_class

if TYPE_CHECKING:
    from collections.abc import Sequence

BY_SEED = "seed"
"""The label of a class that the seed chooses."""


def parse_label(text: str, c_dim: int) -> Tensor | None:
    """Read a label, [c_dim] float32; None where the seed chooses the class.

    Args:
        text: `seed`, the index of a class, or indices with weights, as in "3:0.7,5:0.3".
        c_dim: Classes of the network, 0 without any.

    Raises:
        ValueError: the text is no label, or the network has no such class.
    """
    if text == BY_SEED:
        return None
    if c_dim == 0:
        raise ValueError("this network has no classes, leave out --label")
    label = torch.zeros(c_dim)
    seen: set[int] = set()
    for part in text.split(","):
        index, weight = _class_of(part, text)
        if not 0 <= index < c_dim:
            raise ValueError(f"--label: this network has the classes 0 to {c_dim - 1}, got {index}")
        if index in seen:
            raise ValueError(f"--label: the class {index} comes twice")
        seen.add(index)
        label[index] = weight
    return label


def labels_for(text: str, seeds: Sequence[int], *, z_dim: int, c_dim: int) -> Tensor | None:
    """Make the label of each seed, [len(seeds), c_dim] float32; None without classes.

    Args:
        text: See `parse_label`; `seed` takes `seed_class`.
        seeds: The seeds that are drawn.
        z_dim, c_dim: Those of the network.

    Raises:
        ValueError: see `parse_label`.
    """
    label = parse_label(text, c_dim)
    if c_dim == 0:
        return None
    if label is not None:
        return label.repeat(len(seeds), 1)
    labels = torch.zeros(len(seeds), c_dim)
    for row, seed in zip(labels, seeds, strict=True):
        row[seed_class(seed, z_dim, c_dim)] = 1
    return labels


def _class_of(part: str, text: str) -> tuple[int, float]:
    """The class and the weight that a part of a label names."""
    name, colon, weight = (word.strip() for word in part.partition(":"))
    if name.isascii() and name.isdecimal() and len(name) <= 9:
        try:
            value = float(weight) if colon else 1.0
        except ValueError:
            value = math.nan
        if 0 < value <= 1:
            return int(name), value
    raise ValueError(
        f"--label is a class, or classes with weights up to 1 like 3:0.7,5:0.3, or seed; "
        f"got {text!r:.60}"
    )
