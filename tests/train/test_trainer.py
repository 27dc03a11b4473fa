"""Training steps of tiny networks."""

import copy
import dataclasses
import math

import numpy as np
import pytest
import torch

from tests.train.conftest import pixels, tiny
from train.config.presets import preset
from train.config.training import TrainConfig
from train.data.dataset import ImageDataset
from train.trainer import Trainer, TrainingDivergedError

KINDS = ("stylegan2", "stylegan3-t", "stylegan3-r")


def assert_same(one: object, other: object) -> None:
    """Equal to the last bit, however deeply nested."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            assert_same(one[name], other[name])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for mine, theirs in zip(one, other, strict=True):
            assert_same(mine, theirs)
    else:
        assert one == other


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_steps_move_every_weight_of_both_networks(kind, data):
    regularised = {"style_mixing": 0.9, "path_length_weight": 2.0} if kind == "stylegan2" else {}
    trainer = Trainer(tiny(kind, **regularised), data)
    before = copy.deepcopy(trainer.state_dict())
    reports = [trainer.step() for _ in range(4)]
    assert all(math.isfinite(report.loss_g + report.loss_d) for report in reports)
    assert [report.r1 is not None for report in reports] == [True, False, False, True]
    assert (reports[0].path_length is not None) == (kind == "stylegan2")
    assert trainer.images_seen == 16
    for name, network in (
        ("generator", trainer.generator),
        ("discriminator", trainer.discriminator),
        ("ema", trainer.ema.network),
    ):
        for parameter, value in network.named_parameters():
            assert not torch.equal(value, before[name][parameter]), f"{name}.{parameter}"
    assert not torch.equal(trainer.generator.mapping.w_avg, before["generator"]["mapping.w_avg"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_training_equals_an_uninterrupted_one(kind, data):
    config = tiny(kind, path_length_weight=2.0 if kind == "stylegan2" else 0.0, mirror=True)
    straight = Trainer(config, data)
    for _ in range(5):
        straight.step()
    first = Trainer(config, data)
    for _ in range(2):
        first.step()
    # Whatever drew random numbers in between must not matter.
    torch.manual_seed(99)
    second = Trainer(config, data)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for _ in range(3):
        second.step()
    assert_same(second.state_dict(), straight.state_dict())


def test_a_step_leaves_the_global_random_state_alone(data):
    trainer = Trainer(tiny("stylegan2"), data)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trainer.step()
    assert torch.equal(torch.rand(3), expected)


def test_the_seed_decides_the_outcome(data):
    states = []
    for seed in (1, 1, 2):
        trainer = Trainer(tiny(seed=seed), data)
        trainer.step()
        states.append(trainer.state_dict()["generator"])
    assert_same(states[0], states[1])
    assert any(not torch.equal(states[0][name], states[2][name]) for name in states[0])


def test_sharing_fakes_trains_too(data):
    trainer = Trainer(tiny(share_fakes=True), data)
    report = trainer.step()
    assert math.isfinite(report.loss_g)
    assert math.isfinite(report.loss_d)


def test_without_noise_inputs_their_strengths_stay_at_zero(data):
    trainer = Trainer(tiny("stylegan2", noise_inputs=False, path_length_weight=2.0), data)
    for _ in range(3):
        trainer.step()
    strengths = {
        name: value
        for name, value in trainer.generator.named_parameters()
        if name.endswith("noise_strength")
    }
    assert strengths
    assert all(value == 0 for value in strengths.values())


def test_bfloat16_starts_with_nearly_the_same_losses(data):
    exact, rounded = (Trainer(tiny(precision=name), data).step() for name in ("fp32", "bf16"))
    assert rounded.loss_d == pytest.approx(exact.loss_d, rel=0.05)
    assert rounded.loss_g == pytest.approx(exact.loss_g, rel=0.05)


@pytest.mark.slow
def test_the_discriminator_learns_to_tell_a_fixed_generator(data):
    trainer = Trainer(tiny(lr_g=0.0, lr_d=0.01), data)
    losses = [trainer.step().loss_d for _ in range(30)]
    assert np.mean(losses[-3:]) < 0.5 * np.mean(losses[:3])


def test_labels_reach_both_networks():
    labels = np.eye(3, dtype=np.float32)[np.arange(12) % 3]
    data = ImageDataset.from_arrays(pixels(12, 16), labels)
    trainer = Trainer(tiny().for_data(size=(16, 16), c_dim=3), data)
    before = copy.deepcopy(trainer.state_dict())
    for _ in range(2):
        trainer.step()
    for name in ("generator", "discriminator"):
        weight = trainer.state_dict()[name]["mapping.embed.weight"]
        assert not torch.equal(weight, before[name]["mapping.embed.weight"])


def test_a_loss_that_is_not_finite_stops_before_the_update(data):
    trainer = Trainer(tiny(), data)
    trainer.step()
    with torch.no_grad():
        trainer.discriminator.b4.out.bias.fill_(math.nan)
    averaged = copy.deepcopy(trainer.ema.network.state_dict())
    with pytest.raises(TrainingDivergedError, match=r"became nan after 4 pictures; try a larger"):
        trainer.step()
    assert trainer.steps_done == 1
    assert_same(trainer.ema.network.state_dict(), averaged)
    assert all(bool(weight.isfinite().all()) for weight in trainer.generator.parameters())


def test_the_blur_fades(data):
    trainer = Trainer(tiny("stylegan3-r", blur_sigma_px=2.0, blur_fade_kimg=0.016), data)
    images = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    spreads = []
    for steps in (0, 2, 4):
        trainer.steps_done = steps
        spreads.append(trainer._blur(images).std().item())
    assert spreads[0] < spreads[1] < spreads[2] == images.std().item()


def test_r1_is_the_gradient_with_respect_to_sharp_pictures(data):
    config = tiny(
        "stylegan3-r", blur_sigma_px=4.0, blur_fade_kimg=10.0, precision="fp64", gamma=0.7
    )
    trainer = Trainer(config, data)
    discriminator = copy.deepcopy(trainer.discriminator)
    penalty = trainer._penalise_gradient(trainer._sampler.batch(0))

    # The definition with the blur as a matrix, 2^-(x/sigma)^2 up to 3 sigma, zeros outside.
    offsets = (torch.arange(16)[:, None] - torch.arange(16)).double()
    whole = torch.arange(-12, 13).double()
    blur = torch.exp2(-(offsets / 4).square()) * (offsets.abs() <= 12)
    blur = blur / torch.exp2(-(whole / 4).square()).sum()
    sharp, labels = data.batch(torch.arange(4), seed=config.seed, mirror=config.mirror)
    sharp = sharp.double().requires_grad_()
    scores = discriminator(blur @ sharp @ blur.T, labels)
    (gradient,) = torch.autograd.grad(scores.sum(), sharp, create_graph=True)
    expected = gradient.square().sum([1, 2, 3]).mean()
    (expected * 0.7 / 2 * config.r1_interval).backward()

    # The trainer's taps are float32.
    assert penalty == pytest.approx(expected.item(), rel=1e-6)
    for (name, learnt), defined in zip(
        trainer.discriminator.named_parameters(), discriminator.parameters(), strict=True
    ):
        if defined.grad is None:
            assert learnt.grad is None or not learnt.grad.any(), name
        else:
            scale = defined.grad.abs().max().item()
            torch.testing.assert_close(learnt.grad, defined.grad, rtol=0, atol=1e-5 * scale + 1e-18)


def test_data_of_another_size_is_refused(data):
    with pytest.raises(ValueError, match="made for pictures of 16x16 with 3"):
        Trainer(tiny(), ImageDataset.from_arrays(pixels(4, 32)))


def test_a_state_of_another_network_is_refused(data):
    state = Trainer(tiny("stylegan2"), data).state_dict()
    with pytest.raises(ValueError, match="does not fit"):
        Trainer(tiny("stylegan3-t"), data).load_state_dict(state)


@pytest.mark.parametrize("kind", KINDS)
def test_presets_survive_json_and_have_the_demo_size(kind):
    config = preset(kind)
    assert TrainConfig.from_dict(config.to_dict()) == config
    assert config.network.kind == kind
    assert config.network.resolution == 64
    gamma = {"stylegan2": 0.4, "stylegan3-t": 0.2048, "stylegan3-r": 0.8}[kind]
    assert config.r1_gamma == pytest.approx(gamma)
    # It goes with the size of the pictures, where the user has not set it.
    large = config.for_data(size=(128, 128), c_dim=0)
    assert large.r1_gamma == pytest.approx(4 * gamma)
    assert dataclasses.replace(large, gamma=0.3).r1_gamma == 0.3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch", 0),
        ("batch", 2.5),
        ("seed", -1),
        ("d_channel_base", 0),
        ("d_channel_max", -1),
        ("kimg", 0.0),
        ("kimg", math.inf),
        ("tick_kimg", math.nan),
        ("snapshot_kimg", 10**400),
        ("lr_g", math.inf),
        ("lr_d", "fast"),
        ("gamma", -1.0),
        ("ema_rampup", True),
        ("style_mixing", 1.5),
        ("precision", "fp8"),
    ],
)
def test_settings_out_of_range_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        tiny(**{name: value})


def test_networks_of_other_programs_that_no_preset_makes_are_not_trained() -> None:
    fields = tiny().to_dict()
    for odd in ({"c_dim": 2, "class_features": 4}, {"channels": [8] * 4}):
        with pytest.raises(ValueError, match="such a network cannot be trained: "):
            TrainConfig.from_dict(fields | {"network": fields["network"] | odd})


def test_lecam_keeps_scores_closer_and_resumes_exactly(data: ImageDataset) -> None:
    def after(steps: int, weight: float) -> Trainer:
        trainer = Trainer(tiny(lecam_weight=weight, lr_d=0.02), data)
        for _ in range(steps):
            report = trainer.step()
        distances[weight] = (report.real_score or 0) - (report.fake_score or 0)
        return trainer

    distances: dict[float, float] = {}
    after(12, 0.0)
    whole = after(12, 10.0)
    assert abs(distances[10.0]) < abs(distances[0.0])
    first = after(6, 10.0)
    resumed = Trainer(tiny(lecam_weight=10.0, lr_d=0.02), data)
    resumed.load_state_dict(first.state_dict())
    for _ in range(6):
        resumed.step()
    assert resumed.lecam == whole.lecam
    pairs = zip(resumed.discriminator.parameters(), whole.discriminator.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
