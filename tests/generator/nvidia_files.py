"""Writes pickles with the structure of the published ones, from golden arrays.

The modules and classes whose names such pickles mention exist only while one is written.
"""

from __future__ import annotations

import collections
import contextlib
import json
import pickle
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parents[1] / "golden"
SOURCE = "raise SystemExit('the source text of a pickle was executed')\n" * 50


def golden(name: str) -> tuple[dict[str, Any], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Init arguments, parameters by name, and the other arrays of a golden file."""
    with np.load(GOLDEN / f"{name}.npz") as file:
        arrays = dict(file)
    options = json.loads(str(arrays.pop("meta")))["init_kwargs"]
    weights = {
        key.removeprefix("param/"): arrays.pop(key) for key in list(arrays) if "param/" in key
    }
    return options, weights, arrays


class Module:
    """Stands for a module of the repositories; pickled as they pickle themselves."""

    def __init__(self, class_name: str, **attributes: Any) -> None:
        self.class_name = class_name
        self.state: dict[str, Any] = {
            "training": False,
            "_parameters": collections.OrderedDict(),
            "_buffers": collections.OrderedDict(),
            "_non_persistent_buffers_set": set(),
            "_backward_hooks": collections.OrderedDict(),
            "_modules": collections.OrderedDict(),
            "_init_args": (),
            **attributes,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        persistence = sys.modules["torch_utils.persistence"]
        easy_dict = sys.modules["dnnlib.util"].EasyDict
        meta = easy_dict(
            type="class",
            version=6,
            module_src=SOURCE,
            class_name=self.class_name,
            state=self.state,
        )
        return persistence._reconstruct_persistent_obj, (meta,)


def module_tree(
    class_name: str,
    weights: dict[str, np.ndarray],
    options: dict[str, Any],
    layer_attributes: dict[str, Any] | None = None,
) -> Module:
    """A network of nested modules that holds these weights."""
    easy_dict = sys.modules["dnnlib.util"].EasyDict
    root = Module(class_name, _init_kwargs=easy_dict(options))
    for name, array in weights.items():
        *path, leaf = name.split(".")
        module = root
        for part in path:
            parts = module.state["_modules"]
            if part not in parts:
                parts[part] = Module("Layer", _init_kwargs=easy_dict())
            module = parts[part]
        tensor = torch.from_numpy(np.array(array))
        buffer = leaf.endswith(("filter", "_ema", "_avg", "_const", "transform", "freqs", "phases"))
        if buffer:
            module.state["_buffers"][leaf] = tensor
        else:
            module.state["_parameters"][leaf] = torch.nn.Parameter(tensor)
            if leaf == "weight" and path[0] == "synthesis":
                module.state |= layer_attributes or {}
                if path[-1] == "skip":  # as in the repositories, whatever the others have
                    module.state |= {"conv_clamp": None, "activation": "linear"}
    return root


@contextlib.contextmanager
def named_modules() -> Iterator[types.SimpleNamespace]:
    """The modules that pickles of the repositories mention, for as long as one is written."""

    class EasyDict(dict):  # type: ignore[type-arg]
        """A dict, by another name."""

    class Network:
        """A TensorFlow network."""

        def __init__(self, **state: Any) -> None:
            self.__dict__ |= state

    def _reconstruct_persistent_obj(meta: Any) -> None:
        raise AssertionError("a pickle was executed")

    homes = {
        EasyDict: "dnnlib.util",
        Network: "dnnlib.tflib.network",
        _reconstruct_persistent_obj: "torch_utils.persistence",
    }
    created = []
    for thing, home in homes.items():
        thing.__module__, thing.__qualname__ = home, thing.__name__
        for depth in range(1, home.count(".") + 2):
            name = ".".join(home.split(".")[:depth])
            if name not in sys.modules:
                sys.modules[name] = types.ModuleType(name)
                created.append(name)
        setattr(sys.modules[home], thing.__name__, thing)
    try:
        yield types.SimpleNamespace(EasyDict=EasyDict, Network=Network)
    finally:
        for name in created:
            del sys.modules[name]


def write_golden(
    path: Path,
    name: str,
    *,
    protocol: int = 4,
    holds: tuple[str, ...] = ("G", "D", "G_ema"),
    options: dict[str, Any] | None = None,
    layer_attributes: dict[str, Any] | None = None,
    weights: dict[str, np.ndarray] | None = None,
) -> Path:
    """A pickle of a golden network: right in the last of `holds`, with zeros in the others."""
    stored, found, _ = golden(name)
    found = found if weights is None else weights
    zeros = {key: np.zeros_like(value) for key, value in found.items()}
    for key in zeros:
        if key.endswith("_filter"):
            zeros[key] = found[key]
    class_name = "Discriminator" if name == "discriminator" else "Generator"
    with named_modules() as names:
        content: dict[str, Any] = {
            key: module_tree(
                class_name,
                found if key == holds[-1] else zeros,
                stored | (options or {}),
                layer_attributes,
            )
            for key in holds
        }
        content["training_set_kwargs"] = names.EasyDict(
            class_name="training.dataset.ImageFolderDataset", path="/data/x.zip", xflip=True
        )
        content["augment_pipe"] = None
        path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path
