"""Differentiable augmentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from tests.train.conftest import tiny
from train.diff_augment import DRAWS, diff_augment
from train.trainer import Trainer

if TYPE_CHECKING:
    from train.data.dataset import ImageDataset

_NEUTRAL = (0.5, 0.5, 0.5, 0.5, 0.5)
_AWAY = (0.0, 0.0)
"""Centre of the cut square: the upper left corner."""


def draws(*values: float, count: int = 2) -> torch.Tensor:
    return torch.tensor(values).repeat(count, 1)


def pictures() -> torch.Tensor:
    return torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)) - 0.5


def test_colours_change_as_the_paper_says() -> None:
    x = pictures()

    def kept(*colours: float) -> torch.Tensor:
        # The middle of the range is no shift, and the cut square lies in the corner.
        return diff_augment(x, draws(*colours, 0.5, 0.5, *_AWAY))[:, :, 8:, 8:]

    whole = x[:, :, 8:, 8:]
    torch.testing.assert_close(kept(0.5, 0.5, 0.5), whole)
    torch.testing.assert_close(kept(1.0, 0.5, 0.5), whole + 0.5)
    grey = whole.mean(1, keepdim=True)
    torch.testing.assert_close(kept(0.5, 0.0, 0.5), grey.expand_as(whole))
    torch.testing.assert_close(kept(0.5, 1.0, 0.5), grey + 2 * (whole - grey))
    middle = x.mean([1, 2, 3], keepdim=True)
    torch.testing.assert_close(kept(0.5, 0.5, 0.0), middle + 0.5 * (whole - middle))


@pytest.mark.parametrize(("down", "right"), [(0.0, 0.999), (0.999, 0.5), (0.5, 0.0)])
def test_pictures_move_by_whole_pixels_over_grey(down: float, right: float) -> None:
    x = pictures()
    out = diff_augment(x, draws(0.5, 0.5, 0.5, down, right, 0.0, 0.999))
    dy, dx = (2 * round(2 * (0.5 - place)) for place in (down, right))
    wanted = torch.zeros_like(x)
    wanted[:, :, max(dy, 0) : 16 + min(dy, 0), max(dx, 0) : 16 + min(dx, 0)] = x[
        :, :, max(-dy, 0) : 16 + min(-dy, 0), max(-dx, 0) : 16 + min(-dx, 0)
    ]
    torch.testing.assert_close(out[:, :, 6:, :10], wanted[:, :, 6:, :10])


def test_half_of_the_side_is_cut_out_around_the_drawn_centre() -> None:
    x = pictures() + 1
    out = diff_augment(x, draws(*_NEUTRAL, 0.5, 0.25))
    wanted = x.clone()
    wanted[:, :, 4:13, 0:9] = 0
    torch.testing.assert_close(out, wanted)


def test_gradients_of_first_and_second_order() -> None:
    x = (pictures()[:1, :, :6, :6]).double().requires_grad_()
    uniform = torch.rand(1, DRAWS, generator=torch.Generator().manual_seed(1))
    assert torch.autograd.gradcheck(lambda x: diff_augment(x, uniform), x)
    assert torch.autograd.gradgradcheck(lambda x: diff_augment(x, uniform).square(), x)


def test_it_trains_and_no_probability_is_reported(data: ImageDataset) -> None:
    trainer = Trainer(tiny(augment="diff"), data)
    report = trainer.step()
    assert report.augment_p is None
    plain = Trainer(tiny(), data).step()
    assert report.loss_d != plain.loss_d
