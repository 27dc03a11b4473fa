"""Perceptual path length: the distance beside torchmetrics' own, and paths of known length."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torchmetrics.functional.image import lpips

from generator.perception import lpips as own_lpips
from generator.perception.lpips import Lpips
from tests.train.conftest import tiny
from train.metrics.measure import measure
from train.metrics.perceptual import path_length
from train.trainer import Trainer

if TYPE_CHECKING:
    from pathlib import Path

    from train.data.dataset import ImageDataset

WIDTHS = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256), 12: (256, 256),
          14: (256, 256), 17: (256, 512), 19: (512, 512), 21: (512, 512), 24: (512, 512),
          26: (512, 512), 28: (512, 512)}  # fmt: skip


def vgg() -> nn.Sequential:
    """VGG-16's layers as torchvision numbers them, with random weights."""
    torch.manual_seed(0)
    pools = (4, 9, 16, 23, 30)
    return nn.Sequential(
        *(
            nn.Conv2d(*WIDTHS[index], 3, padding=1)
            if index in WIDTHS
            else nn.MaxPool2d(2)
            if index in pools
            else nn.ReLU()
            for index in range(31)
        )
    )


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "vgg.pth"
    layers = vgg().state_dict().items()
    torch.save({f"features.{name}": weight for name, weight in layers}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(own_lpips, "_VGG_DIGITS", digest[:8])
    monkeypatch.setenv(own_lpips.VGG_VARIABLE, str(path))
    return path


@pytest.mark.slow
def test_the_distance_is_that_of_torchmetrics(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lpips, "_get_tv_model_features", lambda *_, **__: vgg())
    theirs = lpips._LPIPS(pretrained=True, net="vgg", pnet_rand=True, eval_mode=True)
    one, other = torch.rand(2, 3, 3, 32, 32) * 2 - 1
    with torch.no_grad():
        expected = theirs(one, other).flatten()
    torch.testing.assert_close(Lpips(weights)(one, other), expected, rtol=1e-4, atol=1e-7)


def test_pictures_that_follow_w_exactly_have_the_length_of_w(data: ImageDataset) -> None:
    """A distance that measures w itself: the mean of |w0 - w1|^2, whatever the step."""
    net = Trainer(tiny(), data).ema.network
    net.synthesis.forward = lambda ws: ws[:, 0, :3, None, None].double()  # type: ignore[method-assign]

    def squared(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return (one - other).double().square().sum((1, 2, 3))

    length = path_length(net, squared, None, samples=400, seed=1, progress=lambda done, total: None)
    random = torch.Generator().manual_seed(9)
    with torch.no_grad():
        w = net.mapping(torch.randn(8000, net.z_dim, generator=random), None)[:, 0, :3].double()
    expected = (w[:4000] - w[4000:]).square().sum(1).mean()
    # 400 paths know the mean to about 5 %; the longest hundredth that is left out counts some more.
    assert length == pytest.approx(float(expected), rel=0.2)


@pytest.mark.slow
def test_it_is_measured_by_name_and_repeats(weights: Path, data: ImageDataset) -> None:
    net = Trainer(tiny(), data).ema.network
    first, again = (measure(net, data, ("ppl",), samples=5, seed=2)[0] for _ in range(2))
    assert first == again
    assert first.name == "ppl"
    assert first.value > 0


def test_only_the_published_weights_are_taken(
    tmp_path: Path, data: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Trainer(tiny(), data).ema.network
    monkeypatch.setenv(own_lpips.VGG_VARIABLE, str(tmp_path / "none.pth"))
    with pytest.raises(ValueError, match=r"put vgg16-397923af\.pth"):
        measure(net, data, ("ppl",), samples=5)
    torch.save({}, tmp_path / "none.pth")
    with pytest.raises(ValueError, match="not the published file"):
        measure(net, data, ("ppl",), samples=5)
