"""Weights of another training, frozen layers, and the presets."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
import torch

from generator import Generator, NetworkConfig, build_network, load_network, save_network
from tests.generator.rosinality_files import random_discriminator, random_generator
from tests.train.conftest import pixels, tiny, write_pictures
from train.commands.main import main
from train.config.presets import ABLATION, KINDS, NAMES, joined, parts, preset
from train.config.training import augment_advice
from train.data.dataset import ImageDataset
from train.discriminator import first_parameters
from train.fine_tuning import read_weights, take_weights
from train.runs.folder import RunFolder
from train.trainer import Trainer


def trained(data: ImageDataset, seed: int = 1) -> Trainer:
    trainer = Trainer(tiny(seed=seed), data)
    trainer.step()
    return trainer


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(mine, theirs) for mine, theirs in pairs)


def test_a_run_folder_gives_all_three_networks(data: ImageDataset, tmp_path: Path) -> None:
    old = trained(data)
    with RunFolder.create(tmp_path / "run") as folder:
        folder.save_state(old.state_dict(), old.images_seen)
    new = Trainer(tiny(seed=2), data)
    taken = take_weights(new, tmp_path / "run")
    assert not any(one.left for one in taken)
    assert same(new.generator, old.generator)
    assert same(new.ema.network, old.ema.network)
    assert same(new.discriminator, old.discriminator)
    assert new.steps_done == 0


def test_a_damaged_state_is_passed_over_and_that_is_said(
    data: ImageDataset, tmp_path: Path
) -> None:
    old = trained(data)
    with RunFolder.create(tmp_path / "run") as folder:
        folder.save_state(old.state_dict(), 4)
        folder.save_state(old.state_dict(), 8).write_bytes(b"torn")
    new = Trainer(tiny(seed=2), data)
    said: list[str] = []
    take_weights(new, tmp_path / "run", passed_over=said.append)
    assert same(new.generator, old.generator)
    (line,) = said
    assert line.startswith("state-000000.008.pt cannot be read")


def test_a_network_file_gives_the_generator_and_says_what_stays_fresh(
    data: ImageDataset, tmp_path: Path
) -> None:
    old = trained(data)
    save_network(tmp_path / "old.safetensors", old.ema.network)
    new = Trainer(tiny(seed=2), data)
    fresh = Trainer(tiny(seed=2), data)
    generator, averaged, discriminator = take_weights(new, tmp_path / "old.safetensors")
    assert same(new.generator, old.ema.network)
    assert same(new.ema.network, old.ema.network)
    assert same(new.discriminator, fresh.discriminator)
    assert (generator.left, averaged.left, discriminator.tensors) == ((), (), 0)
    assert "stay fresh" in str(discriminator)
    assert "all" in str(generator)


def test_networks_of_another_width_ask_before_they_go_on(
    data: ImageDataset, tmp_path: Path
) -> None:
    old = trained(data)
    save_network(tmp_path / "old.safetensors", old.ema.network)
    network = dataclasses.replace(tiny().network, w_dim=12, z_dim=12, channel_max=4)
    new = Trainer(tiny(network=network), data)
    before = {name: value.clone() for name, value in new.generator.state_dict().items()}
    with pytest.raises(ValueError, match="--allow-fresh"):
        take_weights(new, tmp_path / "old.safetensors")
    new = Trainer(tiny(network=network), data)
    taken = take_weights(new, tmp_path / "old.safetensors", allow_fresh=True)
    # Whatever fits by name and shape is taken; what does not is named and left as it was.
    for name in taken[0].left:
        assert torch.equal(new.generator.state_dict()[name], before[name])
    assert any("weight" in name for name in taken[0].left)


def test_frozen_layers_do_not_learn_and_the_others_do(data: ImageDataset) -> None:
    trainer = Trainer(tiny(freeze_d=3), data)
    frozen = first_parameters(trainer.discriminator, 3)
    before = {own: own.clone() for own in trainer.discriminator.parameters()}
    for _ in range(2):
        trainer.step()
    assert len(frozen) == 6  # fromrgb, conv0 and conv1 of the first block, weight and bias each
    for own, value in before.items():
        stays = any(own is one for one in frozen)
        assert torch.equal(own, value) == stays


def test_layers_of_a_discriminator_that_the_source_lacks_cannot_be_frozen(
    data: ImageDataset, tmp_path: Path
) -> None:
    old = trained(data)
    save_network(tmp_path / "old.safetensors", old.ema.network)
    new = Trainer(tiny(freeze_d=2), data)
    with pytest.raises(ValueError, match=r"holds no discriminator .* --freeze-d"):
        take_weights(new, tmp_path / "old.safetensors")
    with RunFolder.create(tmp_path / "run") as folder:
        folder.save_state(old.state_dict(), old.images_seen)
    take_weights(new, tmp_path / "run")


def test_a_discriminator_of_another_size_asks_before_it_goes_on(
    data: ImageDataset, tmp_path: Path
) -> None:
    old = trained(data)
    with RunFolder.create(tmp_path / "run") as folder:
        folder.save_state(old.state_dict(), old.images_seen)
    new = Trainer(tiny(d_channel_max=4), data)
    with pytest.raises(ValueError, match=r"discriminator: .* --allow-fresh"):
        take_weights(new, tmp_path / "run")


@pytest.mark.parametrize("kind", KINDS)
def test_the_bundled_networks_fit_their_presets_and_were_trained_with_them(kind: str) -> None:
    config = preset(kind)
    data = ImageDataset.from_arrays(pixels(4, 64))
    trainer = Trainer(dataclasses.replace(config, precision="fp32"), data)
    generator, averaged, _ = take_weights(trainer, Path(f"relief-{kind}"))
    assert generator.left == averaged.left == ()
    bundled = load_network(f"relief-{kind}")
    assert bundled.config == config.network
    assert bundled.info["gamma"] == pytest.approx(config.r1_gamma)
    assert bundled.info["batch"] == config.batch


def test_adas_strength_can_act_within_the_training() -> None:
    assert tiny(kimg=100.0).ada_range_kimg == 20
    assert tiny(kimg=25_000.0).ada_range_kimg == 500
    assert tiny(kimg=100.0, ada_kimg=100.0).ada_range_kimg == 100
    assert all(preset(name).ada_range_kimg <= preset(name).kimg / 5 for name in NAMES)
    with pytest.raises(ValueError, match="ada_kimg must be positive"):
        tiny(ada_kimg=0.0)


@pytest.mark.parametrize("delay", [0, 8])
def test_the_generators_rate_grows_from_nothing(data: ImageDataset, delay: int) -> None:
    trainer = Trainer(tiny(lr_g_delay_kimg=delay / 1000, lr_g_rampup_kimg=0.008), data)
    started = [own.clone() for own in trainer.generator.parameters()]

    def moved() -> float:
        after = list(trainer.generator.parameters())
        steps = [(new - old).detach().abs().max() for new, old in zip(after, started, strict=True)]
        started[:] = [own.clone() for own in after]
        return float(max(steps))

    averaged = [own.clone() for own in trainer.ema.network.parameters()]
    for _ in range(delay // trainer.config.batch):
        report = trainer.step()
        assert math.isfinite(report.loss_g)
        assert moved() == 0
    assert all(map(torch.equal, averaged, trainer.ema.network.parameters()))
    paces = []
    for _ in range(4):
        trainer.step()
        paces.append(moved())
    assert paces[0] == 0
    assert 0 < paces[1] < paces[2]
    # As fast from here on as without.
    state = trainer.state_dict()["g_optimizer"]["param_groups"]
    assert [group["lr"] for group in state] == [trainer.config.lr_g]


def test_more_frozen_layers_than_there_are_is_an_error(data: ImageDataset) -> None:
    with pytest.raises(ValueError, match="freeze_d must be at most"):
        Trainer(tiny(freeze_d=99), data)


@pytest.mark.parametrize("name", NAMES)
def test_presets_are_what_their_names_say(name: str) -> None:
    config = preset(name)
    subject, kind = parts(name)
    assert config.network.kind == kind
    assert joined(subject, kind) == name
    if name in KINDS or name in ABLATION:
        assert config.network.resolution == 64
        assert config.batch == 4
    else:
        assert config.network.resolution in (512, 1024)
        assert config.batch == 32
        assert config.gamma
    assert (config.path_length_weight > 0) == (name not in KINDS and kind == "stylegan2")
    assert (config.blur_sigma_px > 0) == (kind == "stylegan3-r")


def test_what_configurations_of_the_ablation_train_differently() -> None:
    a, b, c, t, r = (preset(f"ablation-{letter}") for letter in "abctr")
    assert (a.network.input, b.network.input) == ("const", "fourier")
    assert (a.noise_inputs, b.noise_inputs, c.noise_inputs) == (True, True, False)
    assert dataclasses.replace(c, noise_inputs=True) == b
    # T and R are the demo's but for their layers; n = 6 and m = 2 are T's own.
    for own, demo in ((t, preset("stylegan3-t")), (r, preset("stylegan3-r"))):
        assert own.network.layers == 14
        assert own == dataclasses.replace(demo, network=own.network)
    assert (t.network.filter_size, t.network.lrelu_upsampling) == (6, 2)
    assert [preset(f"ablation-t-n{n}").network.filter_size for n in (4, 8)] == [4, 8]
    assert [preset(f"ablation-t-m{m}").network.lrelu_upsampling for m in (1, 4)] == [1, 4]


@pytest.mark.parametrize("name", ABLATION)
def test_configurations_of_the_ablation_fit_pictures_of_other_sizes(name: str) -> None:
    for resolution in (32, 128):
        network = preset(name).for_data(size=(resolution, resolution), c_dim=3).network
        assert (network.resolution, network.c_dim) == (resolution, 3)
        if network.sampling == "octaves":
            assert network.layers == {32: 7, 128: 11}[resolution]
            assert (network.critical_layers == network.layers) == (name[-1] in "def")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ablation-a", "ablation-d", "ablation-g"])
def test_configurations_of_the_ablation_train(name: str, data: ImageDataset) -> None:
    config = preset(name).for_data(size=data.size, c_dim=data.c_dim)
    trainer = Trainer(dataclasses.replace(config, precision="fp32"), data)
    before = [one.detach().clone() for one in trainer.generator.parameters()]
    for _ in range(2):
        trainer.step()
    after = list(trainer.generator.parameters())
    assert all(torch.isfinite(one).all() for one in after)
    assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_gammas_are_those_of_the_paper() -> None:
    assert preset("metfaces-stylegan3-r").gamma == 3.3
    assert preset("metfaces-u-stylegan3-r").gamma == 6.6
    assert preset("ffhq-stylegan2").gamma == 10
    with pytest.raises(ValueError, match=r"no preset is called ffhq.*ablation-t-m4"):
        preset("ffhq")


@pytest.mark.parametrize(
    ("augment", "mirror", "pictures", "says"),
    [
        ("off", False, 29_999, "--augment ada"),
        ("off", False, 300, "by heart: train with --augment ada"),
        ("off", False, 30_000, None),
        ("ada", True, 50_000, "--augment off"),
        ("ada", False, 50_000, None),
    ],
)
def test_advice_on_augmentation(
    augment: str, mirror: bool, pictures: int, says: str | None
) -> None:
    advice = augment_advice(tiny(augment=augment, mirror=mirror), pictures)
    assert (advice is None) if says is None else (advice is not None and says in advice)


def test_an_estimate_and_the_start_ask_before_much_stays_fresh(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    save_network(tmp_path / "old.safetensors", build_network(tiny().network))
    write_pictures(tmp_path / "data", 8, 16)
    order = [
        "run", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "run"),
        "--init-from", str(tmp_path / "old.safetensors"), "--kimg", "0.008", "--precision", "fp32",
        "--layers", "4", "--z-dim", "8", "--w-dim", "8", "--channel-base", "64",
        "--channel-max", "4", "--d-channel-base", "64", "--d-channel-max", "8", "--threads", "1",
    ]  # fmt: skip
    for more in ([], ["--dry-run"]):
        assert main([*order, *more]) == 1
        assert "--allow-fresh" in capfd.readouterr().err
    assert main([*order, "--dry-run", "--allow-fresh"]) == 0
    assert "stay fresh" in capfd.readouterr().err
    assert main([*order, "--allow-fresh"]) == 0


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"c_dim": 3, "class_features": 5}, "mean w of its own"),
        ({"channels": (4, 8, 4, 4)}, "one by one"),
    ],
)
def test_networks_that_no_training_makes_are_refused(
    fields: dict[str, object], told: str, data: ImageDataset, tmp_path: Path
) -> None:
    settings = {"kind": "stylegan2", "resolution": 32, "z_dim": 8, "w_dim": 8, "channel_max": 8}
    net = build_network(NetworkConfig(**(settings | fields)))
    save_network(tmp_path / "net.safetensors", net)
    with pytest.raises(ValueError, match=told):
        take_weights(Trainer(tiny(), data), tmp_path / "net.safetensors")


def test_a_discriminator_of_another_program_is_taken(data: ImageDataset, tmp_path: Path) -> None:
    """Checkpoints of rosinality's have other names for its tensors."""
    trainer = Trainer(tiny(), data)
    channels = [4, 4]
    torch.save(
        {
            "g_ema": random_generator(channels, depth=2, dim=8),
            "d": random_discriminator(channels),
        },
        tmp_path / "net.pt",
    )
    generator, averaged, discriminator = read_weights(tmp_path / "net.pt")
    assert generator is averaged
    names = trainer.discriminator.state_dict().keys()
    assert {name for name in names if name.startswith("b4.")} <= discriminator.keys()


@pytest.mark.parametrize("kind", ["stylegan3-t", "stylegan3-r"])
def test_a_network_without_the_critical_layers_gets_fitted_colours(
    kind: str, data: ImageDataset, tmp_path: Path
) -> None:
    config = dataclasses.replace(tiny(kind).network, layers=6, critical_layers=2)
    original = build_network(config, seed=1)
    save_network(tmp_path / "net.safetensors", original)
    fewer = dataclasses.replace(config, layers=4, critical_layers=0)
    trainer = Trainer(tiny(network=fewer), data)
    z = torch.randn(8, config.z_dim, generator=torch.Generator().manual_seed(0))

    def error(network: Generator) -> float:
        with torch.no_grad():
            wanted = original.synthesis(original.mapping(z))
            drawn = network.synthesis(network.mapping(z))
            return float((drawn - wanted).square().mean() / wanted.var())

    fresh = error(trainer.ema.network)
    take_weights(trainer, tmp_path / "net.safetensors")
    assert error(trainer.ema.network) < 0.7 < fresh
    assert error(trainer.generator.eval()) < 0.7
