"""StyleGAN3 of forks for pictures that are no squares, in files laid out as theirs."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from generator import NetworkFileError, load_network
from generator.layers import plan_layers
from tests.generator.files.pickles.test_torch_networks import (
    SG3,
    arrays,
    network,
    options_of,
    picture,
    write,
)
from tests.generator.nvidia_files import module_tree, named_modules

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Generator


def write_with_sizes(
    path: Path, net: Generator, options: dict[str, Any], **changed: object
) -> Path:
    """A file whose layers hold their sizes and are named after their width, as forks write them.

    Args:
        path: Where to.
        net: The network in it.
        options: Arguments of the fork, beside the repository's.
        changed: Other values in the objects of the input and of the last layer.
    """
    plan = plan_layers(net.config)
    theirs = {
        layer.name: f"L{index}_{layer.size[1]}_{layer.channels}"
        for index, layer in enumerate(plan[1:])
    }
    weights = {}
    for name, array in arrays(net).items():
        place, _, rest = name.partition(".")
        layer, _, leaf = rest.partition(".")
        weights[f"{place}.{theirs[layer]}.{leaf}" if layer in theirs else name] = array
    with named_modules():
        tree = module_tree("Generator", weights, options_of(net.config) | options)
        synthesis = tree.state["_modules"]["synthesis"].state["_modules"]
        for layer in plan[1:]:
            synthesis[theirs[layer.name]].state |= {
                "in_size": np.array(layer.in_size[::-1]),
                "out_size": np.array(layer.size[::-1]),
                "out_sampling_rate": int(layer.sampling_rate),
                "padding": list(layer.padding),
            }
        first = {
            "size": np.array(plan[0].size[::-1]),
            "sampling_rate": np.float64(plan[0].sampling_rate),
        }
        synthesis["input"].state |= first
        for key, value in changed.items():
            place = "input" if key in first else theirs[plan[-1].name]
            synthesis[place].state[key] = value
        path.write_bytes(pickle.dumps({"G_ema": tree}, protocol=4))
    return path


@pytest.mark.parametrize("kind", ["stylegan3-t", "stylegan3-r"])
def test_half_the_width_and_half_the_margin(kind: str, tmp_path: Path) -> None:
    """As StyleGAN-Human asks for with `square`."""
    own = network(**SG3 | {"kind": kind, "size": (32, 16), "margin_across": 2})
    assert [layer.size[0] for layer in plan_layers(own.config)] == [
        2 * layer.size[1] for layer in plan_layers(own.config)
    ]
    net = load_network(write_with_sizes(tmp_path / "net.pkl", own, {"square": False}))
    assert net.config == own.config
    assert torch.equal(picture(net), picture(own))
    assert picture(net, canvas=(32, 48)).shape[2:] == (32, 48)


def test_any_shape_that_the_layers_tell(tmp_path: Path) -> None:
    own = network(**SG3 | {"size": (32, 48)})
    net = load_network(write_with_sizes(tmp_path / "net.pkl", own, {"img_resolution": [32, 48]}))
    assert net.config == own.config
    assert torch.equal(picture(net), picture(own))


def test_an_argument_alone_tells_no_shape(tmp_path: Path) -> None:
    own = network(**SG3)
    path = write(
        tmp_path / "net.pkl", arrays(own), options_of(own.config) | {"img_resolution": [9]}
    )
    with pytest.raises(NetworkFileError, match="tells its resolution"):
        load_network(path)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"padding": [1, 2, 3, 4]}, "padding of its layer"),
        ({"out_size": np.array([16, 30])}, "no whole numbers of samples"),
        ({"out_size": np.array([16, 0])}, "no width and height"),
        ({"out_size": np.array([16.0, 32.0])}, "no list of whole numbers"),
        ({"out_size": "wide"}, "no list of whole numbers"),
        ({"out_size": np.zeros((9, 9), int)}, "no list of whole numbers"),
        ({"out_sampling_rate": 1e9}, "out_sampling_rate of one"),
        ({"out_sampling_rate": None}, "out_sampling_rate of one"),
        ({"size": np.array([13, 24])}, "no whole numbers of samples"),
        ({"size": np.array([2, 24])}, "no whole numbers of samples"),
    ],
)
def test_sizes_of_no_such_network_are_refused_in_one_line(
    changed: dict[str, object], reason: str, tmp_path: Path
) -> None:
    own = network(**SG3 | {"size": (32, 16), "margin_across": 2})
    path = write_with_sizes(tmp_path / "net.pkl", own, {"square": False}, **changed)
    with pytest.raises(NetworkFileError, match=reason) as error:
        load_network(path)
    assert "\n" not in str(error.value)
