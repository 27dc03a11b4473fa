"""The discriminator against golden arrays, and its conditional form."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from train.discriminator import Discriminator, DiscriminatorConfig

GOLDEN = Path(__file__).parents[1] / "golden" / "discriminator.npz"


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.fixture(scope="module")
def discriminator(golden: dict[str, np.ndarray]) -> Discriminator:
    shape = json.loads(str(golden["meta"]))["init_kwargs"]
    config = DiscriminatorConfig(
        resolution=shape["img_resolution"],
        c_dim=shape["c_dim"],
        channel_base=shape["channel_base"],
        channel_max=shape["channel_max"],
        group_size=shape["epilogue_kwargs"]["mbstd_group_size"],
    )
    network = Discriminator(config)
    weights = {
        name.removeprefix("param/"): torch.from_numpy(array)
        for name, array in golden.items()
        if name.startswith("param/") and not name.endswith("resample_filter")
    }
    network.load_state_dict(weights, strict=True)
    return network


def test_logits_and_image_gradient_match_golden(golden, discriminator):
    images = torch.from_numpy(golden["img"]).requires_grad_()
    logits = discriminator(images)
    (gradient,) = torch.autograd.grad(logits.sum(), images)
    # Float32 through eight layers: SPEC's 1e-4 absolute for values of order 1.
    np.testing.assert_allclose(logits.detach(), golden["logits"], atol=1e-4)
    np.testing.assert_allclose(gradient, golden["grad_img"], atol=1e-5)


def test_gradient_penalty_and_its_gradients_match_golden(golden, discriminator):
    images = torch.from_numpy(golden["img"]).requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(images).sum(), images, create_graph=True)
    penalty = gradient.square().sum([1, 2, 3])
    np.testing.assert_allclose(penalty.detach(), golden["r1"], rtol=1e-4)
    weights = [discriminator.b32.conv0.weight, discriminator.b4.out.weight]
    first, last = torch.autograd.grad(penalty.mean(), weights)
    for got, name in [(first, "r1_grad_b32_conv0"), (last, "r1_grad_b4_out")]:
        scale = np.abs(golden[name]).max()
        np.testing.assert_allclose(got, golden[name], atol=1e-4 * scale)


def test_bfloat16_is_close_to_float32(golden, discriminator):
    images = torch.from_numpy(golden["img"])
    exact, rounded = discriminator(images), discriminator(images, bf16=True)
    # bfloat16 keeps 8 bits; errors of the layers add up like a random walk.
    assert (exact - rounded).abs().max() < 0.05 * exact.abs().max()


def test_labels_change_the_scores_and_are_needed():
    network = Discriminator(
        DiscriminatorConfig(resolution=16, c_dim=3, channel_base=128, channel_max=8)
    )
    images = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    one, other = (torch.eye(3)[[index] * 4] for index in (0, 1))
    assert network(images, one).shape == (4, 1)
    assert not torch.allclose(network(images, one), network(images, other))
    with pytest.raises(ValueError, match="labels"):
        network(images)


def test_a_batch_the_group_size_does_not_divide_is_scored():
    config = DiscriminatorConfig(resolution=8, channel_base=64, channel_max=8, group_size=4)
    assert Discriminator(config)(torch.zeros(6, 3, 8, 8)).shape == (6, 1)


def test_resolution_is_checked():
    with pytest.raises(ValueError, match="power of two"):
        DiscriminatorConfig(resolution=48)
