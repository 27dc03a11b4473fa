"""Pickles of the older TensorFlow repositories."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from generator import NetworkConfig, NetworkFileError, build_network, load_network, seed_z
from generator.files.pickles.importer import load_discriminator
from tests.generator.nvidia_files import golden, named_modules
from train.discriminator import Discriminator, DiscriminatorConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Weights = dict[str, np.ndarray]
_LAYERS = {"conv0": "Conv0_up", "conv1": "Conv1", "torgb": "ToRGB", "skip": "Skip"}


def to_tensorflow(weights: Weights) -> tuple[Weights, Weights, Weights]:
    """Variables of the generator, its mapping and its synthesis network, as TensorFlow has them."""
    own: Weights = {"lod": np.array(0, np.float32)}
    mapping: Weights = {}
    synthesis: Weights = {"lod": np.array(0, np.float32)}
    for name, array in weights.items():
        path = name.split(".")
        if name == "mapping.w_avg":
            own["dlatent_avg"] = array
        elif path[0] == "mapping":
            layer = "LabelEmbed" if path[1] == "embed" else f"Dense{path[1][2:]}"
            mapping[f"{layer}/{path[2]}"] = array.T if path[2] == "weight" else array
        elif path[-1] == "const":
            synthesis["4x4/Const/const"] = array[None]
        elif path[-1] == "noise_const":
            size = int(path[1][1:])
            index = 2 * int(np.log2(size)) - (4 if path[2] == "conv1" else 5)
            synthesis[f"noise{index}"] = array[None, None]
        elif not path[-1].endswith("filter"):
            size = path[1][1:]
            layer = "Conv" if size == "4" and path[2] == "conv1" else _LAYERS[path[2]]
            home = f"{size}x{size}/{layer}"
            if path[3] == "affine":
                variable = array.T if path[4] == "weight" else array - 1
                synthesis[f"{home}/mod_{path[4]}"] = variable
            elif path[3] == "weight":
                turned = array.transpose(2, 3, 1, 0)
                if layer in ("Conv0_up", "Skip"):
                    turned = turned[::-1, ::-1]
                synthesis[f"{home}/weight"] = turned
            else:
                synthesis[f"{home}/{path[3]}"] = array
    return own, mapping, synthesis


def write(
    path: Path,
    weights: Weights,
    *,
    version: int = 4,
    protocol: int = 4,
    options: dict[str, Any] | None = None,
    change: Callable[[Weights], None] = lambda synthesis: None,
    discriminator: Weights | None = None,
) -> Path:
    own, mapping, synthesis = to_tensorflow(weights)
    change(synthesis)

    def listed(variables: Weights) -> list[tuple[str, Any]]:
        # Single numbers come out of TensorFlow as NumPy's scalars.
        return [(n, np.float32(a) if a.ndim == 0 else a) for n, a in variables.items()]

    with named_modules() as names:

        def network(name: str, variables: Weights, components: dict[str, Any]) -> Any:
            return names.Network(
                version=version,
                name=name,
                static_kwargs=names.EasyDict(options or {}),
                components=names.EasyDict(components),
                build_module_src="raise SystemExit\n" * 200,
                build_func_name="G_main",
                variables=listed(variables),
            )

        parts = {
            "synthesis": network("G_synthesis", synthesis, {}),
            "mapping": network("G_mapping", mapping, {}),
        }
        generator = network("G", own, parts)
        judge = network("D", discriminator or {}, {})
        zero = network("Gs", {}, {})
        path.write_bytes(pickle.dumps((zero, judge, generator), protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", [2, 4])
@torch.no_grad()
def test_golden_pictures(protocol: int, tmp_path: Path) -> None:
    _, weights, arrays = golden("stylegan2")
    net = load_network(write(tmp_path / "net.pkl", weights, protocol=protocol))
    assert (net.kind, net.config.architecture, net.config.clamp) == ("stylegan2", "skip", None)
    assert (net.config.channel_base, net.config.channel_max) == (1024, 16)
    ws = net.mapping(torch.from_numpy(arrays["z"]))
    torch.testing.assert_close(ws, torch.from_numpy(arrays["ws"]), atol=1e-4, rtol=0)
    for noise in ("const", "none"):
        expected = torch.from_numpy(arrays[f"img_noise_{noise}"])
        torch.testing.assert_close(net.synthesis(ws, noise=noise), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@torch.no_grad()
def test_architectures_and_labels(architecture: str, tmp_path: Path) -> None:
    config = NetworkConfig(
        kind="stylegan2",
        input="const",
        architecture=architecture,  # type: ignore[arg-type]
        resolution=32,
        z_dim=12,
        w_dim=16,
        c_dim=3,
        channel_base=256,
        channel_max=24,
    )
    net = build_network(config, seed=1)
    for name, values in net.state_dict().items():
        if name.endswith(("bias", "noise_strength", "w_avg")):
            values.normal_()
    weights = {name: tensor.numpy() for name, tensor in net.state_dict().items()}
    again = load_network(write(tmp_path / "net.pkl", weights, options={"conv_clamp": 256}))
    assert again.config == config
    z, labels = seed_z([1, 2], 12), torch.eye(3)[:2]
    pictures = [g.synthesis(g.mapping(z, labels, psi=0.5)) for g in (net, again)]
    # The bias of styles is stored without its one, which rounds.
    torch.testing.assert_close(*pictures, atol=1e-4, rtol=1e-4)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    _, weights, _ = golden("stylegan2")
    path = tmp_path / "net.pkl"

    def refused(match: str) -> None:
        with pytest.raises(NetworkFileError, match=match):
            load_network(path)

    write(path, weights, version=3)
    refused("older than version 4")
    write(path, weights, options={"mapping_lrmul": 0.1})
    refused("learning-rate multiplier")
    write(path, weights, change=lambda synthesis: synthesis.pop("8x8/Conv1/weight"))
    refused("lacks the tensor 'synthesis.b8.conv1.weight'")
    write(path, weights, change=lambda synthesis: synthesis.update(x=np.zeros(3, np.float32)))
    refused("unknown")
    write(path, weights, change=lambda synthesis: synthesis.update(noise0=np.zeros(3)))
    refused("not expected")
    write(path, weights, options={"conv_clamp": "none"})
    refused("clamp must be a number")
    objects = np.array([{}], object)
    write(path, weights, change=lambda synthesis: synthesis.update(noise0=objects))
    refused("no plain numbers")


def discriminator_to_tensorflow(weights: Weights) -> Weights:
    """Variables of the discriminator, as TensorFlow has them."""
    layers = {"fromrgb": "FromRGB", "conv0": "Conv0", "conv1": "Conv1_down", "skip": "Skip"}
    variables: Weights = {"lod": np.array(0, np.float32)}
    for name, array in weights.items():
        block, layer, what = name.split(".") if name.count(".") == 2 else ("", "", "filter")
        size = block[1:]
        if what == "filter" or what.endswith("resample_filter"):
            continue
        if layer in ("fc", "out"):
            home = "4x4/Dense0" if layer == "fc" else "Output"
            variables[f"{home}/{what}"] = array.T if what == "weight" else array
        else:
            home = f"{size}x{size}/{layers.get(layer, 'Conv')}"
            turned = array.transpose(2, 3, 1, 0) if what == "weight" else array
            variables[f"{home}/{what}"] = turned
    return variables


@torch.no_grad()
def test_the_discriminator_judges_like_the_original(tmp_path: Path) -> None:
    _, generator, _ = golden("stylegan2")
    _, weights, arrays = golden("discriminator")
    variables = discriminator_to_tensorflow(weights)
    path = write(tmp_path / "net.pkl", generator, discriminator=variables)
    options, tensors = load_discriminator(path)
    assert (options["img_resolution"], options["img_channels"]) == (32, 3)
    assert (options["architecture"], options["c_dim"]) == ("resnet", 0)
    net = Discriminator(
        DiscriminatorConfig(resolution=32, channel_base=512, channel_max=16, group_size=2)
    )
    state = net.state_dict()
    trained = {name for name in state if not name.endswith("filter")}
    assert trained == set(tensors)
    net.load_state_dict(state | tensors)
    logits = net(torch.from_numpy(arrays["img"]))
    torch.testing.assert_close(logits, torch.from_numpy(arrays["logits"]), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda variables: variables.clear(), "no StyleGAN2 discriminator"),
        (lambda variables: variables.pop("32x32/FromRGB/weight"), "lacks the tensor"),
        (lambda variables: variables.update(x=np.zeros(3, np.float32)), "unknown"),
        (lambda variables: variables.update({"8x8/Conv0/weight": np.zeros(3)}), "not expected"),
        (lambda variables: variables.update({"LabelEmbed/weight": np.zeros(3)}), "shape"),
    ],
)
def test_discriminators_that_cannot_be_read_say_why(
    change: Callable[[Weights], None], told: str, tmp_path: Path
) -> None:
    _, generator, _ = golden("stylegan2")
    variables = discriminator_to_tensorflow(golden("discriminator")[1])
    change(variables)
    path = write(tmp_path / "net.pkl", generator, discriminator=variables)
    with pytest.raises(NetworkFileError, match=told):
        load_discriminator(path)
    assert load_network(path).kind == "stylegan2", "the generator is none the worse"
