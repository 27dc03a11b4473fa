"""Losses and the averaged weights against values known by hand."""

import math

import pytest
import torch
from torch import nn

from train import losses
from train.ema import WeightEma


def test_logistic_losses_have_their_known_values():
    zero, one = torch.zeros(4, 1), torch.ones(4, 1)
    assert losses.generator_loss(zero).item() == pytest.approx(math.log(2))
    assert losses.generator_loss(one).item() == pytest.approx(math.log(1 + math.exp(-1)))
    both = losses.discriminator_loss(fake_logits=one, real_logits=one)
    assert both.item() == pytest.approx(math.log(1 + math.e) + math.log(1 + math.exp(-1)))


def test_squared_gradient_of_a_known_function_and_its_derivative():
    images = torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    images = images.double().requires_grad_()
    scale = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    # d/dx of a * sum(x^2) is 2 a x: the penalty is 4 a^2 |x|^2, its derivative 8 a |x|^2.
    logits = scale * images.square().sum([1, 2, 3])[:, None]
    penalty = losses.squared_gradient(images, logits)
    power = images.detach().square().sum([1, 2, 3]).mean()
    torch.testing.assert_close(penalty, 4 * scale.detach() ** 2 * power)
    (derivative,) = torch.autograd.grad(penalty, scale)
    torch.testing.assert_close(derivative, 8 * scale.detach() * power)


def test_path_length_of_a_linear_generator():
    # images = 3 * w spread over 4x4 pixels of one channel: |J^T y| is 3 |y| / 4.
    ws = torch.zeros(2, 1, 16, dtype=torch.float64, requires_grad=True)
    images = 3 * ws.reshape(2, 1, 4, 4)
    noise = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(0)).double()
    regulariser = losses.PathLength(torch.zeros((), dtype=torch.float64))
    regulariser.mean = torch.tensor(0.5, dtype=torch.float64)
    penalty, total = regulariser.penalty(images, ws, noise)
    lengths = 3 * noise.flatten(1).norm(dim=1) / 4
    torch.testing.assert_close(penalty, (lengths - 0.5).square().sum())
    torch.testing.assert_close(total, lengths.sum())
    regulariser.follow(lengths.mean())
    torch.testing.assert_close(regulariser.mean, 0.99 * 0.5 + 0.01 * lengths.mean())


def test_average_follows_the_half_life_and_copies_buffers():
    network = nn.BatchNorm1d(1)
    ema = WeightEma(network, half_life_kimg=1.0, rampup=None)
    with torch.no_grad():
        network.weight.fill_(3.0)
        network.running_mean.fill_(7.0)
    for step in range(10):
        ema.update(images_seen=100 * (step + 1), batch_size=100)
    # After one half-life the average lies halfway between the old 1 and the new 3.
    assert ema.network.weight.item() == pytest.approx(2.0, rel=1e-5)
    assert ema.network.running_mean.item() == 7.0
    assert not ema.network.training
    assert not ema.network.weight.requires_grad


def test_average_ramps_up_with_the_pictures_seen():
    ema = WeightEma(nn.Linear(1, 1), half_life_kimg=10.0, rampup=0.05)
    assert ema.decay(images_seen=1000, batch_size=50) == pytest.approx(0.5)
    assert ema.decay(images_seen=10**6, batch_size=50) == pytest.approx(0.5 ** (50 / 10000))
    assert ema.decay(images_seen=0, batch_size=50) == 0


def test_lecam_draws_scores_to_the_means_of_the_other_kind():
    lecam = losses.LeCam(fake=-1.0, real=2.0)
    penalty = lecam.penalty(torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [-1.0]]))
    # (2^2 + 0) / 2 from real scores to -1, (2^2 + 0) / 2 from generated ones to 2
    assert penalty.item() == pytest.approx(4.0)
    lecam.follow(fake=0.0, real=3.0)
    assert (lecam.fake, lecam.real) == pytest.approx((-0.99, 2.01))
