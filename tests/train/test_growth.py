"""Networks of twice the size, from the weights of smaller ones."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
import torch
from PIL import Image

from generator import NetworkConfig, build_network, load_network, save_network
from tests.train.conftest import pixels, tiny, write_pictures
from train.commands.main import main
from train.data.dataset import ImageDataset
from train.fine_tuning import start_text
from train.growth import grow_weights, grown_config
from train.runs.folder import RunFolder
from train.trainer import Trainer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def large() -> ImageDataset:
    """Eight pictures of 32x32."""
    return ImageDataset.from_arrays(pixels(8, 32))


def small_config(kind: str) -> NetworkConfig:
    return dataclasses.replace(tiny(kind).network, layers=6, critical_layers=2)


def grown(source: Path, network: NetworkConfig, data: ImageDataset) -> Trainer:
    trainer = Trainer(tiny(network=network), data)
    grow_weights(trainer, source)
    return trainer


@torch.no_grad()
def drawn(net, canvas: tuple[int, int] | None = None) -> torch.Tensor:
    z = torch.randn(3, net.z_dim, generator=torch.Generator().manual_seed(3))
    return net.synthesis(net.mapping(z), canvas=canvas, noise="none")


def stir(net: torch.nn.Module) -> None:
    """Change every weight, so that w turns and moves the input as in a trained network."""
    torch.manual_seed(5)
    with torch.no_grad():
        for own in net.parameters():
            own.add_(0.3 * torch.randn_like(own))


@pytest.mark.parametrize("kind", ["stylegan3-t", "stylegan3-r"])
def test_with_its_critical_layers_it_draws_the_same_plane_through_a_wider_window(
    kind: str, tmp_path: Path, large: ImageDataset
) -> None:
    config = small_config(kind)
    small = build_network(config, seed=1)
    stir(small)
    save_network(tmp_path / "small.safetensors", small)
    kept = dataclasses.replace(grown_config(config), layers=6, critical_layers=2)
    trainer = grown(tmp_path / "small.safetensors", kept, large)
    for net in (trainer.generator.eval(), trainer.ema.network):
        torch.testing.assert_close(drawn(net), drawn(small, canvas=(32, 32)), atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", ["stylegan3-t", "stylegan3-r"])
def test_without_them_its_layers_are_kept_and_its_colours_fitted(
    kind: str, tmp_path: Path, large: ImageDataset
) -> None:
    config = small_config(kind)
    small = build_network(config, seed=1)
    stir(small)
    save_network(tmp_path / "small.safetensors", small)
    network = grown_config(config)
    assert (network.layers, network.critical_layers, network.resolution) == (4, 0, 32)
    trainer = grown(tmp_path / "small.safetensors", network, large)
    net = trainer.ema.network
    before, after = {}, {}
    with torch.no_grad():
        ws = small.mapping(torch.randn(2, small.z_dim))
        small.synthesis(ws, canvas=(32, 32), taps=before.__setitem__)
        net.synthesis(ws[:, : net.num_ws], taps=after.__setitem__)
    for name, features in after.items():
        place = name.split("_")[0]
        if place == "L4":
            continue
        (wanted,) = (value for key, value in before.items() if key.split("_")[0] == place)
        # The last of them ends without margins.
        inside = (wanted.shape[-1] - features.shape[-1]) // 2
        size = features.shape[-1]
        wanted = wanted[..., inside : inside + size, inside : inside + size]
        torch.testing.assert_close(features, wanted, atol=1e-3, rtol=1e-3)

    def error() -> float:
        random = torch.Generator().manual_seed(0)  # the latents it was fitted on
        total = 0.0
        with torch.no_grad():
            for _ in range(4):
                ws = small.mapping(torch.randn(8, small.z_dim, generator=random))
                target = small.synthesis(ws, canvas=(32, 32))
                total += float((net.synthesis(ws[:, : net.num_ws]) - target).square().mean())
        return total

    least = error()
    to_rgb = net.synthesis.get_submodule(net.synthesis.layers[-1].name)
    for parameter in (to_rgb.weight, to_rgb.bias):
        for factor in (0.95, 1.05):
            with torch.no_grad():
                parameter.mul_(factor)
                assert error() > least
                parameter.div_(factor)


def test_stylegan2_begins_with_the_enlarged_picture(tmp_path: Path, large: ImageDataset) -> None:
    config = tiny("stylegan2").network
    small = build_network(config, seed=1)
    stir(small)
    save_network(tmp_path / "small.safetensors", small)
    trainer = grown(tmp_path / "small.safetensors", grown_config(config), large)
    shrunk = torch.nn.functional.avg_pool2d(drawn(trainer.ema.network), 2)
    picture = drawn(small)
    error = (shrunk - picture).square().mean()
    assert error < 0.1 * picture.var()
    trainer.step()
    assert drawn(trainer.ema.network).isfinite().all()


def test_a_run_folder_gives_its_discriminator_too(
    data: ImageDataset, large: ImageDataset, tmp_path: Path
) -> None:
    old = Trainer(tiny(), data)
    old.step()
    with RunFolder.create(tmp_path / "run") as folder:
        folder.save_state(old.state_dict(), old.images_seen)
        folder.save_network(old.ema.network, 0, {}, Image.new("RGB", (8, 8)))
    new = Trainer(tiny(network=grown_config(tiny().network)), large)
    generator, _, discriminator = grow_weights(new, tmp_path / "run")
    assert {name.split(".")[1] for name in generator.left} == {
        new.generator.synthesis.layers[-1].name
    }
    assert discriminator.tensors
    assert torch.equal(new.discriminator.b4.fc.weight, old.discriminator.b4.fc.weight)
    assert torch.equal(
        new.generator.mapping.state_dict()["fc0.weight"],
        old.generator.mapping.state_dict()["fc0.weight"],
    )


def test_what_does_not_grow_is_refused(tmp_path: Path, large: ImageDataset) -> None:
    save_network(tmp_path / "two.safetensors", build_network(tiny("stylegan2").network))
    with pytest.raises(ValueError, match="does not grow into a stylegan3-t network of 32"):
        grown(tmp_path / "two.safetensors", grown_config(tiny().network), large)
    octaves = NetworkConfig(kind="stylegan3-t", resolution=64, sampling="octaves", layers=9)
    with pytest.raises(ValueError, match="octaves"):
        grown_config(octaves)


def test_the_command_takes_the_sizes_of_the_network_it_grows(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    small = build_network(small_config("stylegan3-r"))
    save_network(tmp_path / "small.safetensors", small, info={"kimg": 12.0})
    write_pictures(tmp_path / "data", 8, 32)
    order = [
        "run", "--grow-from", str(tmp_path / "small.safetensors"), "--data", str(tmp_path / "data"),
        "--out", str(tmp_path / "run"), "--kimg", "0.008", "--batch", "4", "--precision", "fp32",
        "--d-channel-base", "64", "--d-channel-max", "8",
    ]  # fmt: skip
    assert main(order) == 0
    net = load_network(tmp_path / "run")
    assert net.config == grown_config(small_config("stylegan3-r"))
    started = "small (12.0 kimg at 16²), grown"
    assert net.info["about_start"] == started
    assert start_text(tmp_path / "run") == f"run (0.0 kimg at 32²), that from {started}"
    capfd.readouterr()
    assert main([*order, "--init-from", "relief-stylegan3-r"]) == 1
    assert "not from both" in capfd.readouterr().err
    assert main([*order, "--config", "stylegan2"]) == 1
    assert "--config stylegan2 is for another" in capfd.readouterr().err


def test_the_discriminator_keeps_its_scale(tmp_path: Path, large: ImageDataset) -> None:
    small = Trainer(tiny(), ImageDataset.from_arrays(pixels(8, 16)))
    with RunFolder.create(tmp_path / "run") as folder:
        folder.save_state(small.state_dict(), 0)
        folder.save_network(small.ema.network, 0, {}, Image.new("RGB", (8, 8)))
    network = grown_config(tiny().network)
    trainer = Trainer(tiny(network=network, d_channel_base=128), large)
    *_, taken = grow_weights(trainer, tmp_path / "run")
    old, new = small.discriminator.state_dict(), trainer.discriminator.state_dict()
    assert {name.partition(".")[0] for name in taken.left} == {"b8"}
    assert torch.equal(new["b32.fromrgb.weight"], old["b16.fromrgb.weight"])
    assert torch.equal(new["b16.conv0.weight"], old["b8.conv0.weight"])
    assert torch.equal(new["b4.fc.weight"], old["b4.fc.weight"])


@pytest.mark.parametrize("kind", ["stylegan3-t", "stylegan3-r"])
def test_a_network_is_grown_without_training(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    small = build_network(small_config(kind), seed=1)
    stir(small)
    info = {"kimg": 12.0, "hours": 0.5, "pictures": 9, "data": "nine.zip", "about_data": "lines"}
    info |= {"batch": 4, "gamma": 0.1, "seed": 0}
    save_network(tmp_path / "small.safetensors", small, info=info)
    out = tmp_path / "large.safetensors"
    assert (
        main(["grow", str(tmp_path / "small.safetensors"), "--out", str(out), "--samples", "2"])
        == 0
    )
    large = load_network(out)
    assert (large.resolution, large.config.layers) == (32, 6)
    torch.testing.assert_close(drawn(large), drawn(small, canvas=(32, 32)), atol=1e-4, rtol=0)
    assert large.info["grown_from"] == "small"
    assert large.preview is not None
    card = out.with_suffix(".md").read_text()
    assert "12.0 kimg, 0.50 h of computation, at half the size (`small`)" in card
    assert "EQ-T" in card
    assert "large.md" in capfd.readouterr().err.replace("\n", "")


def test_what_stylegan2_lacks_has_to_be_learned(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    save_network(tmp_path / "small.safetensors", build_network(small_config("stylegan2")))
    out = tmp_path / "large.safetensors"
    assert main(["grow", str(tmp_path / "small.safetensors"), "--out", str(out)]) == 1
    assert "has to be learned: python -m train run --grow-from" in capfd.readouterr().err
    assert not out.exists()
