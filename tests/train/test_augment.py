"""Adaptive discriminator augmentation."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.train.conftest import tiny
from tests.train.test_trainer import assert_same
from train import augment as pipeline
from train.augment import AdaptiveStrength, Draws, augment
from train.trainer import Trainer

if TYPE_CHECKING:
    from train.data.dataset import ImageDataset

GOLDEN = Path(__file__).parents[1] / "golden" / "augment.npz"


def same_draws(count: int, quantile: float) -> Draws:
    """Everything happens, every draw at one percentile, and no second turn.

    The golden arrays map percentiles to normal draws by erfinv(2q - 1), without its factor √2.
    """
    uniform = torch.full((count, 8), quantile)
    uniform[:, 5] = 0.5
    normal = torch.erfinv(torch.full((count, 7), 2 * quantile - 1))
    return Draws(torch.zeros(count, 13), uniform, normal)


@pytest.mark.parametrize("index", range(3))
def test_pictures_equal_the_golden_ones(index: int) -> None:
    golden = np.load(GOLDEN)
    images = torch.from_numpy(golden["images"])
    quantile = json.loads(str(golden["percentiles"]))[index]
    out = augment(images, 1.0, same_draws(len(images), quantile))
    # float32 sums of a dozen terms of magnitude 1 to 3
    assert torch.allclose(out, torch.from_numpy(golden[f"out{index}"]), rtol=0, atol=1e-5)


def test_the_filter_is_the_symlet_of_six_vanishing_moments() -> None:
    taps = np.array(pipeline._SYM6)
    for shift in range(6):
        overlap = taps[2 * shift :] @ taps[: len(taps) - 2 * shift]
        assert overlap == pytest.approx(float(shift == 0), abs=1e-10)
    alternating = taps * (-1.0) ** np.arange(12)
    for moment in range(6):
        # scaled so that rounding of the twelve taps stays visible but small
        assert abs(alternating @ (np.arange(12) / 11.0) ** moment) < 1e-8


def test_nothing_happens_without_probability_and_enlarging_undoes_itself() -> None:
    images = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    draws = Draws.of(3, torch.Generator().manual_seed(1))
    assert augment(images, 0.0, draws) is images
    closed = Draws(torch.ones(3, 13), draws.uniform, draws.normal)
    assert torch.allclose(augment(images, 0.7, closed), images, atol=1e-5)


def test_each_change_happens_as_often_as_asked() -> None:
    images = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)).repeat(
        2000, 1, 1, 1
    )
    random = torch.Generator().manual_seed(2)
    flips_only = torch.ones(2000, 13)
    flips_only[:, 0] = torch.rand(2000, generator=random)
    uniform = torch.full((2000, 8), 0.75)  # the draw that flips
    out = augment(images, 0.3, Draws(flips_only, uniform, torch.zeros(2000, 7)))
    changed = (out - images).abs().amax((1, 2, 3)) > 0.1
    # 4 deviations of a binomial of 2000
    assert changed.float().mean() == pytest.approx(0.3, abs=4 * math.sqrt(0.21 / 2000))


def test_samples_do_not_depend_on_their_neighbours() -> None:
    images = torch.randn(6, 3, 16, 16, generator=torch.Generator().manual_seed(3))
    draws = Draws.of(6, torch.Generator().manual_seed(4))
    whole = augment(images, 0.9, draws)
    parts = [augment(images[i : i + 2], 0.9, draws.at(torch.arange(i, i + 2))) for i in (0, 2, 4)]
    # the width of the border depends on the batch, what is sampled does not
    assert torch.allclose(torch.cat(parts), whole, atol=1e-5)


def test_gradients_are_right_to_second_order() -> None:
    images = torch.randn(2, 3, 6, 6, dtype=torch.float64, requires_grad=True)
    draws = Draws.of(2, torch.Generator().manual_seed(5))
    draws = Draws(draws.gates, draws.uniform, 0.3 * draws.normal)

    def seen(x: Tensor) -> Tensor:
        return augment(x, 0.8, draws)[:, :, ::2, ::3]

    assert torch.autograd.gradcheck(seen, (images,), fast_mode=True)
    # bent, or its second derivative would be zero everywhere
    assert torch.autograd.gradgradcheck(lambda x: seen(x).tanh(), (images,), fast_mode=True)


@pytest.mark.parametrize(("sign", "after"), [(1.0, 0.5 + 0.008), (0.0, 0.5 - 0.008), (0.6, 0.508)])
def test_strength_follows_the_signs(sign: float, after: float) -> None:
    strength = AdaptiveStrength(target=0.6, interval=4, kimg=2.0, p=0.5)
    for step in range(4):
        assert strength.p == 0.5, step
        strength.saw(sign * 4, 4)
    assert strength.p == pytest.approx(after)  # 16 of 2000 pictures


def test_strength_stays_a_probability() -> None:
    strength = AdaptiveStrength(interval=1, kimg=0.01)
    for sign, end in ((1.0, 1.0), (-1.0, 0.0)):
        for _ in range(20):
            strength.saw(sign * 4, 4)
        assert strength.p == end


@pytest.mark.slow
def test_a_training_with_adaptive_augmentation_resumes_exactly(data: ImageDataset) -> None:
    config = tiny(augment="ada", augment_p=0.5, ada_kimg=0.1, ada_interval=2)
    straight, first = Trainer(config, data), Trainer(config, data)
    for _ in range(5):
        straight.step()
    for _ in range(3):
        report = first.step()
    assert report.augment_p is not None
    assert report.augment_p != 0.5
    resumed = Trainer(config, data)
    resumed.load_state_dict(first.state_dict())
    for _ in range(2):
        resumed.step()
    assert_same(straight.state_dict(), resumed.state_dict())
