"""Networks of every architecture, stored as the repositories store them, draw the same pictures.

The networks are ours with random weights, the pickles made of their parameters; pictures are
compared bit by bit, since the same code draws both.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pytest
import torch

import ops
from generator import (
    Generator,
    NetworkConfig,
    NetworkFileError,
    build_network,
    load_network,
    save_network,
)
from generator.config import Activation
from generator.files.pickles.pickle_machine import Budget
from generator.files.pickles.stored import StoredModule, StoredTensor
from generator.files.pickles.torch_networks import import_module
from generator.layers import plan_layers
from tests.generator.nvidia_files import golden, module_tree, named_modules

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {"z_dim": 16, "w_dim": 24, "resolution": 32}


def network(**options: Any) -> Generator:
    net = build_network(NetworkConfig(**(SMALL | options)), seed=3)
    with torch.no_grad():
        for name, values in net.state_dict().items():
            if name.endswith(("noise_strength", "bias", "w_avg")):
                values.normal_()
            if name.endswith("magnitude_ema"):
                values.uniform_(0.5, 2)
    return net


def arrays(net: Generator) -> dict[str, np.ndarray]:
    """Everything a file holds: parameters, buffers and the filters."""
    filters = {
        name: buffer
        for name, buffer in net.named_buffers()
        if name.endswith("_filter") and not name.endswith("torgb.resample_filter")
    }
    stored = net.state_dict() | filters
    return {name: tensor.numpy() for name, tensor in stored.items()}


def write(
    path: Path,
    weights: dict[str, np.ndarray],
    options: dict[str, Any],
    layer_attributes: dict[str, Any] | None = None,
) -> Path:
    """A file of one network."""
    return write_networks(path, weights, options, ("G_ema",), 4, layer_attributes)


def write_networks(
    path: Path,
    weights: dict[str, np.ndarray],
    options: dict[str, Any],
    holds: tuple[str, ...],
    protocol: int,
    layer_attributes: dict[str, Any] | None = None,
) -> Path:
    """A file of networks that are alike."""
    with named_modules():
        content = {
            name: module_tree("Generator", weights, options, layer_attributes) for name in holds
        }
        with path.open("wb") as file:
            pickle.dump(content, file, protocol=protocol)
    return path


def options_of(config: NetworkConfig) -> dict[str, Any]:
    """The arguments that the repositories make such a network with."""
    factor = config.channel_multiplier
    shared = {
        "z_dim": config.z_dim,
        "c_dim": config.c_dim,
        "w_dim": config.w_dim,
        "img_resolution": config.resolution,
        "img_channels": 3,
        "channel_base": config.channel_base * factor,
        "channel_max": config.channel_max * factor,
        "mapping_kwargs": {"num_layers": config.mapping_layers},
    }
    if config.kind == "stylegan2":
        return shared | {"architecture": config.architecture, "activation": config.activation}
    return shared | {
        "num_layers": config.layers,
        "num_critical": config.critical_layers,
        "first_cutoff": config.first_cutoff,
        "first_stopband": config.first_stopband,
        "last_stopband_rel": config.last_stopband_rel,
        "margin_size": config.margin,
        "output_scale": config.output_scale,
        "conv_kernel": config.conv_kernel,
        "filter_size": config.filter_size,
        "lrelu_upsampling": config.lrelu_upsampling,
        "use_radial_filters": config.radial_filters,
        "conv_clamp": config.clamp,
    }


@torch.no_grad()
def picture(net: Generator, **options: Any) -> torch.Tensor:
    z = torch.from_numpy(np.random.RandomState(5).randn(2, net.z_dim).astype(np.float32))
    labels = torch.eye(net.c_dim)[:2] if net.c_dim else None
    return net.synthesis(net.mapping(z, labels, psi=0.8), **options)


SG3 = {"channel_base": 512, "channel_max": 16, "layers": 6, "margin": 4}
SG2 = {"kind": "stylegan2", "input": "const", "channel_base": 512, "channel_max": 32}


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        SG2 | {"c_dim": 3},
        SG2 | {"architecture": "resnet"},
        SG2 | {"architecture": "orig", "map_depth": 2},
        SG2 | {"clamp": None},
        SG2 | {"activation": "relu"},
        SG2 | {"activation": "swish", "architecture": "resnet", "clamp": 0.5},
        SG2 | {"c_dim": 3, "embed_features": 5, "layer_features": 7},
        SG2 | {"layer_features": 7, "map_depth": 2},
        SG2 | {"clamp": 0.5, "architecture": "resnet"},
        SG3 | {"c_dim": 4},
        SG3 | {"layers": 9, "critical_layers": 3, "map_depth": 8},
        SG3 | {"filter_size": 8, "lrelu_upsampling": 4},
        SG3 | {"clamp": 0.25, "output_scale": 1.0, "first_cutoff": 3.0, "first_stopband": 6.5},
        SG3 | {"kernel": 1},
        SG3 | {"kind": "stylegan3-r", "c_dim": 2},
        SG3 | {"kind": "stylegan3-r", "kernel": 3, "filter_size": 4},
        SG3 | {"kind": "stylegan3-r", "channel_max": 9, "channel_factor": 1},
    ],
)
def test_every_architecture(options: dict[str, Any], tmp_path: Path) -> None:
    net = network(**options)
    path = write(tmp_path / "net.pkl", arrays(net), options_of(net.config))
    # StyleGAN2's layers know their limit, the arguments need not.
    if net.kind == "stylegan2":
        attributes = {"conv_clamp": net.config.clamp, "activation": net.config.activation}
        path = write(tmp_path / "net.pkl", arrays(net), options_of(net.config), attributes)
    again = load_network(path)
    assert again.config == net.config
    assert torch.equal(picture(again), picture(net))
    if net.kind != "stylegan2":
        turned = [[0.0, 1.0, 0.1], [-1.0, 0.0, 0.2], [0.0, 0.0, 1.0]]
        assert torch.equal(picture(again, transform=turned), picture(net, transform=turned))


def test_doubled_channels_that_are_odd(tmp_path: Path) -> None:
    net = network(**(SG3 | {"kind": "stylegan3-r", "channel_max": 9, "channel_factor": 1}))
    path = write(tmp_path / "net.pkl", arrays(net), options_of(net.config))
    assert load_network(path).config.channel_factor == 1


def test_synthesis_options_may_be_nested_and_positional(tmp_path: Path) -> None:
    """StyleGAN2-ADA keeps the options of the synthesis network in a dict of their own."""
    net = network(**SG2)
    flat = options_of(net.config)
    nested = {name: flat.pop(name) for name in ("channel_base", "channel_max", "architecture")}
    nested |= {"num_fp16_res": 4, "conv_clamp": 256}
    path = write(tmp_path / "net.pkl", arrays(net), flat | {"synthesis_kwargs": nested})
    again = load_network(path)
    assert torch.equal(picture(again), picture(net))
    assert again.info["num_fp16_res"] == 4


def test_networks_without_noise(tmp_path: Path) -> None:
    net = network(**SG2)
    quiet = {name: array for name, array in arrays(net).items() if ".noise_" not in name}
    again = load_network(write(tmp_path / "net.pkl", quiet, options_of(net.config)))
    expected = picture(net, noise="none")
    for noise in ("none", "const", "random"):
        torch.testing.assert_close(picture(again, noise=noise), expected, atol=1e-5, rtol=1e-5)


def test_another_learning_rate_multiplier_of_the_mapping(tmp_path: Path) -> None:
    """Stored weights are smaller where the multiplier is larger; what counts is the product."""
    net = network(**SG3)
    stored = {
        name: array / 5 if name.startswith("mapping.fc") else array
        for name, array in arrays(net).items()
    }
    with named_modules() as names:
        tree = module_tree("Generator", stored, options_of(net.config))
        mapping = tree.state["_modules"]["mapping"]
        mapping.state["_init_kwargs"] = names.EasyDict(lr_multiplier=0.05)
        path = tmp_path / "net.pkl"
        path.write_bytes(pickle.dumps({"G_ema": tree}, protocol=4))
    torch.testing.assert_close(picture(load_network(path)), picture(net), atol=1e-4, rtol=1e-4)


def test_half_precision_weights(tmp_path: Path) -> None:
    net = network(**SG3)
    halves = {
        name: array if name.endswith("_filter") else array.astype(np.float16)
        for name, array in arrays(net).items()
    }
    again = load_network(write(tmp_path / "net.pkl", halves, options_of(net.config)))
    assert {tensor.dtype for tensor in again.state_dict().values()} == {torch.float32}
    torch.testing.assert_close(picture(again), picture(net), atol=0.05, rtol=0.05)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"img_channels": 2}, "must be 1 .grey., 3"),
        ({"img_channels": 4}, "architecture asks for"),
        ({"img_resolution": 48}, "power of two"),
        ({"img_resolution": "large"}, "whole number"),
        ({"img_resolution": 1 << 30}, "resolution"),
        ({"channel_base": 1 << 20, "channel_max": 1 << 14}, "too small"),
        ({"channel_max": 17}, "architecture asks for"),
        ({"num_layers": 7}, "lacks|unknown"),
        ({"filter_size": 8}, "filter"),
        ({"first_cutoff": float("nan")}, "first_cutoff"),
        ({"conv_clamp": "none"}, "limit"),
    ],
)
def test_options_that_make_no_usable_network(
    changes: dict[str, Any], match: str, tmp_path: Path
) -> None:
    net = network(**SG3)
    path = write(tmp_path / "net.pkl", arrays(net), options_of(net.config) | changes)
    with pytest.raises(NetworkFileError, match=match):
        load_network(path)


def test_filters_of_another_design_are_refused(tmp_path: Path) -> None:
    _, weights, _ = golden("stylegan3-t")
    options, _, _ = golden("stylegan3-t")
    name = "synthesis.L5_52_16.up_filter"
    changed = weights | {name: weights[name] * 1.01}
    with pytest.raises(NetworkFileError, match="not the one of the papers"):
        load_network(write(tmp_path / "net.pkl", changed, options))


def test_only_what_differs_from_the_defaults_need_be_stored() -> None:
    """The last layers of a 128x128 StyleGAN3-R, as its users' training logs print them."""
    options = {"z_dim": 512, "c_dim": 0, "w_dim": 512, "img_resolution": 128, "img_channels": 3}
    options |= {"channel_base": 65536, "channel_max": 1024}
    options |= {"conv_kernel": 1, "use_radial_filters": True}
    weights = StoredModule("SynthesisInput", {"_buffers": {"freqs": UNREAD}})
    synthesis = StoredModule("SynthesisNetwork", {"_modules": {"input": weights}})
    layers = {f"fc{i}": StoredModule("Layer", {"_parameters": {"weight": UNREAD}}) for i in (0, 1)}
    mapping = StoredModule("MappingNetwork", {"_modules": layers})
    parts = {"synthesis": synthesis, "mapping": mapping}
    module = StoredModule("Generator", {"_init_kwargs": options, "_modules": parts})
    config = import_module(module).config
    # Doubling the channels is ours to do.
    assert (config.channel_base, config.channel_max) == (32768, 512)
    names = [layer.name for layer in plan_layers(config)]
    assert names[-5:] == ["L10_148_912", "L11_148_683", "L12_148_512", "L13_128_512", "L14_128_3"]


UNREAD = StoredTensor(b"", 0, (1,), (1,), Budget(0))


@pytest.mark.parametrize("name", ["stylegan2-relu", "stylegan2-resnet"])
def test_networks_of_unusual_options_draw_what_their_program_draws(
    name: str, tmp_path: Path
) -> None:
    """Another activation, and residual blocks whose skip convolutions have no limit."""
    options, weights, expected = golden(name)
    asked = options["synthesis_kwargs"]
    attributes = {
        "conv_clamp": asked.get("conv_clamp"),
        "activation": asked.get("activation", "lrelu"),
    }
    path = write(tmp_path / "net.pkl", weights, options, attributes)
    net = load_network(path)
    save_network(tmp_path / "net.safetensors", net)
    for one in (net, load_network(tmp_path / "net.safetensors")):
        with torch.no_grad():
            image = one.synthesis(one.mapping(torch.from_numpy(expected["z"])))
        np.testing.assert_allclose(image.numpy(), expected["image"], rtol=0, atol=1e-4)


def test_layers_of_several_activations_are_refused(tmp_path: Path) -> None:
    net = network(**SG2)
    with named_modules():
        tree = module_tree(
            "Generator", arrays(net), options_of(net.config), {"activation": "lrelu"}
        )
        block = tree.state["_modules"]["synthesis"].state["_modules"]["b8"]
        block.state["_modules"]["conv0"].state["activation"] = "relu"
        path = tmp_path / "net.pkl"
        path.write_bytes(pickle.dumps({"G_ema": tree}, protocol=4))
    with pytest.raises(NetworkFileError, match="several activations: lrelu, relu"):
        load_network(path)


def test_an_activation_nobody_knows_is_refused_by_name(tmp_path: Path) -> None:
    net = network(**SG2)
    path = write(tmp_path / "net.pkl", arrays(net), options_of(net.config), {"activation": "mish"})
    with pytest.raises(NetworkFileError, match="'mish'"):
        load_network(path)


def test_gains_of_activations_are_those_of_the_operation() -> None:
    x = torch.randn(2, 8, 4, 4)
    for activation in get_args(Activation):
        config = NetworkConfig(**(SMALL | SG2 | {"activation": activation, "clamp": None}))
        layer = build_network(config).synthesis.get_submodule("b8.conv1")
        expected = ops.bias_act(x, activation=activation)
        torch.testing.assert_close(layer.activate(x), expected)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_numbers_and_parameters_as_newer_programs_store_them(protocol: int, tmp_path: Path) -> None:
    """bfloat16, attributes of parameters, and sizes, devices and types as values."""
    net = network(**SG2)
    with named_modules() as names:
        tree = module_tree("Generator", arrays(net), options_of(net.config))
        options = tree.state["_init_kwargs"]
        options["seen"] = torch.Size([2, 3])
        options["device"], options["other"] = torch.device("cpu"), torch.device("cuda", 1)
        options["dtype"] = torch.float16
        tree.state["scale"] = np.arange(600.0)
        for part in tree.state["_modules"]["mapping"].state["_modules"].values():
            weight = part.state["_parameters"]["weight"]
            halved = torch.nn.Parameter(weight.detach().bfloat16())
            halved.optimizer = names.EasyDict(lr=0.1)
            part.state["_parameters"]["weight"] = halved
        path = tmp_path / "net.pkl"
        path.write_bytes(pickle.dumps({"G_ema": tree}, protocol=protocol))
    again = load_network(path).state_dict()
    for name, values in net.state_dict().items():
        stored = values.bfloat16().float() if "mapping.fc" in name and "weight" in name else values
        assert torch.equal(again[name], stored), name
