"""Writes pickles with the structure of StyleGAN-XL's, from golden arrays."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tests.generator.nvidia_files import Module, module_tree, named_modules

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parents[1] / "golden"
MORE_CLASSES = 3
"""Rows of the table of classes that the network has no use for, as the real ones have 1,000."""


def golden_xl(name: str) -> tuple[dict[str, Any], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Values of the objects, parameters by name, and the other arrays of `stem` or `super`."""
    with np.load(GOLDEN / f"stylegan-xl-{name}.npz") as file:
        arrays = dict(file)
    weights = {
        key.removeprefix("param/"): arrays.pop(key) for key in list(arrays) if "param/" in key
    }
    return json.loads(str(arrays.pop("meta"))), weights, arrays


def write_xl(
    path: Path,
    name: str,
    change: Callable[[dict[str, np.ndarray], dict[str, dict[str, Any]]], object] | None = None,
) -> Path:
    """A pickle of a golden network, its tensors and states changed in place by `change`."""
    meta, weights, _ = golden_xl(name)
    states = meta["states"]
    if change is not None:
        change(weights, states)
    table = weights.pop("mapping.embed.weight")
    embedding = torch.nn.Embedding(len(table) + MORE_CLASSES, table.shape[1])
    with torch.no_grad():
        embedding.weight[: len(table)] = torch.from_numpy(table)
    with named_modules():
        tree = module_tree(meta["class_name"], weights, meta["init_kwargs"])
        for place, state in states.items():
            _part(tree, place).state |= state
        _part(tree, "mapping").state["_modules"]["embed"] = embedding
        content = {"G_ema": tree, "D": torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1))}
        path.write_bytes(pickle.dumps(content, protocol=4))
    return path


def _part(tree: Module, place: str) -> Module:
    for name in place.split(".") if place else ():
        tree = tree.state["_modules"][name]
    return tree
